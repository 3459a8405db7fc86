"""The folder through which processes that tests start tell of their calls; no text of a prompt is ever in it."""

from __future__ import annotations

import json
import os
import pickle
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.capture.owner import OUTSIDE, Owner

if TYPE_CHECKING:
    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.process.spend import Terms

VARIABLE = "PYTEST_LLMCOST_CHILD"
"""In the environment of a process that a test starts: the folder, the project's root, the judges and the starter."""
HIDDEN = "PYTEST_LLMCOST_HIDDEN"
"""Beside it where a test gave its process an environment without it: that process takes both out of what it sees."""
STARTUP = str(Path(__file__).parent / "startup")
"""The folder from which a new Python begins to record."""
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_SIZE, _SUM = 4, 4
_ENDING = ".calls"


class Told(NamedTuple):
    """What a process tells at a time: a call that has ended, bugs of ours, and what it has noticed."""

    at: float
    call: Call | None
    faults: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class Folder:
    """One per process that runs tests; each process that it starts appends to a file of its own.

    A process that is killed loses what it has not told yet: the call that it was making.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[Path, int] = {}

    def tell(self, call: Call | None, faults: tuple[str, ...] = (), findings: tuple[Finding, ...] = ()) -> None:
        """Append one message of this process. Raises OSError when the run is over and the folder gone."""
        body = pickle.dumps(Told(time.time(), call, faults, findings))
        head = len(body).to_bytes(_SIZE, "big") + zlib.crc32(body).to_bytes(_SUM, "big")
        handle = os.open(self.path / f"{os.getpid()}{_ENDING}", _APPEND, 0o600)
        try:
            os.write(handle, head + body)  # one write: a process of the same number elsewhere cannot come between
        finally:
            os.close(handle)

    def heard(self) -> list[Told]:
        """Return what was told since the last time, in order of time."""
        told: list[Told] = []
        for file in self._files():
            told += self._fresh(file)
        return sorted(told, key=lambda one: one.at)

    def has_news(self) -> bool:
        """Tell whether `heard()` may have something to return."""
        return any(file.stat().st_size > self._read.get(file, 0) for file in self._files())

    def _files(self) -> list[Path]:
        return sorted(self.path.glob(f"*{_ENDING}"))

    def _fresh(self, file: Path) -> list[Told]:
        start = self._read.get(file, 0)
        with file.open("rb") as stream:
            stream.seek(start)
            fresh = stream.read()
        told, position = [], 0
        while (body := _message(fresh, position)) is not None:
            told.append(pickle.loads(body))  # noqa: S301 - written by processes of this run, in a folder of our own
            position += _SIZE + _SUM + len(body)
        self._read[file] = start + position
        return told

    def set_terms(self, terms: Terms) -> None:
        """Say what the run may spend."""
        fresh = self.path / "terms.new"
        own = {"models": dict(terms.models), "prices": dict(terms.prices), "discounts": dict(terms.discounts)}
        fresh.write_bytes(pickle.dumps(terms._replace(**own)))  # type: ignore[arg-type] # the fields have these names
        fresh.replace(self.path / "terms")

    def terms(self) -> Terms | None:
        """Return what the run may spend; None for no limit."""
        try:
            terms: Terms = pickle.loads((self.path / "terms").read_bytes())  # noqa: S301 - as above
        except FileNotFoundError:
            return None
        return terms

    def set_active(self, owner: Owner) -> None:
        """Say which test runs now."""
        fresh = self.path / "now.new"
        fresh.write_text(json.dumps([owner.test, owner.phase, owner.attempt]), encoding="utf-8")
        fresh.replace(self.path / "now")

    def active(self) -> Owner:
        """Return which test runs now."""
        with suppress(OSError, ValueError):
            return Owner(*json.loads((self.path / "now").read_text(encoding="utf-8")))
        return OUTSIDE


def _message(text: bytes, position: int) -> bytes | None:
    """Return the whole message that begins at a position; None where there is none, or not all of it yet."""
    start = position + _SIZE + _SUM
    size = int.from_bytes(text[position : position + _SIZE], "big")
    body = text[start : start + size]
    is_whole = len(text) >= start + size and start <= len(text)
    whole = is_whole and zlib.crc32(body) == int.from_bytes(text[position + _SIZE : start], "big")
    return body if whole and size else None
