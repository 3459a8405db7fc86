"""How OpenAI's models read a function definition: as a declaration in TypeScript.

Source of the form: OpenAI's description of its harmony format (github.com/openai/harmony, docs/format.md, "Function
calling"). Its open models read that text. Recorded requests to its models from GPT-3.5 to GPT-5 are billed for the same
text, most of them to the token.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.tokens.definitions import Definition

_DEEPEST = 32
"""Levels of a schema; deeper than any provider accepts."""
_INDENT = "    "
_TYPES = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


def declaration(tool: Definition) -> str:
    """Return the declaration of a function, its description before it and an empty line behind it."""
    schema = tool.schema if isinstance(tool.schema, dict) else {}
    named: dict[str, Any] = {}
    for key in ("definitions", "$defs"):
        named |= schema[key] if isinstance(schema.get(key), dict) else {}
    grammar = schema.get("definition")  # what a custom tool's input must follow
    head = _comment(tool.description, "") + _comment(grammar if isinstance(grammar, str) else "", "")
    arguments = f"(_: {_type(schema, '', named, 0)})" if _properties(schema) else "()"
    return f"{head}type {tool.name} = {arguments} => any;\n\n"


def _type(schema: Any, indent: str, named: dict[str, Any], depth: int) -> str:
    """Return a type. A definition in `named` is taken out and written where it is first used; later by its name."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return "any"
    if isinstance(ref := schema.get("$ref"), str):
        name = ref.rpartition("/")[2]
        return _type(named.pop(name), indent, named, depth + 1) if name in named else name
    options = next((schema[key] for key in ("anyOf", "oneOf", "allOf") if isinstance(schema.get(key), list)), None)
    if options is not None:
        return " | ".join(_type(option, indent, named, depth + 1) for option in options)
    if schema.get("type") == "array":
        return f"{_type(schema.get('items'), indent, named, depth + 1)}[]"
    if schema.get("type") == "object" or "properties" in schema:
        about = "" if depth else _comment(schema.get("description"), indent)
        return f"{about}{{\n{''.join(_lines(schema, indent, named, depth))}{indent}}}"
    return _simple(schema)


def _simple(schema: dict[str, Any]) -> str:
    """Return the type of what holds nothing: its choices, its only value, or its name."""
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(choices, list):
        return " | ".join(map(_literal, choices))
    kind = schema.get("type")
    return " | ".join(_TYPES.get(str(one), "any") for one in (kind if isinstance(kind, list) else [kind]))


def _lines(schema: dict[str, Any], indent: str, named: dict[str, Any], depth: int) -> Iterator[str]:
    """Yield each property of an object, with what is said about it before it."""
    required = schema.get("required")
    needed = required if isinstance(required, list) else ()
    for name, value in _properties(schema).items():
        about = value if isinstance(value, dict) else {}
        description = _comment(about.get("description"), indent)
        if title := _comment(about.get("title"), indent):
            yield f"{title}{indent}//\n" if description else title
        yield description
        if isinstance(examples := about.get("examples"), list) and examples:
            yield f"{indent}// Examples:\n"
            yield from (f"{indent}// - {_literal(example)}\n" for example in examples)
        default = f" // default: {_literal(about['default'])}" if "default" in about else ""
        kind = _type(value, indent + _INDENT, named, depth + 1)
        yield f"{indent}{name}{'' if name in needed else '?'}: {kind},{default}\n"


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _comment(text: Any, indent: str) -> str:
    if not isinstance(text, str) or not text:
        return ""
    return "".join(f"{indent}// {line}".rstrip() + "\n" for line in text.rstrip().split("\n"))


def _literal(value: Any) -> str:
    """Return a value as JSON; of a list or an object no more than its type, for it may be too deep to be written."""
    if isinstance(value, (list, dict)):
        return "[]" if isinstance(value, list) else "object"
    return json.dumps(value, ensure_ascii=False)
