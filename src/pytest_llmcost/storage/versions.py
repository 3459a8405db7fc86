"""Versions: many versions of one baseline file that differ by few lines, each distinct row decoded once.

A version is put together from rows that another one had; only new rows, and rows that refer to new ones, are decoded,
by the reader of the whole file. Whatever is not laid out as `baseline.dumps` does, and whatever that reader refuses,
is read as a whole, so that a version gives the same baseline, or the same error, as `baseline.loads`.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_llmcost.core.baseline import Baseline
from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage import baseline, document
from pytest_llmcost.storage.baseline_header import read_header
from pytest_llmcost.storage.baseline_rows import Rows, read_rows
from pytest_llmcost.storage.row_values import WrongRowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_llmcost.core.baseline import Header

_SECTIONS = ("accepted", "pieces", "blocks", "calls", "tests")
_BEFORE = {"blocks": "pieces", "calls": "blocks", "tests": "calls"}
"""Section -> the section that its rows refer to."""

_HEAD_KEYS = {"format", "version", "header", "accepted"}


class _DoubtError(Exception):
    """This version has to be read as a whole."""


class _Layout(NamedTuple):
    """A file taken apart: what stands before the sections, and the text of each row."""

    head: str
    rows: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that was decoded.

    Attributes:
        name: what other rows call it.
        rests_on: the texts of the rows that it refers to, as they were when it was decoded.
        value: what it stands for.
    """

    name: str
    rests_on: frozenset[str]
    value: Any


class Versions:
    """Reads versions of one file. Values that versions share are the same objects."""

    def __init__(self) -> None:
        self._headers: dict[str, Header] = {}
        self._rows: dict[str, dict[str, _Row]] = {section: {} for section in _SECTIONS}

    def read(self, data: bytes, *, source: str) -> Baseline:
        """Return the baseline of one version. Raises BaselineError, as `baseline.loads` does."""
        try:
            return self._put_together(_layout(data), source)
        except (_DoubtError, WrongRowError, BaselineError, ValueError, RecursionError):
            return baseline.loads(data, source=source)

    def _put_together(self, layout: _Layout, source: str) -> Baseline:
        header = self._header(layout.head, source)
        stale = self._stale(layout.rows)
        if any(stale.values()):
            self._learn(stale, layout.rows)
        found = {section: [self._rows[section][text] for text in layout.rows[section]] for section in _SECTIONS}
        for section in _SECTIONS[1:]:
            if len({row.name for row in found[section]}) < len(found[section]):
                raise _DoubtError
        return Baseline(
            header=header,
            tests={row.name: row.value for row in found["tests"]},
            accepted=tuple(sorted((row.value for row in found["accepted"]), key=attrgetter("on"))),
            source=source,
        )

    def _header(self, head: str, source: str) -> Header:
        known = self._headers.get(head)
        if known is None:
            found = document.parse(f'{head}\n"accepted": []\n}}', source=source, kind=baseline.KIND)
            if found.keys() != _HEAD_KEYS:
                raise _DoubtError
            known = self._headers[head] = read_header(found)
        return known

    def _stale(self, rows: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Return the rows that nobody has decoded yet, or that rest on a row that is not there any more."""
        stale: dict[str, list[str]] = {}
        usable: set[str] = set()
        for section in _SECTIONS:
            known = self._rows[section].get
            present = set(rows[section])
            if len(present) < len(rows[section]):
                raise _DoubtError
            stale[section] = [
                text for text in rows[section] if (row := known(text)) is None or not row.rests_on <= usable
            ]
            usable = present.difference(stale[section])
        return stale

    def _learn(self, stale: Mapping[str, list[str]], rows: Mapping[str, list[str]]) -> None:
        """Decode rows, with the rows at hand that they refer to."""
        parsed = {section: [_parsed(text, section) for text in texts] for section, texts in stale.items()}
        refers = {section: [_refers(row, section) for row in parsed[section]] for section in _SECTIONS}
        texts = {section: self._named(section, rows[section], stale, parsed) for section in _BEFORE.values()}
        known = Rows()
        needed = {section: list(rows) for section, rows in parsed.items()}
        for section in reversed(_BEFORE):
            before = _BEFORE[section]
            unlearned = set(stale[before])
            for name in {name for row in needed[section] for name in _refers(row, section)}:
                text = texts[before].get(name)
                if text is None:
                    raise _DoubtError
                if text not in unlearned:
                    _lend(known, needed, before, self._rows[before][text])
        read_rows(needed, known)
        for section in _SECTIONS:
            values = _values(known, section, parsed[section])
            for text, row, names, value in zip(stale[section], parsed[section], refers[section], values, strict=True):
                rests_on = frozenset(texts[_BEFORE[section]][name] for name in names) if names else frozenset()
                self._rows[section][text] = _Row(str(row[0]), rests_on, value)

    def _named(
        self, section: str, texts: Iterable[str], stale: Mapping[str, list[str]], parsed: Mapping[str, list[list[Any]]]
    ) -> dict[str, str]:
        """Return the text of each row of a section by its name."""
        new = {text: str(row[0]) for text, row in zip(stale[section], parsed[section], strict=True)}
        known = self._rows[section]
        return {new[text] if text in new else known[text].name: text for text in texts}


def _layout(data: bytes) -> _Layout:
    """Take a file apart at the lines that every baseline has; _DoubtError where they are not as we write them."""
    head, found, rest = data.decode("utf-8").partition(f'\n"{_SECTIONS[0]}": [\n')
    rows: dict[str, list[str]] = {}
    for section, following in zip(_SECTIONS, (*_SECTIONS[1:], None), strict=True):
        end = f'[]\n],\n"{following}": [\n' if following else "[]\n]\n}\n"
        body, found, rest = rest.partition(end)
        if not found or (body and not body.endswith(",\n")):
            raise _DoubtError
        rows[section] = body[:-2].split(",\n") if body else []
    if rest:
        raise _DoubtError
    return _Layout(head, rows)


def _parsed(text: str, section: str) -> list[Any]:
    row = document.row(text)
    if not isinstance(row, list) or not row or (section != "accepted" and not isinstance(row[0], str)):
        raise _DoubtError
    return row


def _refers(row: list[Any], section: str) -> tuple[str, ...]:
    """Return the names that a row refers to, each once; the reader of rows looks at everything else."""
    try:
        if section == "blocks":
            names: list[Any] = row[2] if len(row) > 2 else []  # noqa: PLR2004 - the third field is the pieces
        elif section == "calls":
            names = [block[1] for block in row[6]]
        else:
            names = row[3] if section == "tests" else []
        return tuple(dict.fromkeys(names))
    except (IndexError, TypeError, KeyError):
        raise _DoubtError from None


def _lend(known: Rows, needed: dict[str, list[list[Any]]], section: str, row: _Row) -> None:
    """Put a row that is decoded among those that others may refer to; a block is read again, which costs little."""
    if section == "pieces":
        known.pieces[row.name] = row.value
    elif section == "calls":
        known.profiles[row.name] = row.value
    else:
        needed[section].append(row.value)


def _values(rows: Rows, section: str, parsed: list[list[Any]]) -> Iterator[Any]:
    """Yield what the parsed rows of a section stand for; a block's is its row, for only calls are made of blocks."""
    if section == "accepted":
        yield from rows.accepted
    elif section == "blocks":
        yield from parsed
    else:
        tables: dict[str, Mapping[str, Any]] = {"pieces": rows.pieces, "calls": rows.profiles, "tests": rows.tests}
        yield from (tables[section][row[0]] for row in parsed)
