"""Text embeddings inside Apache Spark, computed by llama.cpp.

>>> from embark import embed
>>> docs = spark.createDataFrame([(1, "Rye bread")], ["id", "body"])
>>> docs.withColumn("embedding", embed("body", long_text="chunk")).columns
['id', 'body', 'embedding']
"""

from __future__ import annotations

from embark._version import __version__
from embark.arrays import to_numpy
from embark.errors import EmbarkError, error_of
from embark.functions import *  # noqa: F403
from embark.functions import __all__ as _functions
from embark.job import Job, JobEstimate, JobResult
from embark.search import nearest
from embark.session import configure, install

__all__ = [
    "EmbarkError",
    "Job",
    "JobEstimate",
    "JobResult",
    "__version__",
    "configure",
    "error_of",
    "install",
    "nearest",
    "to_numpy",
]
__all__ += _functions
