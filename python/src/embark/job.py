"""The batch job."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from embark._job_arguments import JobArguments
from embark.errors import EmbarkError
from embark.session import install, is_remote

__all__ = ["Job", "JobArguments", "JobEstimate", "JobResult"]


@dataclass(frozen=True)
class JobResult:
    """Figures of a run, of all its waves, and where it wrote.

    ``state_folder`` is the folder ``_embark`` with the report and the quarantine of failed rows.
    ``compared`` says with what the input was compared if not with the rows of the output, and
    ``compared_rows`` how many rows that took; the cost is there if the job has the price of a core.
    """

    output: str
    state_folder: str
    rows: int
    tokens: int
    null_rows: int
    truncated_rows: int
    deduplicated_rows: int
    failed_rows: int
    skipped_rows: int
    changed_rows: int
    updated_rows: int
    deleted_rows: int
    tokens_per_second: int
    seconds: float
    compared: str | None = None
    compared_rows: int | None = None
    cost: float | None = None
    cost_per_million_rows: float | None = None


@dataclass(frozen=True)
class JobEstimate:
    """What a run would do, extrapolated from a sample; ``bytes`` is the growth of the output."""

    rows: int
    skipped: int
    sampled: int
    without_text: int
    failing: int
    tokens: int
    tokens_per_second: int
    seconds: float
    bytes: int
    cost: float | None = None
    cost_per_million_rows: float | None = None


class Job(JobArguments):
    """Embeds the texts of an input, or answers them, and writes all columns with the result.

    A job can be stopped at any moment; the same job resumes after the last committed wave. It runs
    in the driver of a classic session, with the arguments of ``embark run``, which
    :class:`JobArguments` describes.

    Examples
    --------
    >>> import tempfile
    >>> from embark import Job
    >>> folder = tempfile.mkdtemp()
    >>> spark.createDataFrame([(1, "Rye bread")], ["id", "text"]).write.parquet(folder + "/docs")
    >>> result = Job(input=folder + "/docs", output=folder + "/vectors").run(spark)
    >>> result.rows, result.failed_rows
    (1, 0)
    >>> spark.read.parquet(result.output).columns
    ['id', 'text', 'embedding']
    """

    def run(self, spark: SparkSession | None = None) -> JobResult:
        """Runs the job until its output is committed.

        Parameters
        ----------
        spark
            The session; by default the active one.

        Raises
        ------
        EmbarkError
            if an argument is wrong or the run fails; the same job then resumes it
        """
        return JobResult(**self._figures(spark, []))

    def estimate(self, spark: SparkSession | None = None) -> JobEstimate:
        """Checks everything and estimates tokens, time and size; writes nothing."""
        return JobEstimate(**self._figures(spark, ["--dry-run"]))

    def arguments(self) -> list[str]:
        """Returns the arguments of ``embark run``."""
        return list(self._arguments)

    def _figures(self, spark: SparkSession | None, more: list[str]) -> dict[str, Any]:
        arguments = self._arguments + more
        session = spark or SparkSession.active()
        if is_remote(session):
            raise EmbarkError("EMBARK_NEEDS_DRIVER", {"arguments": shlex.join(arguments)})
        install(session)
        from py4j.protocol import Py4JJavaError
        from pyspark.errors import PySparkException

        jvm: Any = session._jvm  # type: ignore[attr-defined, unused-ignore]
        java: Any = session._jsparkSession  # type: ignore[attr-defined, unused-ignore]
        try:
            figures = jvm.dev.embark.job.EmbedJob.runIn(java, arguments)
        except (Py4JJavaError, PySparkException) as error:
            thrown: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
            if thrown is None:
                raise
            reason = str(jvm.dev.embark.job.cli.Failures.sentence(thrown))
            raise EmbarkError("EMBARK_JOB_FAILED", {"reason": reason}) from error
        return {_snake(name): value for name, value in json.loads(figures).items()}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
