"""Adds Embark to sessions."""

from __future__ import annotations

import os
from typing import Any

import pyspark
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from embark import _jar
from embark.errors import EmbarkError, error_of

__all__ = ["configure", "install"]

_EXTENSIONS = "dev.embark.spark.EmbarkExtensions"


def configure(
    builder: SparkSession.Builder, jar: str | os.PathLike[str] | None = None
) -> SparkSession.Builder:
    """Adds Embark to a builder of a session.

    Adds the jar to ``spark.jars`` and, for Spark 3.5, the extension to ``spark.sql.extensions``.
    With ``builder.remote("local")``, the server that the builder starts has Embark.

    Parameters
    ----------
    builder
        ``SparkSession.builder``; call this function after its other settings.
    jar
        Path of ``embark-….jar``, for Scala 2.12 ``embark_2.12-….jar``; by default ``EMBARK_JAR`` of
        the environment.

    Raises
    ------
    EmbarkError
        if there is no jar, it does not fit this package or Spark, or Spark is running already

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> import embark
    >>> builder = SparkSession.builder.master("local[2]")
    >>> spark = embark.configure(builder, jar=JAR).getOrCreate()  # doctest: +SKIP
    """
    found = _jar.find(jar)
    _jar.check_version(found.path, found.version)
    _jar.check_scala(found, pyspark.__version__, _jar.scala_of_home())
    options: dict[str, Any] = dict(getattr(builder, "_options", {}))
    if str(options.get("spark.remote", os.environ.get("SPARK_REMOTE", ""))).startswith("sc://"):
        raise _not_on_server(found.path, "")
    if _has_context():
        raise EmbarkError("EMBARK_SPARK_IS_RUNNING", {})
    _append(builder, options, "spark.jars", found.path)
    if pyspark.__version__.startswith("3."):
        _append(builder, options, "spark.sql.extensions", _EXTENSIONS)
    return builder


def install(spark: SparkSession, jar: str | os.PathLike[str] | None = None) -> None:
    """Adds Embark to a running session; does nothing if the session has it.

    A classic session gets the jar by ``ADD JAR``. A Spark Connect client cannot add it to its
    server.

    Parameters
    ----------
    spark
        The session; ``spark.newSession()`` needs a call of its own.
    jar
        Path of the jar; by default ``EMBARK_JAR`` of the environment. Not needed if the cluster has
        the jar.

    Raises
    ------
    EmbarkError
        if the session does not have Embark afterwards, with what its administrator has to do

    Examples
    --------
    >>> import embark
    >>> embark.install(spark)
    >>> spark.sql("SELECT embed_tokens('Spark SQL') AS tokens").first()
    Row(tokens=4)
    """
    if not _is_installed(spark):
        if is_remote(spark):
            raise _not_on_server("embark-….jar for its Scala version", spark.version)
        _install_classic(spark, jar)
    _jar.check_version("this session", _version(spark))


def is_remote(spark: SparkSession) -> bool:
    """Returns whether a session is one of Spark Connect."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def _install_classic(spark: SparkSession, jar: str | os.PathLike[str] | None) -> None:
    jvm: Any = spark._jvm  # type: ignore[attr-defined, unused-ignore]
    embark = jvm.dev.embark.spark.Embark
    if not _is_class(embark):
        found = _jar.find(jar)
        _jar.check_version(found.path, found.version)
        scala = str(jvm.scala.util.Properties.versionNumberString())
        _jar.check_scala(found, spark.version, ".".join(scala.split(".")[:2]))
        spark.sql(f"ADD JAR '{found.path}'")
        embark = jvm.dev.embark.spark.Embark
    if not _is_class(embark):
        reason = "Spark did not load the class dev.embark.spark.Embark."
        raise EmbarkError("EMBARK_NOT_INSTALLED", {"reason": reason})
    embark.install(spark._jsparkSession)  # type: ignore[attr-defined, unused-ignore]


def _is_class(found: Any) -> bool:
    """Py4J returns a package for a class that does not exist."""
    return bool(type(found).__name__ == "JavaClass")


def _is_installed(spark: SparkSession) -> bool:
    try:
        # The schema alone analyses the call without running it.
        _ = spark.sql("SELECT embed_tokens('')").schema
    except AnalysisException as error:
        ours = error_of(error)
        if ours is not None:
            raise ours from error  # a jar of the wrong Scala
        return False
    return True


def _version(spark: SparkSession) -> str:
    return str(spark.conf.get("spark.embark.version", "") or "")


def _not_on_server(jar: str, version: str) -> EmbarkError:
    # Spark 3.5 does not read the service file of the jar.
    extensions = f" --conf spark.sql.extensions={_EXTENSIONS}"
    confs = extensions if version.startswith("3.") else ""
    return EmbarkError("EMBARK_NOT_ON_SERVER", {"arguments": f"--jars {jar}{confs}"})


def _has_context() -> bool:
    try:
        from pyspark import SparkContext
    except ImportError:  # a client without classic PySpark
        return False
    return getattr(SparkContext, "_active_spark_context", None) is not None


def _append(builder: SparkSession.Builder, options: dict[str, Any], key: str, value: str) -> None:
    present = [part for part in str(options.get(key) or "").split(",") if part]
    if value not in present:
        builder.config(key, ",".join([*present, value]))
