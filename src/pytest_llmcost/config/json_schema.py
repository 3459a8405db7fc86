"""The JSON Schema (draft 2020-12) of `[tool.llmcost]`, for editors and for `llmcost schema`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pytest_llmcost.config.shapes import Items, Key, Named, Shape, Table
from pytest_llmcost.config.tables import ROOT


def schema() -> dict[str, Any]:
    """The schema of the table, with a description of every key and the default where there is one."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "[tool.llmcost]",
        "description": "Settings of pytest-llmcost in pyproject.toml.",
        **_of(ROOT),
    }


def _of(shape: Shape) -> dict[str, Any]:
    if isinstance(shape, Items):
        return {"type": "array", "items": _of(shape.item)}
    if isinstance(shape, Named):
        names = {"propertyNames": dict(shape.names)} if shape.names else {}
        return {"type": "object", "additionalProperties": _of(shape.each)} | names
    if isinstance(shape, Table):
        return _of_table(shape)
    return dict(shape.json)


def _of_table(table: Table) -> dict[str, Any]:
    required = [name for name, key in table.keys.items() if key.required]
    return {
        "type": "object",
        "properties": {name: _of_key(key) for name, key in table.keys.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **table.rules,
    }


def _of_key(key: Key) -> dict[str, Any]:
    described = {"description": key.about}
    default = {} if key.default is None else {"default": _plain(key.default)}
    return described | _of(key.shape) | default


def _plain(value: object) -> object:
    """A default as JSON knows it; a Decimal becomes the number that reads the same."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
