"""How many tokens OpenAI's models read for one function definition: the formula of OpenAI's cookbook.

Source: "How to count tokens with tiktoken", section on tool calls, OpenAI cookbook (github.com/openai/openai-cookbook).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROPERTIES = 3
KEY = 3
ENUM = -3
ENUM_ITEM = 3


def function_tokens(definition: str, per_function: int, measure: Callable[[str], int]) -> int | None:
    """Return the tokens of a function definition; None when the JSON is none, as for tools that the provider runs.

    Args:
        definition: JSON, nested under `function` or flat.
        per_function: 7 for models on o200k_base, 10 for older ones.
        measure: number of tokens in a text.
    """
    function = _function(definition)
    if function is None:
        return None
    head = f"{function['name']}:{_described(function)}"
    schema = function.get("parameters")
    return per_function + measure(head) + (_schema_tokens(schema, measure) if isinstance(schema, dict) else 0)


def is_nested(definition: str) -> bool:
    """Tell the form of chat completions, {"type": "function", "function": {...}}, from the flat one of responses."""
    return '"function":{' in definition or '"function": {' in definition


def _function(definition: str) -> dict[str, Any] | None:
    try:
        tool = json.loads(definition)
    except (ValueError, RecursionError):
        return None
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    return function if isinstance(function, dict) and "name" in function else None


def _schema_tokens(schema: dict[str, Any], measure: Callable[[str], int]) -> int:
    """The cookbook stops at the first level; deeper objects are read the same way."""
    tokens = 0
    for level in _objects(schema, depth=0):
        tokens += PROPERTIES
        for name, value in level.items():
            tokens += KEY + _property_tokens(name, value if isinstance(value, dict) else {}, measure)
    return tokens


def _property_tokens(name: str, value: dict[str, Any], measure: Callable[[str], int]) -> int:
    choices = value.get("enum")
    tokens = measure(f"{name}:{value.get('type', '')}:{_described(value)}")
    if isinstance(choices, list):
        tokens += ENUM + sum(ENUM_ITEM + measure(str(choice)) for choice in choices)
    return tokens


def _objects(schema: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """Yield the properties of every object in a schema. The depth is bounded: schemas come from outside."""
    properties = schema.get("properties")
    if isinstance(properties, dict) and properties:
        yield properties
        nested = [*properties.values()]
    else:
        nested = []
    for key in ("$defs", "definitions"):
        named = schema.get(key)
        nested += [*named.values()] if isinstance(named, dict) else []
    choices = schema.get("anyOf")
    nested += [schema.get("items"), *(choices if isinstance(choices, list) else ())]
    for inner in nested:
        if isinstance(inner, dict) and depth < 32:  # noqa: PLR2004 - deeper than any provider accepts
            yield from _objects(inner, depth + 1)


def _described(value: dict[str, Any]) -> str:
    description = value.get("description")
    return description.rstrip(".") if isinstance(description, str) else ""
