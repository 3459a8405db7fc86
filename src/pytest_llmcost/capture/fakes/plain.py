"""Objects as JSON: what a test hands to a fake, and what it lets the fake give back."""

from __future__ import annotations

import base64
import json
import sys
from enum import Enum
from typing import Any

_MOST_OBJECTS = 50_000
"""How many objects that JSON does not know are looked into: a test's own objects may hold the world."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""For what is JSON already, as most arguments are."""
_PRIVATE = ("_", "method_calls")


def encoded(value: Any) -> bytes | None:
    """Return a value as JSON; None when it goes in circles or nests too deeply. What has no form in JSON is null."""
    try:
        return _ENCODER.encode(value).encode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError):
        return _encoded(value)


def _encoded(value: Any) -> bytes | None:
    left = _MOST_OBJECTS

    def opened(item: Any) -> Any:
        nonlocal left
        left -= 1
        return _opened(item) if left >= 0 else None

    try:
        text = json.dumps(value, default=opened, skipkeys=True, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None
    return text.encode("utf-8", "replace")


def is_mock(value: Any) -> bool:
    """Tell whether this is a mock of `unittest.mock`, whatever class it pretends to be of."""
    return "_mock_children" in fields(value)


def fields(value: Any) -> dict[str, Any]:
    """Return what an object holds, without asking it: a mock would make up, and remember, what it is asked for."""
    try:
        held: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return held


def returned(mock: Any) -> Any:
    """Return what a test lets a mock give back; None when it says nothing, or is no mock."""
    value = fields(mock).get("_mock_return_value")
    return None if value is getattr(sys.modules.get(type(mock).__module__), "DEFAULT", None) else value


def made_of(mock: Any) -> dict[str, Any]:
    """Return the attributes that a test gave a mock, those that came about by asking included."""
    held = fields(mock)
    own = {name: value for name, value in held.items() if not name.startswith(_PRIVATE)}
    return {**held["_mock_children"], **own}


def _opened(item: Any) -> Any:
    kind = type(item)
    if is_mock(item):
        return _opened_mock(item)
    if hasattr(kind, "model_dump"):
        try:
            return item.model_dump(mode="json", by_alias=True, warnings=False)
        except Exception:  # a field that is of another type than it says, such as a mock
            return _public(item)
    if isinstance(item, Enum):
        return item.value
    if isinstance(item, bytes | bytearray):
        return base64.b64encode(item).decode()
    return None if isinstance(item, type) or callable(item) else _public(item)


def _opened_mock(mock: Any) -> Any:
    made = made_of(mock)
    item = made.get("__getitem__")
    if item is not None and is_mock(item) and (first := returned(item)) is not None:
        return [first]  # `mock.choices[0].message`: whatever the index, it is this one
    return {name: value for name, value in made.items() if not name.startswith("__")} or None


def _public(item: Any) -> Any:
    return {name: value for name, value in fields(item).items() if not name.startswith("_")} or None
