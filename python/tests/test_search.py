"""The search for the nearest vectors equals a comparison of all pairs by Spark."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

import embark
from conftest import IS_CONNECT

pytestmark = pytest.mark.quick
OF_SPARK = {
    "cosine": "vector_cosine_similarity",
    "inner_product": "vector_inner_product",
    "l2": "-vector_l2_distance",
}


def vectors(spark: SparkSession, rows: int, seed: int) -> DataFrame:
    """Returns random vectors of 8 dimensions."""
    element = f"CAST(xxhash64(id, i, {seed}) / 9.3e18 AS FLOAT)"
    return spark.range(rows).selectExpr(
        "id",
        "concat('row ', id) AS body",
        f"transform(sequence(1, 8), i -> {element}) AS embedding",
    )


@pytest.fixture(autouse=True)
def of_spark_4(spark: SparkSession, request: pytest.FixtureRequest) -> None:
    refused = IS_CONNECT and spark.version.startswith("3.")
    if refused != ("refused" in request.node.name):
        pytest.skip("a client of Spark 3.5 cannot pass DataFrames to SQL; others can")


@pytest.mark.parametrize("metric", list(OF_SPARK))
def test_finds_what_comparing_all_pairs_finds(spark: SparkSession, metric: Any) -> None:
    queries, documents = vectors(spark, 5, 1), vectors(spark, 60, 2)

    found = embark.nearest(queries, documents, 3, metric).collect()

    pairs = queries.alias("q").crossJoin(documents.alias("d"))
    scored = pairs.selectExpr(
        "q.id", "d.id AS other", f"{OF_SPARK[metric]}(q.embedding, d.embedding) AS score"
    ).collect()
    for query in range(5):
        best = sorted((row for row in scored if row.id == query), key=lambda row: -row.score)[:3]
        ours = sorted((row for row in found if row.query.id == query), key=lambda row: row.rank)
        assert [row.document.id for row in ours] == [row.other for row in best]
        assert [row.rank for row in ours] == [1, 2, 3]
        sign = -1 if metric == "l2" else 1
        assert [row.score for row in ours] == pytest.approx(
            [sign * row.score for row in best], abs=1e-5
        )
    assert found[0].asDict(recursive=True).keys() == {"query", "document", "rank", "score"}
    assert set(found[0].document.asDict()) == {"id", "body"}


def test_columns_may_have_any_name(spark: SparkSession) -> None:
    queries = vectors(spark, 2, 1).withColumnRenamed("embedding", "o'clock `v`")
    documents = vectors(spark, 4, 1).withColumnRenamed("embedding", "d.v")

    found = embark.nearest(
        queries, documents, 1, query_vector="o'clock `v`", document_vector="d.v"
    ).collect()

    assert {(row.query.id, row.document.id) for row in found} == {(0, 0), (1, 1)}


def test_result_can_be_used_later_and_leaves_no_view(spark: SparkSession) -> None:
    documents = vectors(spark, 10, 3)
    before = {table.name for table in spark.catalog.listTables()}

    found = embark.nearest(documents, documents, 2)
    ids = found.where("rank = 1").selectExpr("query.id AS id").join(documents, "id")

    assert ids.count() == 10
    assert {table.name for table in spark.catalog.listTables()} == before


def test_wrong_arguments_are_errors(spark: SparkSession) -> None:
    rows = vectors(spark, 2, 1)
    with pytest.raises(AnalysisException, match=r"EMBARK_INVALID_OPTION.* k cannot be 0"):
        _ = embark.nearest(rows, rows, 0).columns
    with pytest.raises(AnalysisException, match="it takes cosine, inner_product, l2"):
        _ = embark.nearest(rows, rows, 1, "dot").columns  # type: ignore[arg-type]
    with pytest.raises(AnalysisException, match="There is no column 'body' of vectors"):
        _ = embark.nearest(rows, rows, 1, query_vector="body").columns
    with pytest.raises(TypeError):
        embark.nearest(rows, rows, 1.5)  # type: ignore[arg-type]


def test_refused_on_a_client_of_spark_3(spark: SparkSession) -> None:
    rows = vectors(spark, 2, 1)

    with pytest.raises(embark.EmbarkError, match=r"nearest needs Spark 4 .* temporary views"):
        embark.nearest(rows, rows, 1)

    rows.createOrReplaceTempView("rows_of_vectors")
    found = spark.sql(
        "SELECT query.id AS q, document.id AS d FROM"
        " nearest(TABLE(rows_of_vectors), TABLE(rows_of_vectors), 1)"
    ).collect()
    assert [(row.q, row.d) for row in sorted(found)] == [(0, 0), (1, 1)]
