"""The functions equal those of SQL."""

from __future__ import annotations

import inspect
from typing import Any

import pyspark
import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.types import ArrayType, LongType, StructField, StructType

import embark
from conftest import IS_CONNECT
from embark import functions
from embark._call import schema_text

pytestmark = pytest.mark.quick
DEFAULT = "classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf"


@pytest.fixture(scope="module")
def docs(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(
        [(1, "The harbour freezes over in January."), (2, "word " * 600), (3, None)],
        "id INT, body STRING",
    )


@pytest.mark.parametrize(
    ("column", "sql"),
    [
        (lambda: embark.embed("body"), "embed(body)"),
        (lambda: embark.embed(sf.col("body")), "embed(body)"),
        (
            lambda: embark.embed("body", long_text="chunk", chunk_overlap=8, prefix="passage: "),
            "embed(body, map('longText', 'chunk', 'chunkOverlap', '8', 'prefix', 'passage: '))",
        ),
        (
            lambda: embark.embed("body", dimensions=64, output="int8"),
            "embed(body, map('dimensions', '64', 'output', 'int8'))",
        ),
        (
            lambda: embark.embed("body", role="query", model=DEFAULT),
            f"embed(body, map('role', 'query', 'model', '{DEFAULT}'))",
        ),
        (lambda: embark.embed("body", prefix=""), "embed(body, map('prefix', ''))"),
        (lambda: embark.embed("body", dimensions=None), "embed(body)"),
        (lambda: embark.embed_tokens("body"), "embed_tokens(body)"),
        (
            lambda: embark.embed_detail("body", max_tokens=16),
            "embed_detail(body, map('maxTokens', '16'))",
        ),
        (
            lambda: embark.embed_chunks("body", chunk_tokens=8, chunk_boundary="token"),
            "embed_chunks(body, map('chunkTokens', '8', 'chunkBoundary', 'token'))",
        ),
        (
            lambda: embark.embed_chunks("body", chunk_tokens=8, late_chunking=True),
            "embed_chunks(body, map('chunkTokens', '8', 'lateChunking', 'true'))",
        ),
        (
            lambda: embark.cosine_similarity(embark.embed("body"), embark.embed(sf.lit("ice"))),
            "cosine_similarity(embed(body), embed('ice'))",
        ),
        (
            lambda: embark.vector_norm(embark.embed("body"), sf.lit(1.0).cast("float")),
            "vector_norm(embed(body), 1F)",
        ),
        (
            lambda: embark.vector_normalize(embark.embed("body", normalize="none")),
            "vector_normalize(embed(body, map('normalize', 'none')))",
        ),
    ],
)
def test_function_equals_sql(docs: DataFrame, column: Any, sql: str) -> None:
    row = docs.select("id", column().alias("ours"), sf.expr(sql).alias("theirs")).orderBy("id")
    values = row.collect()

    assert [value.ours for value in values] == [value.theirs for value in values]
    assert values[0].ours is not None
    assert values[2].ours is None


def test_chunks_become_rows_in_every_way(spark: SparkSession, docs: DataFrame) -> None:
    docs.createOrReplaceTempView("chunked")
    chunks = embark.embed_chunks("body", chunk_tokens=6, chunk_boundary="token")
    call = "embed_chunks(body, map('chunkTokens', '6', 'chunkBoundary', 'token'))"
    views = ["v AS c", "v AS p, c"]
    explode, posexplode = (
        f"SELECT c.position, c.text FROM chunked LATERAL VIEW {name}({call}) {view} WHERE id = 1"
        for name, view in zip(["explode", "posexplode"], views)
    )
    frames = [
        docs.where("id = 1").select(sf.inline(chunks)).select("position", "text"),
        docs.where("id = 1").select(sf.explode(chunks).alias("c")).select("c.position", "c.text"),
        spark.sql(f"SELECT inline({call}) FROM chunked WHERE id = 1").select("position", "text"),
        spark.sql(explode),
        spark.sql(posexplode),
        spark.sql(
            f"SELECT position, text FROM (SELECT *, inline({call}) FROM"
            f" (SELECT id, concat(body, '') AS body FROM chunked) WHERE size({call}) > 0)"
            " WHERE id = 1"
        ),
        spark.sql(f"SELECT c.position, c.text FROM chunked, LATERAL inline({call}) c WHERE id = 1"),
    ]

    for frame in frames:
        rows = sorted(frame.collect())
        assert " ".join(row.text for row in rows) == "The harbour freezes over in January."
        assert [row.position for row in rows] == list(range(len(rows)))
        assert len(rows) > 1


def test_rerank_scores_pairs_as_sql_does(
    spark: SparkSession, docs: DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("numpy")
    import reranker

    model = reranker.write(tmp_path_factory.mktemp("models") / "reranker")
    docs.createOrReplaceTempView("reranked")
    scores = docs.select("id", embark.rerank(sf.lit("ice"), "body", model=model).alias("s"))
    rows = sorted(scores.collect())
    expected = spark.sql(f"SELECT id, rerank('ice', body, model => '{model}') AS s FROM reranked")

    assert rows == sorted(expected.collect())
    assert 0 < rows[0].s < 1
    assert rows[0].s != rows[1].s
    assert rows[2].s is None


def test_every_function_and_option_of_sql_is_there(spark: SparkSession) -> None:
    for name, options in functions.OPTIONS.items():
        lines = [row[0] for row in spark.sql(f"DESCRIBE FUNCTION EXTENDED {name}").collect()]
        described = "\n".join(lines)
        for option in options.values():
            assert f"{option} - " in described
        parameters = inspect.signature(getattr(embark, name)).parameters.values()
        keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        assert keywords == list(options)
        assert name in embark.__all__


def test_unknown_option_is_an_error_of_python(docs: DataFrame) -> None:
    with pytest.raises(TypeError, match="longtext"):
        embark.embed("body", longtext="chunk")  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [["query: "], {"a": 1}, b"query: ", sf.lit])
def test_value_that_is_no_text_is_an_error_of_python(docs: DataFrame, value: Any) -> None:
    with pytest.raises(TypeError, match="The embed option prefix takes a text or a number"):
        embark.embed("body", prefix=value)
    with pytest.raises(TypeError, match="prefix takes a text or a number, the same for all rows"):
        embark.embed("body", prefix=sf.col("id"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="--max-tokens takes a text or a number"):
        embark.Job(input="docs", output="vectors", max_tokens=sf.lit)  # type: ignore[arg-type]


def test_wrong_value_is_an_analysis_exception_with_our_condition(docs: DataFrame) -> None:
    with pytest.raises(
        AnalysisException, match=r"^\[EMBARK_INVALID_OPTION\] The embed option"
    ) as e:
        docs.select(embark.embed("body", long_text="cut")).collect()  # type: ignore[arg-type]

    error: Any = e.value
    if IS_CONNECT and pyspark.__version__.startswith("3."):
        error = embark.error_of(error)  # the client gets the message alone
    condition = error.getCondition() if hasattr(error, "getCondition") else error.getErrorClass()
    assert condition == "EMBARK_INVALID_OPTION"
    assert error.getMessageParameters()["option"] == "longText"
    assert error.getSqlState() == "22023"


def test_generate_needs_a_model(docs: DataFrame) -> None:
    with pytest.raises(AnalysisException, match="EMBARK_NO_MODEL"):
        docs.select(embark.generate("body", temperature=0.5)).collect()
    with pytest.raises(AnalysisException, match="there is no such model file"):
        docs.select(embark.generate_detail("body", model="/no/such.gguf")).collect()


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("a STRING", "a STRING"),
        ({"type": "boolean"}, '{"type": "boolean"}'),
        (ArrayType(LongType()), "array<bigint>"),
        (None, None),
    ],
)
def test_schema_is_a_ddl_a_dict_or_a_type(schema: Any, text: str | None) -> None:
    assert schema_text(schema) == text


