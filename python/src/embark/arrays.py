"""Vectors as NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, BinaryType, ByteType, DataType, DoubleType, FloatType

from embark.errors import EmbarkError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["to_numpy"]


def to_numpy(
    df: DataFrame, column: str = "embedding", *, nulls: str = "error"
) -> np.ndarray[Any, Any]:
    """Returns a column of vectors as a matrix, with one row per row of the DataFrame, in its order.

    The vectors come as Arrow batches, without a Python object per number. They have to fit into the
    memory of the driver twice: 100,000 vectors of 384 floats take 150 MB.

    Parameters
    ----------
    df
        A DataFrame; its other columns are not fetched.
    column
        Name of a column of ``embed``: ``ARRAY<FLOAT>`` becomes float32, ``ARRAY<TINYINT>`` int8,
        and ``BINARY`` uint8 with eight dimensions a byte. ``ARRAY<DOUBLE>`` becomes float64.
    nulls
        ``"error"``, or ``"nan"`` for a row of NaN in place of a NULL of a float column.

    Raises
    ------
    EmbarkError
        if the column is not one of vectors, has a NULL, or vectors of different lengths

    Examples
    --------
    >>> from embark import embed, to_numpy
    >>> docs = spark.createDataFrame([("Rye bread",), ("A harbour",)], ["body"])
    >>> to_numpy(docs.select(embed("body").alias("embedding"))).shape
    (2, 384)
    """
    import numpy as np

    if nulls not in ("error", "nan"):
        raise ValueError(f'nulls is "{nulls}"; it takes "error" or "nan"')
    vectors = df.select(column)
    kind = vectors.schema.fields[0].dataType
    dtype = _dtype(kind)
    if dtype is None:
        raise EmbarkError("EMBARK_NOT_VECTORS", {"column": column, "type": kind.simpleString()})
    chunks = [chunk for chunk in _chunks(vectors) if len(chunk) > 0]
    rows = sum(len(chunk) for chunk in chunks)
    missing = sum(chunk.null_count for chunk in chunks)
    is_float = dtype.startswith("float")
    if missing > 0 and not (nulls == "nan" and is_float):
        hint = ', or pass nulls="nan"' if is_float else ""
        parameters = {"count": str(missing), "rows": str(rows), "column": column, "hint": hint}
        raise EmbarkError("EMBARK_NULL_VECTORS", parameters)
    lengths: set[int] = set()
    parts = []
    for chunk in chunks:
        valid, values, length = _valid(chunk, dtype)
        lengths |= length
        parts.append((valid, values))
    if len(lengths) > 1:
        ends = {"shortest": str(min(lengths)), "longest": str(max(lengths))}
        raise EmbarkError("EMBARK_UNEQUAL_VECTORS", {"column": column, **ends})
    width = lengths.pop() if lengths else 0
    matrix = np.empty((rows, width), dtype=dtype)
    start = 0
    for valid, values in parts:
        part = matrix[start : start + len(valid)]
        if valid.all():
            part[:] = values.reshape(-1, width)
        else:
            part[:] = np.nan
            part[valid] = values.reshape(-1, width)
        start += len(valid)
    return matrix


def _dtype(kind: DataType) -> str | None:
    if isinstance(kind, BinaryType):
        return "uint8"
    if isinstance(kind, ArrayType):
        element = kind.elementType
        for accepted, dtype in (
            (FloatType, "float32"),
            (DoubleType, "float64"),
            (ByteType, "int8"),
        ):
            if isinstance(element, accepted):
                return dtype
    return None


def _chunks(vectors: DataFrame) -> list[Any]:
    """Returns the Arrow arrays of the only column."""
    frame: Any = vectors
    if hasattr(type(frame), "toArrow"):  # Spark 4
        return list(frame.toArrow().column(0).chunks)
    if hasattr(type(frame), "_collect_as_arrow"):  # Spark 3.5, classic
        return [batch.column(0) for batch in frame._collect_as_arrow()]
    table, _ = frame._session.client.to_table(frame._plan.to_proto(frame._session.client))
    return list(table.column(0).chunks)  # Spark 3.5, Connect


def _valid(chunk: Any, dtype: str) -> tuple[Any, Any, set[int]]:
    """Returns which rows of an Arrow array are not NULL, their values, and their lengths."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    valid = np.asarray(chunk.is_valid())
    present = chunk.drop_null() if chunk.null_count else chunk
    if isinstance(present, (pa.BinaryArray, pa.LargeBinaryArray)):
        lengths = set(pc.unique(pc.binary_length(present)).to_pylist())
        return valid, np.frombuffer(b"".join(present.to_pylist()), dtype=dtype), lengths
    lengths = set(pc.unique(pc.list_value_length(present)).to_pylist())
    return valid, np.asarray(present.flatten()), lengths
