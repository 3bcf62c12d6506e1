"""Errors of Embark, with the condition, SQLSTATE and parameters that Spark's own errors have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from embark._conditions import CONDITIONS

__all__ = ["EmbarkError", "error_of"]

_CONDITION = re.compile(r"\[(EMBARK_[A-Z_]+)\] (.*)")
_PARAMETER = re.compile(r"<([A-Za-z]+)>")
# What Spark adds to a message: the SQLSTATE and the place in the statement.
_ADDED = re.compile(r" SQLSTATE: \w{5}.*|; line \d+ pos \d+;?$")


class EmbarkError(Exception):
    """An error with a condition of Embark.

    The package raises it for what it checks itself, and :func:`error_of` finds it in an exception
    of PySpark. The methods are those of ``pyspark.errors.PySparkException``.
    """

    def __init__(self, condition: str, parameters: Mapping[str, str]) -> None:
        self.condition = condition
        self.parameters = dict(parameters)
        self.sql_state, template = CONDITIONS[condition]
        self.sentence = _PARAMETER.sub(lambda found: self.parameters[found.group(1)], template)
        super().__init__(f"[{condition}] {self.sentence}")

    def getCondition(self) -> str:
        """Returns the name of the condition, such as ``EMBARK_NOT_ON_SERVER``."""
        return self.condition

    def getErrorClass(self) -> str:
        """Returns the name of the condition, under its name in Spark 3.5."""
        return self.condition

    def getSqlState(self) -> str:
        """Returns the SQLSTATE of the condition."""
        return self.sql_state

    def getMessageParameters(self) -> dict[str, str]:
        """Returns the values that the message contains."""
        return dict(self.parameters)


def error_of(error: BaseException) -> EmbarkError | None:
    """Returns the error of Embark in an exception of PySpark, or ``None``.

    PySpark shows an error of Embark as ``AnalysisException`` or ``SparkRuntimeException`` whose
    ``getCondition()`` begins with ``EMBARK_``. In Spark 3.5 an error of a task is part of the
    message of a ``Py4JJavaError``; this function finds the condition there, too.

    Examples
    --------
    >>> try:
    ...     spark.sql("SELECT embed('x', map('longText', 'cut'))")
    ... except Exception as error:
    ...     print(error_of(error).condition, error_of(error).parameters["option"])
    EMBARK_INVALID_OPTION longText
    """
    if isinstance(error, EmbarkError):
        return error
    found = _CONDITION.search(str(error))
    if found is None or found.group(1) not in CONDITIONS:
        return None
    condition = found.group(1)
    sentence = _ADDED.sub("", found.group(2).strip())
    return EmbarkError(condition, _parameters(error, condition) or _parsed(condition, sentence))


def _parameters(error: Any, condition: str) -> dict[str, str] | None:
    get = getattr(error, "getCondition", None) or getattr(error, "getErrorClass", None)
    if get is None or get() != condition:
        return None
    parameters = error.getMessageParameters()
    return None if parameters is None else {key: parameters[key] for key in parameters}


def _parsed(condition: str, sentence: str) -> dict[str, str]:
    """Returns the parameters of a message, by the template that made it."""
    template = CONDITIONS[condition][1]
    names: list[str] = []
    pattern = ""
    for part in re.split(r"(<[A-Za-z]+>)", template):
        name = _PARAMETER.fullmatch(part)
        if name is None:
            pattern += re.escape(part)
        elif name.group(1) in names:
            pattern += f"(?P={name.group(1)})"
        else:
            names.append(name.group(1))
            pattern += f"(?P<{name.group(1)}>.*?)"
    found = re.fullmatch(pattern, sentence)
    return found.groupdict() if found else dict.fromkeys(names, sentence)
