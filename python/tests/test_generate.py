"""Answers of a real model: SmolLM2-135M-Instruct in Q4_1."""

from __future__ import annotations

import os

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf

from embark import classify, classify_detail, generate, generate_detail

MODEL = os.environ.get("EMBARK_TEST_CHAT_MODEL", "")
pytestmark = pytest.mark.skipif(not MODEL, reason="needs the model that check all brings")
SYSTEM = "Answer in one word."
QUESTIONS = ["What is the capital of France?", "What is the capital of Italy?", None]


def test_answers_are_those_of_sql(spark: SparkSession) -> None:
    rows = [(number, question) for number, question in enumerate(QUESTIONS)]
    prompts = spark.createDataFrame(rows, "id INT, prompt STRING")
    ours = generate("prompt", model=MODEL, system=SYSTEM, max_tokens=16, temperature=0.0)
    detail = generate_detail("prompt", model=MODEL, system=SYSTEM, max_tokens=2)
    options = f"map('model', '{MODEL}', 'system', '{SYSTEM}', 'maxTokens', 16)"

    answers = (
        prompts.select(
            "id",
            ours.alias("ours"),
            sf.expr(f"generate(prompt, {options})").alias("sql"),
            detail.alias("detail"),
        )
        .orderBy("id")
        .collect()
    )

    assert [row.ours for row in answers] == [row.sql for row in answers]
    assert "Paris" in answers[0].ours
    assert "Rome" in answers[1].ours
    assert answers[2].ours is None
    assert (answers[0].detail.tokens, answers[0].detail.finish) == (2, "length")
    assert answers[0].ours.startswith(answers[0].detail.text)


def test_a_schema_gives_values_and_labels_have_scores(spark: SparkSession) -> None:
    texts = spark.createDataFrame([("The striker scored twice.",), (None,)], "body STRING")
    schema = {
        "type": "object",
        "properties": {
            "topic": {"enum": ["sport", "politics"]},
            "words": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
        },
        "required": ["topic", "words"],
    }
    answer = generate("body", model=MODEL, schema=schema, max_tokens=64)
    detail = generate_detail("body", model=MODEL, schema="n TINYINT NOT NULL", max_tokens=16)
    labels = classify_detail("body", ["sport", "sport news", "politics"], model=MODEL)

    first, second = texts.select(
        answer.alias("answer"),
        detail.alias("detail"),
        labels.alias("labels"),
        classify("body", ["sport", "politics"], model=MODEL).alias("label"),
    ).collect()

    assert first.answer.topic in ("sport", "politics")
    assert 1 <= len(first.answer.words) <= 3
    assert -128 <= first.detail.answer.n <= 127
    assert first.detail.error is None
    assert set(first.labels.scores) == {"sport", "sport news", "politics"}
    assert sum(first.labels.scores.values()) == pytest.approx(1)
    assert first.labels.scores[first.labels.label] == max(first.labels.scores.values())
    assert first.label in ("sport", "politics")
    assert list(second) == [None] * 4
