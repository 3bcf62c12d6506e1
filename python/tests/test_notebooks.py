"""The SQL and Python cells of the notebooks run by PySpark.

Notebooks with cells of Scala are left to the tests in ``notebooks/``, which have its interpreter.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from conftest import IS_CONNECT

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = [
    "01_quickstart.sql",
    "02_semantic_search.sql",
    "04_models_and_options.sql",
    "05_gpu.sql",
    "07_python.py",
    "08_python_job.py",
]
# The job runs in the driver, which a client does not have.
CLASSIC_ONLY = ["08_python_job.py"]


def cells(notebook: Path) -> list[tuple[str, str]]:
    """Returns language and text of each cell of a notebook in the Databricks source format."""
    source = notebook.read_text()
    mark = {".sql": "--", ".py": "#", ".scala": "//"}[notebook.suffix]
    found = []
    for cell in source.split(f"\n{mark} COMMAND ----------\n"):
        lines = [
            line
            for line in cell.strip().splitlines()
            if not re.match(f"{mark} (DBTITLE|Databricks notebook source)", line)
        ]
        if any(line.startswith(f"{mark} MAGIC") for line in lines):
            text = "\n".join(re.sub(f"^{mark} MAGIC ?", "", line) for line in lines).strip()
            language, _, text = text.partition("\n" if "\n" in text.split(" ", 1)[0] else " ")
            language = re.split(r"\s", language + " ")[0]
            found.append((language.lstrip("%"), text))
        else:
            found.append(({"--": "sql", "#": "python", "//": "scala"}[mark], "\n".join(lines)))
    return [(language, text) for language, text in found if language != "md"]


def run(spark: SparkSession, notebook: Path) -> dict[str, Any]:
    """Runs a notebook and returns the names of its Python cells, and what it displays."""
    names: dict[str, Any] = {"spark": spark, "displayed": []}
    names["display"] = names["displayHTML"] = names["displayed"].append
    for language, text in cells(notebook):
        if language == "sql":
            spark.sql(text).collect()
        else:
            assert language == "python"
            exec(compile(text, f"{notebook.name}: {text.splitlines()[0]}", "exec"), names)
    return names


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_runs(
    spark: SparkSession, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if IS_CONNECT and name in CLASSIC_ONLY:
        pytest.skip("needs the driver")
    monkeypatch.setenv("EMBARK_NOTEBOOK_FOLDER", str(tmp_path))

    names = run(spark, FOLDER / name)

    if name == "02_semantic_search.sql":
        assert names["displayed"][0].startswith("<svg")
    if name == "07_python.py":
        assert names["matrix"].shape == (3, 384)
        assert [row.id for row in names["nearest"].collect()] == [1, 2]
    if name == "08_python_job.py":
        assert (names["first"].rows, names["then"].rows, names["then"].skipped_rows) == (4, 2, 3)
        assert names["best"] == "Sourdough bread keeps for a week in a linen bag."


def test_no_notebook_is_left_out() -> None:
    files = sorted(file for file in FOLDER.iterdir() if re.match(r"\d\d_", file.name))
    scala = [file.name for file in files if any(language == "scala" for language, _ in cells(file))]

    assert [file.name for file in files] == sorted(NOTEBOOKS + scala)
