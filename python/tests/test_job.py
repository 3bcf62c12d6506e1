"""The batch job."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from conftest import classic_only, connect_only
from embark import EmbarkError, Job


@pytest.fixture
def texts(spark: SparkSession, tmp_path: Path) -> str:
    path = str(tmp_path / "texts")
    docs = spark.range(0, 6, 1, 1).selectExpr("id", "IF(id = 5, NULL, concat('text ', id)) AS text")
    docs.write.parquet(path)
    return path


@classic_only
def test_run_writes_and_append_adds(spark: SparkSession, texts: str, tmp_path: Path) -> None:
    output = str(tmp_path / "vectors")
    arguments = {"input": texts, "output": output, "id_column": "id", "dimensions": 16}

    result = Job(**arguments, progress="none").run(spark)  # type: ignore[arg-type]

    assert (result.rows, result.null_rows, result.failed_rows) == (6, 1, 0)
    assert result.tokens > 0
    assert Path(result.state_folder.replace("file:", ""), "report.html").exists()
    sizes = {row[0] for row in spark.read.parquet(output).selectExpr("size(embedding)").collect()}
    assert 16 in sizes

    spark.sql("SELECT 6L AS id, 'text 6' AS text").write.mode("append").parquet(texts)
    again = Job(**arguments, save_mode="append").run()  # type: ignore[arg-type]

    assert (again.rows, again.skipped_rows, again.updated_rows, again.cost) == (1, 6, 0, None)
    assert spark.read.parquet(output).count() == 7


@classic_only
def test_every_figure_of_the_job_is_in_the_result(
    spark: SparkSession, texts: str, tmp_path: Path
) -> None:
    job = Job(
        input=texts,
        output=str(tmp_path / "vectors"),
        id_column="id",
        save_mode="append",
        dimensions=8,
        incremental=True,
        price_per_core_hour=0.05,
        progress="none",
    )

    for file in Path(texts).iterdir():  # one of the last two seconds would be read again
        os.utime(file, (1_600_000_000, 1_600_000_000))
    estimate, first = job.estimate(), job.run()
    spark.sql("SELECT 6L AS id, 'text 6' AS text").write.mode("append").parquet(texts)
    then = job.run()

    for figures in (estimate, first, then):
        assert figures.cost is not None
        assert figures.cost_per_million_rows is not None
    assert (then.rows, then.compared_rows) == (1, 1)
    assert then.compared


@classic_only
def test_estimate_writes_nothing(spark: SparkSession, texts: str, tmp_path: Path) -> None:
    output = tmp_path / "vectors"

    estimate = Job(input=texts, output=str(output)).estimate(spark)

    assert (estimate.rows, estimate.without_text) == (6, 1)
    assert estimate.tokens > 0
    assert not output.exists()


@classic_only
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input": "/no/such"}, "/no/such"),
        ({"input": "TEXTS", "text_column": "body"}, "body"),
        ({"input": "TEXTS", "option": {"longtxt": "chunk"}}, "did you mean 'longText'"),
        ({"input": "TEXTS", "max_failed": "many"}, "--max-failed is 'many'"),
        ({}, "give --input"),
        ({"input": "TEXTS", "max_tokens": 0}, "--max-tokens takes 1 or more"),
    ],
)
def test_failure_is_one_sentence(
    spark: SparkSession, texts: str, tmp_path: Path, arguments: dict[str, str], sentence: str
) -> None:
    given = {name: texts if value == "TEXTS" else value for name, value in arguments.items()}

    with pytest.raises(EmbarkError, match=r"^\[EMBARK_JOB_FAILED\] ") as raised:
        Job(**given, output=str(tmp_path / "vectors")).run(spark)  # type: ignore[arg-type]

    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@connect_only
def test_client_says_where_a_job_runs(spark: SparkSession) -> None:
    with pytest.raises(EmbarkError, match="EMBARK_NEEDS_DRIVER") as raised:
        Job(input="my docs", output="v").run(spark)

    assert str(raised.value).endswith("embark run '--input=my docs' --output=v")


@pytest.mark.quick
def test_arguments_are_those_of_the_command() -> None:
    job = Job(
        input="docs",
        output="vectors",
        dedupe=True,
        rows_per_wave=100,
        partition_by=["a", "b"],
        option={"batchTokens": 4096},
        save_mode="append",
        retry_quarantined=False,
    )
    assert sorted(job.arguments()) == sorted(
        [
            "--input=docs",
            "--output=vectors",
            "--dedupe",
            "--rows-per-wave=100",
            "--partition-by=a,b",
            "--option=batchTokens=4096",
            "--save-mode=append",
        ]
    )
    with pytest.raises(TypeError, match="outputs"):
        Job(input="docs", outputs="vectors")  # type: ignore[call-arg]
