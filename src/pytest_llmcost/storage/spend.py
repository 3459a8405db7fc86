"""The spend counter of a run: one file to which every worker process appends what its calls cost."""

from __future__ import annotations

import os
import threading
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT

if TYPE_CHECKING:
    from pathlib import Path

_UNPRICED = "?"
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class SpendFile:
    """The calls of a run that reached a real socket, in US dollars, one short line each.

    Every process makes its own `SpendFile` of the same path on a local disk. Threads may share one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read = 0
        self._sum = Decimal(0)
        self._unpriced = False

    def add(self, amount: Decimal | None) -> None:
        """Append what one call cost, None for a call without a price. Raises OSError when the disk does not take it."""
        line = _UNPRICED if amount is None else str(amount)
        handle = os.open(self._path, _APPEND, 0o600)
        try:
            # One write to a file opened for appending: lines of several processes never mix.
            os.write(handle, f"{line}\n".encode("ascii"))
        finally:
            os.close(handle)

    def total(self) -> tuple[Decimal, bool]:
        """Return the sum over all processes in US dollars, and whether any call had no price.

        Reads only what was appended since the last look. Raises OSError when the file is there and cannot be read.
        """
        with self._lock:
            for line in self._fresh_lines():
                amount = _amount(line)
                if amount is None:
                    self._unpriced = True
                else:
                    self._sum = CONTEXT.add(self._sum, amount)
            return self._sum, self._unpriced

    def _fresh_lines(self) -> list[bytes]:
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._read)
                fresh = stream.read()
        except FileNotFoundError:
            return []
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.splitlines()


def _amount(line: bytes) -> Decimal | None:
    """Return the amount of one line, None for whatever is no amount: unknown is never 0."""
    try:
        amount = Decimal(line.decode("ascii"))
    except (InvalidOperation, UnicodeDecodeError):
        return None
    return amount if amount.is_finite() else None
