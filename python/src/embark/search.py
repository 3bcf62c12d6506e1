"""Search for the nearest vectors."""

from __future__ import annotations

import operator
from typing import Literal

from pyspark.sql import DataFrame

from embark.errors import EmbarkError
from embark.session import install, is_remote

__all__ = ["nearest"]


def nearest(
    queries: DataFrame,
    documents: DataFrame,
    k: int,
    metric: Literal["cosine", "inner_product", "l2"] = "cosine",
    *,
    query_vector: str = "embedding",
    document_vector: str = "embedding",
) -> DataFrame:
    """Finds the k documents nearest to each query, by comparing every pair.

    Calls the SQL table function ``nearest``. Rows whose vector is NULL or contains NULL do not take
    part, nor do vectors without a direction if the metric is ``cosine``. Documents of equal scores
    are ranked in any order. The queries are broadcast to the executors.

    Parameters
    ----------
    queries, documents
        DataFrames of one session, with a column of vectors each: arrays of numbers.
    k
        The number of documents for each query, 1 or more.
    metric
        ``cosine`` or ``inner_product``, of which the largest are nearest, or ``l2``, the Euclidean
        distance.
    query_vector, document_vector
        The names of the columns of vectors.

    Returns
    -------
    DataFrame
        ``query STRUCT, document STRUCT, rank INT, score FLOAT``: up to k rows for each query, with
        ranks from 1. The structs have all columns but the vectors.

    Raises
    ------
    AnalysisException
        if there is no such column of vectors, ``k`` is less than 1, or the metric is unknown
    EmbarkError
        on a Spark Connect client of Spark 3.5, which cannot pass DataFrames to SQL

    Examples
    --------
    >>> from embark import embed, nearest
    >>> docs = spark.createDataFrame([(1, "Rye bread"), (2, "A frozen harbour")], ["id", "body"])
    >>> vectors = docs.withColumn("embedding", embed("body"))
    >>> asked = spark.createDataFrame([("ice in the port",)], ["text"])
    >>> questions = asked.withColumn("embedding", embed("text"))
    >>> found = nearest(questions, vectors, 1)
    >>> found.select("query.text", "document.id", "rank").first()
    Row(text='ice in the port', id=2, rank=1)
    """
    spark = documents.sparkSession
    if is_remote(spark) and spark.version.startswith("3."):
        parameters = {"function": "nearest", "spark": spark.version}
        raise EmbarkError("EMBARK_CLIENT_TOO_OLD", parameters)
    install(spark)
    return spark.sql(
        "SELECT * FROM nearest(TABLE({queries}), TABLE({documents}), {k}, {metric},"
        " {query_vector}, {document_vector})",
        queries=queries,
        documents=documents,
        k=operator.index(k),
        metric=metric,
        query_vector=query_vector,
        document_vector=document_vector,
    )
