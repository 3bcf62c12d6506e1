"""Vectors become matrices."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from embark import EmbarkError, embed, to_numpy

np = pytest.importorskip("numpy")


def test_matrix_has_the_vectors_in_order(spark: SparkSession) -> None:
    docs = spark.range(50).selectExpr("id", "concat('text ', id) AS body").coalesce(1)
    vectors = docs.withColumn("embedding", embed("body")).orderBy("id")

    matrix = to_numpy(vectors)

    assert matrix.dtype == np.float32
    assert matrix.shape == (50, 384)
    assert matrix.tolist() == [row.embedding for row in vectors.collect()]


@pytest.mark.parametrize(
    ("sql", "dtype", "expected"),
    [
        ("array(1F, 2F)", "float32", [[1, 2]] * 3),
        ("array(id, 0.5D)", "float64", [[0, 0.5], [1, 0.5], [2, 0.5]]),
        ("array(CAST(id AS TINYINT))", "int8", [[0], [1], [2]]),
        ("CAST(concat('a', id) AS BINARY)", "uint8", [[97, 48], [97, 49], [97, 50]]),
    ],
)
def test_types(spark: SparkSession, sql: str, dtype: str, expected: list[list[float]]) -> None:
    matrix = to_numpy(spark.range(0, 3, 1, 1).selectExpr(f"{sql} AS v"), "v")

    assert matrix.dtype == np.dtype(dtype)
    assert matrix.tolist() == expected


def test_null_is_an_error_or_a_row_of_nan(spark: SparkSession) -> None:
    df = spark.range(0, 4, 1, 2).selectExpr(
        "IF(id = 2, NULL, array(CAST(id AS FLOAT))) AS embedding"
    )

    with pytest.raises(EmbarkError, match="1 of 4 rows of the column embedding are NULL") as raised:
        to_numpy(df)
    assert raised.value.condition == "EMBARK_NULL_VECTORS"
    assert 'nulls="nan"' in str(raised.value)

    matrix = to_numpy(df, nulls="nan")
    assert np.isnan(matrix[2]).all()
    assert matrix[[0, 1, 3]].tolist() == [[0], [1], [3]]


def test_null_of_integers_has_no_nan(spark: SparkSession) -> None:
    df = spark.sql("SELECT CAST(NULL AS ARRAY<TINYINT>) AS v")

    with pytest.raises(EmbarkError, match="EMBARK_NULL_VECTORS") as raised:
        to_numpy(df, "v", nulls="nan")
    assert "nan" not in str(raised.value)


def test_empty(spark: SparkSession) -> None:
    assert to_numpy(spark.sql("SELECT array(1F) AS v").limit(0), "v").shape == (0, 0)


def test_other_columns_are_refused(spark: SparkSession) -> None:
    for sql in ("'x'", "array('x')", "1"):
        with pytest.raises(EmbarkError, match="EMBARK_NOT_VECTORS"):
            to_numpy(spark.sql(f"SELECT {sql} AS v"), "v")
    with pytest.raises(EmbarkError, match="different lengths, 1 to 2"):
        to_numpy(spark.sql("SELECT explode(array(array(1F), array(1F, 2F))) AS v"), "v")
    with pytest.raises(ValueError, match="nulls"):
        to_numpy(spark.sql("SELECT array(1F) AS v"), "v", nulls="zero")


def test_parts_of_a_slice(spark: SparkSession) -> None:
    df = spark.range(0, 10, 1, 3).selectExpr("array(CAST(id AS FLOAT), 1F) AS v").limit(7)

    assert to_numpy(df, "v")[:, 0].tolist() == [row.v[0] for row in df.collect()]