def test_schema_gives_the_type_of_the_column(docs: DataFrame) -> None:
    of_spark = StructType([StructField("a", LongType(), nullable=False)])
    ours = docs.select(embark.generate("body", schema=of_spark, model=DEFAULT).alias("a"))
    assert ours.schema["a"].dataType == of_spark
    with pytest.raises(AnalysisException, match="is neither a DDL nor a JSON schema"):
        docs.select(embark.generate("body", schema="a STRIN", model=DEFAULT)).collect()


def test_classify_takes_a_list_of_labels(docs: DataFrame) -> None:
    with pytest.raises(AnalysisException, match="EMBARK_NO_MODEL"):
        docs.select(embark.classify("body", ["a", "b"])).collect()
    with pytest.raises(AnalysisException, match="'a' is given twice"):
        docs.select(embark.classify_detail("body", ["a", "a"], model=DEFAULT)).collect()
    for labels in ("ab", sf.lit("a"), {"a", "b"}):
        with pytest.raises(TypeError, match="labels takes a list of texts"):
            embark.classify("body", labels)  # type: ignore[arg-type]


def test_rerank_takes_two_columns_and_needs_a_reranker(docs: DataFrame) -> None:
    with pytest.raises(AnalysisException, match="EMBARK_NO_MODEL"):
        docs.select(embark.rerank("body", sf.col("body"), truncation="only_second")).collect()
    with pytest.raises(AnalysisException, match="there is no such model file"):
        docs.select(embark.rerank_detail(sf.lit("q"), "body", model="/no/such.gguf")).collect()
    with pytest.raises(Exception, match="is no reranker"):
        docs.select(embark.rerank(sf.lit("q"), "body", model=DEFAULT)).collect()


def test_named_arguments_of_sql(spark: SparkSession) -> None:
    for arguments in ("options => map('dimensions', 8), text => 'x'", "'x', dimensions => 8"):
        assert spark.sql(f"SELECT size(embed({arguments})) AS size").collect()[0].size == 8
