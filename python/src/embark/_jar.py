"""The jar of Embark: where it is, and whether it fits this package and Spark."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pyspark

from embark._version import __version__
from embark.errors import EmbarkError

VARIABLE = "EMBARK_JAR"


@dataclass(frozen=True)
class Jar:
    """What the manifest of a jar says."""

    path: str
    version: str
    scala: str


def find(jar: str | os.PathLike[str] | None) -> Jar:
    """Returns the jar that is given or that ``EMBARK_JAR`` names.

    A path of another file system, such as ``s3a:``, is taken on trust.

    Raises
    ------
    EmbarkError
        if there is none, or the file is not a jar of Embark
    """
    path = os.fspath(jar) if jar is not None else os.environ.get(VARIABLE, "")
    if not path:
        raise EmbarkError("EMBARK_NO_JAR", {})
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", path) and not path.startswith("file:"):
        return Jar(path, "", "")
    return read(path[len("file:") :] if path.startswith("file:") else path)


def read(path: str) -> Jar:
    """Returns what the manifest of a local jar says."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode()
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise EmbarkError("EMBARK_NOT_A_JAR", {"jar": path, "reason": f"{error}."}) from error
    entries = dict(line.split(": ", 1) for line in manifest.splitlines() if ": " in line)
    if entries.get("Implementation-Title") != "Embark" or "Embark-Scala-Version" not in entries:
        reason = "its manifest has no Embark-Scala-Version."
        raise EmbarkError("EMBARK_NOT_A_JAR", {"jar": path, "reason": reason})
    return Jar(
        os.path.abspath(path), entries["Implementation-Version"], entries["Embark-Scala-Version"]
    )


def check_version(where: str, jar: str) -> None:
    """Raises an error unless the jar has the minor version of this package."""
    if jar and jar.split(".")[:2] != __version__.split(".")[:2]:
        parameters = {"package": __version__, "where": where, "jar": jar}
        raise EmbarkError("EMBARK_WRONG_VERSION", parameters)


def check_scala(jar: Jar, spark: str, scala: str | None) -> None:
    """Raises an error if the jar is for another Scala than Spark's."""
    if jar.scala and scala and jar.scala != scala:
        parameters = {"jar": jar.scala, "spark": spark, "scala": scala}
        raise EmbarkError("EMBARK_WRONG_SCALA", parameters)


def scala_of_home() -> str | None:
    """Returns the Scala version of the Spark that a builder starts, if this machine has it."""
    home = os.environ.get("SPARK_HOME") or os.path.dirname(pyspark.__file__)
    for jar in Path(home, "jars").glob("spark-core_*.jar"):
        found = re.match(r"spark-core_(\d+\.\d+)-", jar.name)
        if found:
            return found.group(1)
    return None
