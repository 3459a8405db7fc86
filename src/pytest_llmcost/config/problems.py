"""Problems: what is wrong with a table, one line each, with the nearest valid name."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pytest_llmcost.config.shapes import DECIMAL_PLACES, LARGEST, Items, Named, Shape, Table, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic_core import CoreSchema, ErrorDetails

    Path = tuple[str | int, ...]

_LONGEST = 60


class Problem(NamedTuple):
    """One thing to put right: the table it is in, below `[tool.llmcost]`, and a sentence."""

    text: str
    table: tuple[str, ...] = ()

    def line(self, file: str) -> str:
        """The line that the user reads."""
        return f"{file}: [{dotted(('tool', 'llmcost', *self.table))}] {self.text}"


def validated(table: Mapping[str, object], shape: Table) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The table with its values converted, or None and everything that is wrong with a single key."""
    # The validator under pydantic: the first pydantic model of a process costs 60 ms, this costs less than one.
    from pydantic_core import SchemaValidator, ValidationError

    try:
        return SchemaValidator(cast("CoreSchema", _core(shape))).validate_python(table), []
    except ValidationError as error:
        return None, [_problem(shape, details) for details in error.errors(include_url=False, include_context=False)]


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """The valid name that was probably meant; a name one table further down counts when it is the same word."""
    from difflib import get_close_matches

    names = tuple(valid)
    below = (name for name in names if name.endswith(f".{word}"))
    return next(below, None) or next(iter(get_close_matches(word, names, n=1)), None)


def suggestion(word: str, valid: Iterable[str], *, what: str) -> str:
    """The end of a sentence about an unknown name: the one that was probably meant, or all that there are."""
    names = tuple(valid)
    meant = nearest(word, names)
    return f"did you mean {quoted(meant)}?" if meant else f"{what}: {', '.join(names)}"


def dotted(path: Iterable[str]) -> str:
    """A path of keys as TOML writes it."""
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key) for key in path)


def quoted(text: str) -> str:
    """Text in double quotes as TOML writes it, on one line whatever it holds."""
    visible = (c if c.isprintable() else f"\\U{ord(c):08X}" for c in json.dumps(text, ensure_ascii=False))
    return "".join(visible)


def _core(shape: Shape) -> dict[str, Any]:
    """The shape as a schema of pydantic's validator."""
    if isinstance(shape, Items):
        return {"type": "list", "strict": True, "items_schema": shape.item.core}
    if isinstance(shape, Named):
        return {"type": "dict", "keys_schema": {"type": "str"}, "values_schema": _core(shape.each)}
    if isinstance(shape, Value):
        return dict(shape.core)
    fields = {
        name: {"type": "typed-dict-field", "schema": _core(key.shape), "required": key.required}
        for name, key in shape.keys.items()
    }
    return {"type": "typed-dict", "fields": fields, "extra_behavior": "forbid"}


def _problem(root: Table, details: ErrorDetails) -> Problem:
    table, name = _split(details["loc"])
    if details["type"] == "extra_forbidden":
        unknown = str(details["loc"][-1])
        valid = suggestion(unknown, _names(_at(root, table)), what="valid keys")
        return Problem(table=table, text=f"unknown key {quoted(unknown)}; {valid}")
    shape = _at(root, details["loc"])
    if details["type"] == "missing":
        return Problem(table=table, text=f"{name} is missing; it must be {shape.expects}")
    text = f"{name} must be {shape.expects}{_fineness(details['type'], shape)}, got {_drawn(details['input'], shape)}"
    return Problem(table=table, text=text)


def _fineness(kind: str, shape: Shape) -> str:
    """The bounds that hold for every number and that only a number beyond them makes worth telling."""
    keywords = shape.json if isinstance(shape, Value) else {}
    if kind == "value_error" and keywords.get("type") == "number":
        return f" with at most {DECIMAL_PLACES} decimal places"
    return " and at most 1e15" if kind == "less_than_equal" and keywords.get("maximum") == LARGEST else ""


def _split(location: Path) -> tuple[tuple[str, ...], str]:
    """The table that a location is in, and the label of what it points at there: `tests[0]`, `output`."""
    table = [part for part in location if isinstance(part, str)]
    index = "".join(f"[{part}]" for part in location if isinstance(part, int))
    return tuple(table[:-1]), dotted(table[-1:]) + index


def _at(shape: Shape, path: Path) -> Shape:
    """The shape that a path leads to."""
    for part in path:
        if isinstance(shape, Table):
            shape = shape.keys[str(part)].shape
        elif isinstance(shape, Named):
            shape = shape.each
        elif isinstance(shape, Items):
            shape = shape.item
    return shape


def _names(shape: Shape) -> Iterator[str]:
    """The keys that a table may have, then those of the tables in it, as `budget.calls`."""
    keys = shape.keys if isinstance(shape, Table) else {}
    yield from keys
    for name, key in keys.items():
        if isinstance(key.shape, Table):
            yield from (f"{name}.{below}" for below in key.shape.keys)


def _drawn(value: object, shape: Shape) -> str:
    """The value that was given, as TOML writes it and cut to a readable length."""
    if isinstance(value, str):
        options = shape.core.get("expected", ()) if isinstance(shape, Value) else ()
        meant = nearest(value, options)
        return _cut(quoted(value)) + (f"; did you mean {quoted(meant)}?" if meant else "")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    # Python refuses to draw an integer of thousands of digits, and TOML can write one in hexadecimal.
    if isinstance(value, int) and abs(value) > LARGEST**2:
        return "a number of more than 30 digits"
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
