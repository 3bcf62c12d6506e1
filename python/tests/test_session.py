"""Embark comes into new and running sessions, or the error says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

import embark
from conftest import IS_CONNECT, JAR, classic_only, connect_only
from embark import EmbarkError, _jar

IS_3 = pyspark.__version__.startswith("3.")


def jar(folder: Path, **entries: str) -> str:
    """Writes a jar with nothing but a manifest."""
    path = folder / "embark.jar"
    manifest = {
        "Implementation-Title": "Embark",
        "Implementation-Version": "0.1.0-SNAPSHOT",
        "Embark-Scala-Version": "2.12" if IS_3 else "2.13",
        **{name.replace("_", "-"): value for name, value in entries.items()},
    }
    with zipfile.ZipFile(path, "w") as archive:
        lines = "".join(f"{name}: {value}\r\n" for name, value in manifest.items())
        archive.writestr("META-INF/MANIFEST.MF", lines)
    return str(path)


def python(script: str, **environment: str) -> str:
    """Runs a script in a process of its own, since a process has one JVM."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, **environment},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


@pytest.mark.quick
def test_session_has_the_version_of_the_package(spark: SparkSession) -> None:
    embark.install(spark)

    assert str(spark.conf.get("spark.embark.version")).startswith("0.1.")


@pytest.mark.quick
def test_jar_is_checked_before_spark_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = SparkSession.builder
    monkeypatch.delenv("EMBARK_JAR")
    with pytest.raises(EmbarkError, match="EMBARK_NO_JAR"):
        embark.configure(builder)
    with pytest.raises(EmbarkError, match=r"NOT_A_JAR\] /no/such.jar is not a jar of Embark"):
        embark.configure(builder, jar="/no/such.jar")
    text = tmp_path / "text.jar"
    text.write_text("text")
    with pytest.raises(EmbarkError, match="EMBARK_NOT_A_JAR"):
        embark.configure(builder, jar=text)
    with pytest.raises(EmbarkError, match="no Embark-Scala-Version"):
        embark.configure(builder, jar=jar(tmp_path, Implementation_Title="Delta"))
    with pytest.raises(EmbarkError, match=r"embark-spark 0\.1.* has Embark 0\.2\.0; install"):
        embark.configure(builder, jar=jar(tmp_path, Implementation_Version="0.2.0"))
    other = "2.13" if IS_3 else "2.12"
    with pytest.raises(EmbarkError, match=f"is for Scala {other}, but Spark") as raised:
        embark.configure(builder, jar=jar(tmp_path, Embark_Scala_Version=other))
    assert raised.value.condition == "EMBARK_WRONG_SCALA"


@pytest.mark.quick
def test_manifest_of_the_jar_is_read() -> None:
    found = _jar.read(JAR)

    assert found.scala == ("2.12" if IS_3 else "2.13")
    assert found.version.startswith("0.1.0")
    assert _jar.find("s3a://bucket/embark.jar").path == "s3a://bucket/embark.jar"


def test_server_elsewhere_needs_its_administrator() -> None:
    script = """
        import embark
        from pyspark.sql import SparkSession
        builder = SparkSession.builder
        builder._options["spark.remote"] = "sc://localhost:15002"
        try:
            embark.configure(builder)
        except embark.EmbarkError as error:
            print(error)
    """
    said = python(script)
    assert said.startswith("[EMBARK_NOT_ON_SERVER] The Spark Connect server does not have Embark")
    assert "--jars" in said


@classic_only
def test_running_spark_takes_no_builder(spark: SparkSession) -> None:
    with pytest.raises(EmbarkError, match="EMBARK_SPARK_IS_RUNNING"):
        embark.configure(SparkSession.builder)


@classic_only
def test_install_adds_the_jar_to_a_running_session() -> None:
    script = """
        import embark
        from conftest import settings
        from pyspark.sql import SparkSession
        spark = settings(SparkSession.builder).master("local[1]").getOrCreate()
        embark.install(spark)
        embark.install(spark)
        print(spark.sql("SELECT size(embed('x'))").first()[0])
        docs = spark.createDataFrame([("a",), ("b",)], ["t"])
        print(docs.select(embark.embed("t", dimensions=4)).distinct().count())
    """
    assert python(script).split() == ["384", "2"]


@classic_only
@pytest.mark.skipif("EMBARK_OTHER_JAR" not in os.environ, reason="needs the jar of the other Scala")
@pytest.mark.parametrize("extensions", ["", "dev.embark.spark.EmbarkExtensions"])
def test_jar_of_the_wrong_scala_says_so(extensions: str) -> None:
    if IS_3 and not extensions:
        pytest.skip("Spark 3.5 does not look into the jar")
    script = f"""
        import os
        import embark
        from conftest import settings
        from pyspark.sql import SparkSession
        builder = settings(SparkSession.builder).master("local[1]")
        builder.config("spark.jars", os.environ["EMBARK_OTHER_JAR"])
        if "{extensions}":
            builder.config("spark.sql.extensions", "{extensions}")
        spark = builder.getOrCreate()
        for call in ("embed('x')", "cosine_similarity(array(1F), array(1F))"):
            try:
                spark.sql("SELECT " + call)
            except Exception as error:
                print(type(error).__name__, str(error).splitlines()[0])
        try:
            embark.install(spark)
        except embark.EmbarkError as error:
            print(error)
    """
    said = python(script).splitlines()
    assert len(said) == 3, said
    for line in said[:2]:
        assert line.startswith(
            "AnalysisException [EMBARK_WRONG_SCALA] This jar of Embark is for Scala"
        )
    assert said[2].startswith("[EMBARK_WRONG_SCALA] ")


@classic_only
@pytest.mark.skipif("EMBARK_OTHER_JAR" not in os.environ, reason="needs the jar of the other Scala")
@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        ("EmbedJob", ["--input=texts", "--output=vectors"]),
        ("SqlRunner", ["SELECT embed('x')"]),
    ],
)
def test_main_class_of_the_wrong_scala_says_so(
    main: str, arguments: list[str], tmp_path: Path
) -> None:
    home = Path(pyspark.__file__).parent
    jar = os.environ["EMBARK_OTHER_JAR"]
    submit = [str(home / "bin/spark-submit"), "--master=local[1]", f"--class=dev.embark.job.{main}"]

    result = subprocess.run(
        [*submit, jar, *arguments],
        env={**os.environ, "SPARK_HOME": str(home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert result.returncode == 1
    said = [
        line for line in result.stderr.splitlines() if "This jar of Embark is for Scala" in line
    ]
    assert len(said) == 1
    assert said[0].startswith("embark ")
    assert "\tat " not in result.stderr


@connect_only
def test_client_cannot_install() -> None:
    script = """
        import embark
        from conftest import settings
        from pyspark.sql import SparkSession
        spark = settings(SparkSession.builder).remote("local[1]").getOrCreate()
        try:
            embark.install(spark)
        except embark.EmbarkError as error:
            print(error)
    """
    said = python(script)
    assert said.startswith("[EMBARK_NOT_ON_SERVER] The Spark Connect server does not have Embark")
    assert "administrator" in said
    assert IS_CONNECT
