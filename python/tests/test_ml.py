"""The transformer for pipelines."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import SparkSession

from conftest import classic_only
from embark.ml import EmbarkEmbedder


@pytest.fixture(scope="module")
def docs(spark: SparkSession):  # type: ignore[no-untyped-def]
    return spark.createDataFrame([("a harbour",), ("rye bread",)], ["text"])


def test_column_equals_the_function(docs) -> None:  # type: ignore[no-untyped-def]
    embedder = EmbarkEmbedder(outputCol="e", options={"dimensions": 32})

    rows = (
        embedder.transform(docs).selectExpr("e", "embed(text, map('dimensions', 32)) f").collect()
    )

    assert [row.e for row in rows] == [row.f for row in rows]
    assert embedder.getOptions() == {"dimensions": 32}
    assert embedder.copy({embedder.outputCol: "v"}).transform(docs).columns == ["text", "v"]


def test_text_without_an_embedding_has_no_vector(spark: SparkSession) -> None:
    docs = spark.createDataFrame([(1, "a harbour"), (2, None)], "id INT, text STRING")
    embedder = EmbarkEmbedder(outputCol="v.1", vectors=True, options={"dimensions": 8})

    rows = embedder.transform(docs).orderBy("id").collect()

    assert rows[0][2].toArray().shape == (8,)
    assert rows[1][2] is None


def test_unknown_option_is_an_error() -> None:
    with pytest.raises(TypeError, match="embed\\(\\) has no option 'longText'"):
        EmbarkEmbedder(options={"longText": "chunk"})
    with pytest.raises(TypeError, match="dimension"):
        EmbarkEmbedder().setOptions({"dimension": 1})


@classic_only
def test_pipeline_is_saved_and_loaded(docs, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = str(tmp_path / "model")
    embedder = EmbarkEmbedder(vectors=True, options={"long_text": "chunk", "dimensions": 8})
    Pipeline(stages=[embedder]).fit(docs).save(path)

    loaded = PipelineModel.load(path)

    row = loaded.transform(docs).collect()[0]
    assert row.embedding.toArray().shape == (8,)
    stage = loaded.stages[0]
    assert isinstance(stage, EmbarkEmbedder)
    assert stage.getOptions() == {"long_text": "chunk", "dimensions": 8}


@classic_only
def test_vectors_feed_other_stages(docs) -> None:  # type: ignore[no-untyped-def]
    from pyspark.ml.clustering import KMeans

    kmeans = KMeans(featuresCol="embedding", k=2, seed=1)
    clusters = Pipeline(stages=[EmbarkEmbedder(vectors=True), kmeans]).fit(docs).transform(docs)

    assert {row.prediction for row in clusters.collect()} == {0, 1}
