"""The SQL and Python cells of the notebooks run by PySpark, from the notebooks' own files.

Cells of Scala are left to the tests in ``notebooks/``, which have its interpreter. Where SQL cells
read what a Scala cell makes, Python of the same meaning runs in its place.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyspark.sql import SparkSession

import reranker
from conftest import HAS_DELTA, IS_CONNECT

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = [
    "01_quickstart.sql",
    "02_semantic_search.sql",
    "03_incremental.scala",
    "04_models_and_options.sql",
    "05_gpu.sql",
    "07_python.py",
    "08_python_job.py",
    "09_retrieval.py",
]
# The job runs in the driver, which a client does not have.
CLASSIC_ONLY = ["08_python_job.py"]
WITH_DELTA = ["03_incremental.scala"]
# Python for cells of Scala, by notebook and title.
STAND_INS = {
    "03_incremental.scala": {
        "Stream": """
from embark import embed

checkpoint = spark.conf.get("spark.sql.warehouse.dir") + "/_checkpoints/message_vectors"


def embed_new_messages():
    query = (
        spark.readStream.table("messages")
        .withColumn("embedding", embed("body"))
        .writeStream.option("checkpointLocation", checkpoint)
        .trigger(availableNow=True)
        .toTable("message_vectors")
    )
    query.awaitTermination()
    sources = [source for progress in query.recentProgress for source in progress["sources"]]
    return sum(source["numInputRows"] for source in sources)


embedded_first = embed_new_messages()
""",
        "Stream again": "embedded_then = embed_new_messages()",
    }
}


class Cell(NamedTuple):
    """One cell of a notebook in the Databricks source format."""

    language: str
    title: str
    text: str


def cells(notebook: Path) -> list[Cell]:
    """Returns the cells of a notebook, without those of text."""
    source = notebook.read_text()
    mark = {".sql": "--", ".py": "#", ".scala": "//"}[notebook.suffix]
    found = []
    for cell in source.split(f"\n{mark} COMMAND ----------\n"):
        title = re.search(f"(?m)^{mark} DBTITLE 1,(.*)$", cell)
        lines = [
            line
            for line in cell.strip().splitlines()
            if not re.match(f"{mark} (DBTITLE|Databricks notebook source)", line)
        ]
        language = {"--": "sql", "#": "python", "//": "scala"}[mark]
        text = "\n".join(lines)
        if any(line.startswith(f"{mark} MAGIC") for line in lines):
            text = "\n".join(re.sub(f"^{mark} MAGIC ?", "", line) for line in lines).strip()
            language, text = re.split(r"\s", text + "\n", maxsplit=1)
            language = language.lstrip("%")
        found.append(Cell(language, title.group(1) if title else "", text.strip()))
    return [cell for cell in found if cell.language != "md"]


def run(spark: SparkSession, notebook: Path) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Runs a notebook; returns the names of its Python cells, and the rows of its SQL cells."""
    names: dict[str, Any] = {"spark": spark, "displayed": []}
    names["display"] = names["displayHTML"] = names["displayed"].append
    stand_ins = dict(STAND_INS.get(notebook.name, {}))
    rows = {}
    for language, title, text in cells(notebook):
        if language == "sql":
            rows[title] = spark.sql(text).collect()
            if re.match("SELECT|WITH|DESCRIBE|EXPLAIN", text):
                assert rows[title], title
        else:
            code = text if language == "python" else stand_ins.pop(title)
            exec(compile(code, f"{notebook.name}: {title}", "exec"), names)
    assert not stand_ins, "cells that the notebook does not have"
    return names, rows


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_runs(
    spark: SparkSession, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if IS_CONNECT and name in CLASSIC_ONLY:
        pytest.skip("needs the driver")
    if not HAS_DELTA and name in WITH_DELTA:
        pytest.skip("there is no Delta for this Spark")
    if IS_CONNECT and spark.version.startswith("3.") and name == "09_retrieval.py":
        pytest.skip("a client of Spark 3.5 cannot pass DataFrames to SQL")
    monkeypatch.setenv("EMBARK_NOTEBOOK_FOLDER", str(tmp_path))
    if name == "09_retrieval.py":
        spark.conf.set("spark.embark.rerank.model", reranker.write(tmp_path / "reranker"))

    names, rows = run(spark, FOLDER / name)

    if name == "02_semantic_search.sql":
        assert names["displayed"][0].startswith("<svg")
    if name == "03_incremental.scala":
        agree = [(1, True, 384), (2, True, 384), (4, True, 384)]
        assert [tuple(row) for row in rows["Articles and vectors agree"]] == agree
        assert (names["embedded_first"], names["embedded_then"]) == (2, 1)
        assert [row.id for row in rows["Vectors of the stream"]] == [1, 2, 3]
    if name == "07_python.py":
        assert names["matrix"].shape == (3, 384)
        assert [row.id for row in names["nearest"].collect()] == [1, 2]
    if name == "08_python_job.py":
        assert (names["first"].rows, names["then"].rows, names["then"].skipped_rows) == (4, 2, 3)
        assert names["best"] == "Sourdough bread keeps for a week in a linen bag."
    if name == "09_retrieval.py":
        best, by_sql = names["best"].collect(), names["best_by_sql"].collect()
        assert [row.id for row in best] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
        assert [row.passage for row in best] == [row.passage for row in by_sql]
        relevances = [row.relevance for row in by_sql]
        assert [row.relevance for row in best] == pytest.approx(relevances, abs=1e-5)
        assert len(set(relevances)) > 3
        spark.conf.unset("spark.embark.rerank.model")


def test_no_notebook_is_left_out() -> None:
    files = sorted(file for file in FOLDER.iterdir() if re.match(r"\d\d_", file.name))
    of_scala_alone = [
        file.name for file in files if {cell.language for cell in cells(file)} == {"scala"}
    ]

    assert [file.name for file in files] == sorted(NOTEBOOKS + of_scala_alone)
    assert of_scala_alone == ["06_scala.scala"]
