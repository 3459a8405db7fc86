"""Run files: what one run saw and found, as JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage.atomic import obstacle, reason, replacing
from pytest_llmcost.storage.call_rows import CallRows, cut
from pytest_llmcost.storage.document import Kind, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT = "pytest-llmcost/run"

KIND = Kind(
    format=FORMAT,
    noun="a run file",
    renew="write a new one with pytest --llmcost --llmcost-report=json",
    error=RunFileError,
)


def write(path: Path, chunks: Iterable[str]) -> None:
    """Write a report piece by piece; the file appears whole or not at all, and missing folders are made.

    Raises RunFileError when it cannot be written. What `chunks` raises passes through, and the old file stays.
    """
    pieces = iter(chunks)
    try:
        with replacing(path) as stream:
            stream.writelines(pieces)
    except OSError as error:
        raise RunFileError(f"{path} cannot be written ({reason(error)}): choose another path for the report") from None


def writable(path: Path) -> str | None:
    """Say in one phrase why a report cannot be written to `path`, None when it can. Leaves no file behind."""
    return obstacle(path)


def read(path: Path) -> dict[str, object]:
    """Return the run file as parsed JSON, its format and version checked; only run_report reads its calls.

    Raises RunFileError, one sentence with the fix.
    """
    return loads(content(path), source=str(path))


def content(path: Path) -> bytes:
    """Return the bytes of a run file. Raises RunFileError when they cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise RunFileError(f"{path} does not exist: {KIND.renew}") from None
    except (OSError, ValueError) as error:
        raise RunFileError(f"{path} cannot be read ({reason(error)}): {KIND.renew}") from None


def loads(text: bytes, *, source: str) -> dict[str, object]:
    """Return the run file that `text` is, as `read` does.

    All but the rows of calls is parsed; those, in our own layout, are read one by one when they are asked for.
    """
    rest = cut(text)
    if rest is not None:
        try:
            document = parse(rest[0], source=source, kind=KIND)
        except RunFileError:
            return parse(text, source=source, kind=KIND)  # tells the line, or reads what only looked like our layout
        if document.get("calls") == []:
            return document | {"calls": CallRows(text, *rest[1], partial(_calls, text, source))}
    return parse(text, source=source, kind=KIND)


def _calls(text: bytes, source: str) -> object:
    return parse(text, source=source, kind=KIND).get("calls")
