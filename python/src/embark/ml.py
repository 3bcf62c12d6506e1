"""A transformer for pipelines of ``pyspark.ml``."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame

from embark import functions

__all__ = ["EmbarkEmbedder"]


class EmbarkEmbedder(  # type: ignore[misc, unused-ignore]
    Transformer,
    HasInputCol,
    HasOutputCol,
    DefaultParamsReadable,  # type: ignore[type-arg, unused-ignore]
    DefaultParamsWritable,
):
    """Adds a column with the embeddings of a text column.

    Parameters
    ----------
    inputCol
        Name of the text column; by default ``text``.
    outputCol
        Name of the new column; by default ``embedding``.
    vectors
        ``True`` for ``pyspark.ml`` vectors, which other stages take, instead of arrays; a text
        without an embedding then has no vector either.
    options
        Options of :func:`embark.embed` by their names in Python.

    Examples
    --------
    >>> from embark.ml import EmbarkEmbedder
    >>> docs = spark.createDataFrame([("Rye bread",)], ["text"])
    >>> embedder = EmbarkEmbedder(inputCol="text", outputCol="e", options={"dimensions": 64})
    >>> embedder.transform(docs).selectExpr("size(e) AS size").first()
    Row(size=64)
    """

    options: Param[dict[str, Any]] = Param(
        Params._dummy(),  # type: ignore[attr-defined, unused-ignore]
        "options",
        "options of embed() by their names in Python",
        typeConverter=lambda value: _checked(value),
    )
    vectors: Param[bool] = Param(
        Params._dummy(),  # type: ignore[attr-defined, unused-ignore]
        "vectors",
        "whether the result is a vector of pyspark.ml rather than an array",
        typeConverter=TypeConverters.toBoolean,
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "text",
        outputCol: str = "embedding",
        vectors: bool = False,
        options: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(inputCol="text", outputCol="embedding", vectors=False, options={})
        given: dict[str, Any] = self.__dict__["_input_kwargs"]  # of keyword_only
        self._set(**{name: value for name, value in given.items() if value is not None})

    def getOptions(self) -> dict[str, Any]:
        """Returns the options of ``embed``."""
        value: dict[str, Any] = self.getOrDefault(self.options)
        return dict(value)

    def setOptions(self, value: dict[str, Any]) -> EmbarkEmbedder:
        """Replaces the options of ``embed``."""
        self._set(options=value)
        return self

    def _transform(self, dataset: DataFrame) -> DataFrame:
        column = functions.embed(self.getInputCol(), **self.getOptions())
        if not self.getOrDefault(self.vectors):
            return dataset.withColumn(self.getOutputCol(), column)
        from pyspark.ml.functions import array_to_vector
        from pyspark.sql.functions import col, when

        name = self.getOutputCol()
        vector = col(f"`{name.replace('`', '``')}`")
        # array_to_vector fails for NULL.
        vectors = when(vector.isNotNull(), array_to_vector(vector))
        return dataset.withColumn(name, column).withColumn(name, vectors)


def _checked(value: Any) -> dict[str, Any]:
    """Returns options whose names are right; their values are checked when a query uses them."""
    known = functions.OPTIONS["embed"]
    unknown = [name for name in value if name not in known]
    if unknown:
        raise TypeError(f"embed() has no option {unknown[0]!r}; it has {', '.join(known)}")
    return dict(value)
