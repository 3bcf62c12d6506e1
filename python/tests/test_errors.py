"""Errors carry condition, SQLSTATE and parameters."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from conftest import IS_CONNECT
from embark import EmbarkError, embed, error_of
from embark._conditions import CONDITIONS
from embark.errors import _parsed

FAILS = "SELECT embed(repeat('word ', 600), map('longText', 'error', 'mode', 'FAILFAST')) AS e"


@pytest.mark.quick
@pytest.mark.parametrize("condition", list(CONDITIONS))
def test_every_condition_makes_an_error(condition: str) -> None:
    names = [part.split(">")[0] for part in CONDITIONS[condition][1].split("<")[1:]]
    parameters = {name: f"({name})" for name in names}

    error = EmbarkError(condition, parameters)

    assert str(error) == f"[{condition}] {error.sentence}"
    assert "<" not in error.sentence
    assert error.getCondition() == error.getErrorClass() == condition
    assert error.getMessageParameters() == parameters
    assert len(error.getSqlState()) == 5
    assert error_of(error) is error
    assert _parsed(condition, error.sentence) == parameters


@pytest.mark.quick
@pytest.mark.parametrize(
    ("statement", "condition", "parameters"),
    [
        ("embed('x', map('longtxt', 'y'))", "EMBARK_UNKNOWN_OPTION", {"option": "longtxt"}),
        ("embed('x', map('longText', 'y'))", "EMBARK_INVALID_OPTION", {"value": "'y'"}),
        ("embed('x', map('dimensions', 400))", "EMBARK_TOO_MANY_DIMENSIONS", {"available": "384"}),
        ("embed('x', map('model', '/no.gguf'))", "EMBARK_MODEL_NOT_FETCHED", {"model": "/no.gguf"}),
    ],
)
def test_mistakes_of_a_call(
    spark: SparkSession, statement: str, condition: str, parameters: dict[str, str]
) -> None:
    with pytest.raises(Exception, match=rf"\[{condition}\] ") as raised:
        _ = spark.sql("SELECT " + statement).schema

    assert type(raised.value).__name__ == "AnalysisException"
    error = error_of(raised.value)
    assert error is not None
    assert error.condition == condition
    assert parameters.items() <= error.parameters.items()


def test_failure_of_a_task(spark: SparkSession) -> None:
    with pytest.raises(Exception, match="EMBARK_FAILED_ROW") as raised:
        spark.sql(FAILS).collect()

    if not spark.version.startswith("3."):
        exception: Any = raised.value
        assert str(exception).startswith(
            "[EMBARK_FAILED_ROW] Row 1 of partition 0 cannot be embedded"
        )
        assert exception.getCondition() == "EMBARK_FAILED_ROW"
        assert exception.getMessage().startswith("[EMBARK_FAILED_ROW]")
    error = error_of(raised.value)
    assert error is not None
    assert error.parameters["row"] == "1"
    assert error.parameters["done"] == "embedded"


def test_failure_while_a_file_is_written(spark: SparkSession, tmp_path: Any) -> None:
    with pytest.raises(Exception, match="EMBARK_FAILED_ROW") as raised:
        spark.sql(FAILS).write.parquet(str(tmp_path / "out"))

    assert error_of(raised.value) is not None


def test_message_alone_is_enough() -> None:
    """As in a Spark Connect client of Spark 3.5, which does not get the parameters."""
    message = "[EMBARK_TOO_MANY_DIMENSIONS] dimensions is 400, but the model has 384.; line 1 pos 7"

    for text in (message, message.replace("; line", " SQLSTATE: 22023; line"), message[:-14]):
        error = error_of(ValueError(text))
        assert error is not None
        assert error.parameters == {"dimensions": "400", "available": "384"}
        assert error.sentence == "dimensions is 400, but the model has 384."


def test_position_of_a_call(spark: SparkSession) -> None:
    with pytest.raises(Exception, match="line 1 pos 7"):
        _ = spark.sql("SELECT embed('x', map('longText', 'y'))").schema
    with pytest.raises(Exception, match="EMBARK_INVALID_OPTION"):
        spark.range(1).select(embed("id", long_text="y")).collect()  # type: ignore[arg-type]


def test_values_arrive_as_they_were_given(spark: SparkSession) -> None:
    value = "<y> %s {0} $1 \\ ${x}"
    with pytest.raises(Exception) as raised:
        spark.range(1).selectExpr("'t' AS t").select(embed("t", long_text=value)).collect()  # type: ignore[arg-type]

    error = error_of(raised.value)
    assert error is not None
    assert error.parameters["value"] == f"'{value}'"


def test_other_errors_are_not_ours(spark: SparkSession) -> None:
    with pytest.raises(Exception) as raised:
        spark.sql("SELECT no_such_function(1)").collect()

    assert error_of(raised.value) is None
    assert ("connect" in type(raised.value).__module__) == IS_CONNECT
