"""One Spark session for all tests: classic, or Connect with ``EMBARK_TEST_MODE=connect``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

import embark

JAR = os.environ["EMBARK_JAR"]
IS_CONNECT = os.environ.get("EMBARK_TEST_MODE") == "connect"


def settings(builder: SparkSession.Builder) -> SparkSession.Builder:
    """Returns a builder of a small session."""
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
    session = start(embark.configure(settings(SparkSession.builder)))
    yield session
    session.stop()


classic_only = pytest.mark.skipif(IS_CONNECT, reason="needs the driver")
connect_only = pytest.mark.skipif(not IS_CONNECT, reason="of Spark Connect")
