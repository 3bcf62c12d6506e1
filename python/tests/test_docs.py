"""The examples of the docstrings run."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from conftest import IS_CONNECT, JAR

ROOT = Path(__file__).parents[2]
MODULES = [
    "embark",
    "embark.functions",
    "embark.errors",
    "embark.search",
    "embark.session",
    "embark.arrays",
    "embark.ml",
]


@pytest.mark.parametrize("module", MODULES if IS_CONNECT else [*MODULES, "embark.job"])
def test_examples(spark: SparkSession, module: str) -> None:
    imported = importlib.import_module(module)
    from pyspark.sql import Row

    if IS_CONNECT and spark.version.startswith("3.") and module == "embark.search":
        pytest.skip("a client of Spark 3.5 cannot pass DataFrames to SQL")
    result = doctest.testmod(imported, extraglobs={"spark": spark, "JAR": JAR, "Row": Row})

    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_blocks_of_the_guides(spark: SparkSession, page: str, tmp_path: Path) -> None:
    rows = [(1, "The harbour freezes over in January."), (2, "Rye bread")]
    spark.createDataFrame(rows, "id INT, body STRING").createOrReplaceTempView("docs")
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```$", (ROOT / page).read_text())
    names: dict[str, Any] = {"spark": spark, "folder": str(tmp_path)}
    refused = ["embark.Job(", "pyspark.ml"] if IS_CONNECT else []
    if IS_CONNECT and spark.version.startswith("3."):
        refused.append("embark.nearest(")
    run = 0
    for block in blocks:
        code = compile(block, page, "exec")
        if "getOrCreate()" in block:  # the session that runs this test was made so
            exec(compile(block.partition("\nspark = ")[0], page, "exec"), names)
        elif not any(call in block for call in refused):
            exec(code, names)
            run += 1

    assert run > 0
    assert names["matrix"].shape == (2, 384)
