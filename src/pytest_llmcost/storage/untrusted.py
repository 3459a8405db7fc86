"""A run file that nobody has to trust: read more strictly than our own, and only what was recorded is taken from it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage import document, run_file, run_report
from pytest_llmcost.storage.artifact import LARGEST
from pytest_llmcost.storage.run_row import LARGEST as LARGEST_COUNT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.run import Run

TAKEN = (
    *("format", "version", "created_at", "plugin_version", "git", "calls", "prompts", "blocks", "pieces", "session"),
    "prompt_files",
)
"""Keys at the top that are read: what was recorded. Whatever was judged or priced is dropped."""

_DROPPED = (
    "prices",
    "verdict",
    "totals",
    "tests",
    "features",
    "scenarios",
    "findings",
    "comparison",
    "advice",
    "calibration",
    "outlook",
)
_KNOWN = frozenset({*TAKEN, *_DROPPED, "config", "texts"})

DEEPEST = 8
"""Objects and lists within each other: our own files have 6."""
LONGEST_NAME = 1_000
"""Characters of a test's, a model's or a file's name."""
LONGEST_SENTENCE = 4_000
_SENTENCES = frozenset({"message", "price_note", "no_comparison", "detail", "before", "after", "note", "how"})
MOST = {
    "calls": 30_000,
    "tests": 100_000,
    "missing": 100_000,
    "searched": 100_000,
    "gone": 100_000,
    "findings": 10_000,
    "blocks": 10_000,
    "tools_called": 1_000,
    "parts": 1_000,
    "calibration": 1_000,
    "turns": 100_000,
    "prompt_files": 10_000,
}
"""Entries of a list by its key: a suite has many more tests than those that call a model."""
MOST_GRAINS = 2_000_000
"""Blocks and paragraphs of all calls together. A prompt is written once however many calls share it, so that a small
file could stand for endless work."""
MOST_PRODUCTS = 200
"""Different models in one run."""

_SIGNED = frozenset({"stale_by"})
_FINGERPRINT = re.compile(r"[\w:.-]{0,80}", re.ASCII)
"""Empty for a call that no request was seen of: `llmcost.record()`."""
_PLAIN_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|<!--\s*pytest-llmcost", re.IGNORECASE)


