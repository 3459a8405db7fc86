"""Tool definitions in any provider's form, read as name, description and schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 64
"""Levels of a schema; deeper than any provider accepts."""
_SCHEMAS = (
    "input_schema", "parameters", "inputSchema", "parametersJsonSchema", "parameters_json_schema",
    "parameter_definitions", "format",
)  # fmt: skip
"""Under which names a definition holds the schema of its arguments."""
_OWN = ("function", "custom", None)
"""Types of a tool that the user's program runs."""


class Definition(NamedTuple):
    """One tool. The user's program runs it when it has a name, else the provider."""

    name: str | None
    description: str
    schema: Any
    kind: str
    """The type of a tool that the provider runs, such as `web_search_20250305`."""

    def essence(self, *, is_open: bool) -> str:
        """Return what a model is told of it, as compact JSON."""
        # Deeper than any provider accepts is cut off: JSON that can be read is not always one that can be written.
        schema = _cut(self.schema, 0, is_open=is_open)
        return json.dumps([self.name, self.description, schema], ensure_ascii=False, separators=(",", ":"))

    def words(self) -> Iterator[str]:
        """Yield its name and description, and the names, descriptions and choices of its arguments."""
        yield self.name or ""
        yield self.description
        yield from _words(self.schema, 0)


def definition(text: str) -> Definition | None:
    """Read a tool definition; None when it is no JSON object."""
    try:
        tool = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tool, dict):
        return None
    kind = tool.get("type")
    is_hosted = isinstance(kind, str) and ":" in kind  # `openrouter:web_search`: its parameters are no arguments
    if is_hosted or (kind not in _OWN and "input_schema" not in tool and "parameters" not in tool):
        return Definition(None, "", None, str(kind))
    inner = next((tool[key] for key in ("function", "custom", "toolSpec") if isinstance(tool.get(key), dict)), tool)
    name, said = inner.get("name"), inner.get("description")
    if not isinstance(name, str):
        return Definition(None, "", None, next(iter(tool), ""))
    schema: Any = next((inner[key] for key in _SCHEMAS if inner.get(key) is not None), {})
    if isinstance(schema, dict) and set(schema) == {"json"}:  # Bedrock's form
        schema = schema["json"]
    return Definition(name, said if isinstance(said, str) else "", schema, "")


def values(text: str) -> Iterator[str]:
    """Yield the keys and values of some JSON as text; nothing when it is none."""
    try:
        yield from _values(json.loads(text), 0)
    except (ValueError, RecursionError):
        return


def _cut(schema: Any, depth: int, *, is_open: bool) -> Any:
    if depth > _DEEPEST:
        return None
    if isinstance(schema, dict):
        dropped = "additionalProperties" if is_open else None
        return {key: _cut(inner, depth + 1, is_open=is_open) for key, inner in schema.items() if key != dropped}
    if isinstance(schema, list):
        return [_cut(inner, depth + 1, is_open=is_open) for inner in schema]
    return schema


def _words(schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    if depth and isinstance(said := schema.get("description"), str):
        yield said
    choices, properties = schema.get("enum"), schema.get("properties")
    yield from (map(str, choices) if isinstance(choices, list) else ())
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield str(name)
        yield from _words(inner, depth + 1)
    defined = schema.get("$defs")
    inside = [schema.get("items"), *(defined.values() if isinstance(defined, dict) else ())]
    for key in ("anyOf", "any_of"):
        inside += schema[key] if isinstance(schema.get(key), list) else []
    for one in inside:
        yield from _words(one, depth + 1)


def _values(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _values(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, depth + 1)
    else:
        yield str(value)
