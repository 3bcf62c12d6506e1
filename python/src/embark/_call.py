"""Calls of Embark's SQL functions, and command lines of its job."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Union

from pyspark.sql import Column
from pyspark.sql.functions import array, call_function, create_map, lit
from pyspark.sql.types import DataType

ColumnOrName = Union[Column, str]


def text(name: str, value: object) -> str:
    """Returns an option's value as SQL has it.

    Raises
    ------
    TypeError
        if it is nothing that an option takes; the text of a list or of a Column would be accepted
        as a prefix
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, Number)):
        return str(value)
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    kind = type(value).__name__
    raise TypeError(f"{name} takes a text or a number, the same for all rows, not a {kind}")


def schema_text(schema: str | Mapping[str, object] | DataType | None) -> str | None:
    """Returns a schema as SQL has it: a DDL, a JSON schema or the JSON of a type of Spark."""
    if isinstance(schema, DataType):
        # The JSON of a struct says which fields may be null; that of other types is a word alone.
        return schema.json() if schema.typeName() == "struct" else schema.simpleString()
    return json.dumps(schema) if isinstance(schema, Mapping) else schema


def label_array(labels: Sequence[str]) -> Column:
    """Returns labels as SQL has them.

    Raises
    ------
    TypeError
        if they are one text or a Column
    """
    if isinstance(labels, (str, bytes)) or not isinstance(labels, Sequence):
        raise TypeError(f"labels takes a list of texts, not a {type(labels).__name__}")
    return array(*[lit(label) for label in labels])


def call(
    function: str, columns: Sequence[ColumnOrName], options: Mapping[str, object | None]
) -> Column:
    """Returns the call of a SQL function; options that are ``None`` are left out.

    ``call_function`` works for classic sessions and for Spark Connect clients.
    """
    given = [
        lit(word)
        for key, value in options.items()
        if value is not None
        for word in (key, text(f"The {function} option {key}", value))
    ]
    arguments = [*columns, create_map(*given)] if given else columns
    return call_function(function, *arguments)


def command_line(options: Mapping[str, object | None]) -> list[str]:
    """Returns arguments of ``embark run``; options that are ``None`` or ``False`` are left out."""
    arguments: list[str] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        if value is True:
            arguments.append(name)
        elif isinstance(value, Mapping):
            arguments += [f"{name}={key}={text(name, entry)}" for key, entry in value.items()]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            arguments.append(f"{name}={','.join(text(name, entry) for entry in value)}")
        else:
            arguments.append(f"{name}={text(name, value)}")
    return arguments