class _WrongError(Exception):
    """What is wrong with a value. Whoever holds it adds the step that leads there."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.steps: list[str] = []


def recorded(text: bytes, *, source: str) -> Run:
    """Return what a run file from outside has recorded, with bounds on all that it may ask of us.

    Raises:
        RunFileError: one line, which names the place and never repeats what stands there.
    """
    found = run_report.run(checked(text, source=source))
    _bound(found, source)
    return replace(found, calls=tuple(map(_unpriced, found.calls)))


def _unpriced(call: Call) -> Call:
    """Leave out the cost of a call and the phrase that is drawn with it: neither is for others to choose."""
    is_plain = call.note is None and call.stated_usd is None
    return call if is_plain else replace(call, note=None, stated_usd=None)


def checked(text: bytes, *, source: str) -> dict[str, object]:
    """Return the keys TAKEN of a run file from outside; the values of our own readers are still to be read from them.

    Every value is looked at, also of what is dropped; only `texts` are not, which hold whole prompts.

    Raises:
        RunFileError: as `recorded` does.
    """
    if len(text) > LARGEST:
        raise _refused(source, f"it has {len(text):,} bytes, and {LARGEST:,} are the most")
    found = _parsed(text, source)
    if not isinstance(found, dict):
        raise _refused(source, "it is no JSON object")
    found.pop("texts", None)
    try:
        _look(found, "", DEEPEST)
        _look_at_names(found)
    except _WrongError as wrong:
        place = "".join(reversed(wrong.steps)).removeprefix(".")
        raise _refused(source, f"{place} {wrong.reason}") from None
    document.headed(found, source=source, kind=run_file.KIND)
    return {key: value for key, value in found.items() if key in TAKEN}


def _parsed(text: bytes, source: str) -> object:
    try:
        return json.loads(text.decode(), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise _refused(source, f"it is not UTF-8 text, byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise _refused(source, f"it is not JSON, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _refused(source, "it is nested too deeply") from None
    except _WrongError as wrong:
        raise _refused(source, wrong.reason) from None
    except ValueError:
        raise _refused(source, "it holds a number of thousands of digits") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _WrongError("a key stands twice in one object")
    return found


def _look(value: object, key: str, depth: int) -> None:
    """Look at a value and at all in it; `key` is the one that leads to it, also through a list."""
    match value:
        case str():
            _look_at_text(value, LONGEST_SENTENCE if key in _SENTENCES else LONGEST_NAME)
        case bool():
            pass
        case int() | float():
            _look_at_number(value, key)
        case list():
            if len(value) > MOST.get(key, LARGEST):
                raise _WrongError(f"has {len(value):,} entries, and {MOST[key]:,} are the most")
            _look_into(((f"[{place}]", key, one) for place, one in enumerate(value)), depth)
        case dict():
            for name in value:
                _look_at_key(name)
            _look_into(((_step(name), name, one) for name, one in value.items()), depth)


def _look_into(entries: Iterable[tuple[str, str, object]], depth: int) -> None:
    """Look at entries: the step to each, its key and its value."""
    if not depth:
        raise _WrongError("is nested too deeply")
    for step, key, value in entries:
        try:
            _look(value, key, depth - 1)
        except _WrongError as wrong:
            wrong.steps.append(step)
            raise


def _look_at_key(name: str) -> None:
    try:
        _look_at_text(name, LONGEST_NAME)
    except _WrongError as wrong:
        wrong.steps.append(_step(name))
        raise


def _step(name: str) -> str:
    """Return a key as a step of a place: our own words as they stand, whatever else there may be as a star."""
    return f".{name}" if _PLAIN_KEY.fullmatch(name) else ".*"


def _look_at_text(text: str, longest: int) -> None:
    if len(text) > longest:
        raise _WrongError(f"has {len(text):,} characters, and {longest:,} are the most")
    if found := _FORBIDDEN.search(text):
        is_marker = len(found[0]) > 1
        raise _WrongError("holds the marker of our comments" if is_marker else "holds a control character")


def _look_at_number(number: float, key: str) -> None:
    if type(number) is float and not math.isfinite(number):
        raise _WrongError("is no finite number")
    if abs(number) > LARGEST_COUNT or (number < 0 and key not in _SIGNED):
        raise _WrongError("is a number out of range")


def _look_at_names(found: dict[str, object]) -> None:
    """Look at what only a run file has: its keys at the top, and the names of prompts and their parts."""
    unknown = next((key for key in found if key not in _KNOWN), None)
    if unknown is not None:
        wrong = _WrongError("is a key that this version does not know")
        wrong.steps.append(_step(unknown))
        raise wrong
    for section in ("prompts", "blocks", "pieces"):
        names = found.get(section)
        if isinstance(names, dict) and not all(map(_FINGERPRINT.fullmatch, names)):
            wrong = _WrongError("has a name that is no fingerprint")
            wrong.steps.append(_step(section))
            raise wrong


def _bound(run: Run, source: str) -> None:
    sizes: dict[int, int] = {}
    grains = 0
    for call in run.calls:
        blocks, usage = call.profile.blocks, call.profile.usage
        size = sizes.get(id(blocks))
        if size is None:
            size = sizes[id(blocks)] = sum(len(block.pieces) or 1 for block in blocks)
        grains += size
        if (usage.reasoning_tokens or 0) > usage.output_tokens:
            raise _refused(source, "a call has more reasoning tokens than output tokens")
    if grains > MOST_GRAINS:
        raise _refused(source, f"its prompts have {grains:,} parts, and {MOST_GRAINS:,} are the most")
    products = len({call.profile.product for call in run.calls})
    if products > MOST_PRODUCTS:
        raise _refused(source, f"it calls {products:,} models, and {MOST_PRODUCTS:,} are the most")


def _refused(source: str, reason: str) -> RunFileError:
    return RunFileError(f"{source} is refused ({reason}): write it anew with pytest --llmcost --llmcost-report=json")
