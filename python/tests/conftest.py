"""One Spark session for all tests: classic, or Connect with ``EMBARK_TEST_MODE=connect``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

import embark

JAR = os.environ["EMBARK_JAR"]
# Delta for this Spark and, since pip's Spark 3.5 lacks it, the server of Spark Connect.
OTHER_JARS = os.environ.get("EMBARK_TEST_JARS", "")
HAS_DELTA = "/delta-spark_" in OTHER_JARS
IS_CONNECT = os.environ.get("EMBARK_TEST_MODE") == "connect"
# The stores are in an environment of their own.
HAS_STORES = "EMBARK_TEST_STORES" in os.environ
collect_ignore = [] if HAS_STORES else ["test_vector_stores.py"]
if IS_CONNECT:
    # PySpark's own switch for a server on any free port; some tests start a second one.
    os.environ["SPARK_TESTING"] = "1"


def settings(builder: SparkSession.Builder) -> SparkSession.Builder:
    """Returns a builder of a small session."""
    if OTHER_JARS:
        builder.config("spark.jars", OTHER_JARS)
    return (
        builder.config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
        .config("spark.sql.warehouse.dir", tempfile.mkdtemp())
    )


def start(builder: SparkSession.Builder) -> SparkSession:
    """Starts a session in the mode of this run."""
    if IS_CONNECT:
        return builder.remote("local[2]").getOrCreate()
    return builder.master("local[2]").getOrCreate()


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    builder = settings(SparkSession.builder)
    if HAS_DELTA:
        delta = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        builder.config("spark.sql.catalog.spark_catalog", delta)
        builder.config("spark.databricks.delta.snapshotPartitions", "2")
    session = start(embark.configure(builder))
    yield session
    session.stop()


classic_only = pytest.mark.skipif(IS_CONNECT, reason="needs the driver")
connect_only = pytest.mark.skipif(not IS_CONNECT, reason="of Spark Connect")
