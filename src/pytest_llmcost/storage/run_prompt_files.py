"""The prompt files of a run file read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt_files import PromptFile, PromptReport
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from pytest_llmcost.storage.run_row import Row

KEY = "prompt_files"

_SHA256 = re.compile("[0-9a-f]{64}", re.ASCII)


def prompt_reports(file: Row) -> tuple[PromptReport, ...]:
    """Return the prompt files with their limits; none for a file of a version that had none of them."""
    return tuple(map(_report, file.rows(KEY))) if KEY in file.values else ()


def prompt_files(file: Row) -> tuple[PromptFile, ...]:
    """Return what the files were counted as, and nothing that was judged."""
    return tuple(map(_file, file.rows(KEY))) if KEY in file.values else ()


def _report(row: Row) -> PromptReport:
    return PromptReport(
        file=_file(row),
        limit=row.maybe(row.count, "max_tokens"),
        pattern=row.maybe(row.text, "pattern"),
        before=row.maybe(row.count, "tokens_before"),
    )


def _file(row: Row) -> PromptFile:
    tokens, upper, digest = row.count("tokens"), row.count("tokens_upper"), row.text("sha256")
    if upper < tokens:
        raise row.wrong("tokens_upper", "at least as large as tokens")
    if not _SHA256.fullmatch(digest):
        raise row.wrong("sha256", "a SHA-256 in hexadecimal")
    return PromptFile(
        path=row.text("path"),
        sha256=digest,
        model=row.text("model"),
        encoding=row.text("encoding"),
        tokens=tokens,
        upper=upper,
        source=row.choice("source", Provenance),
    )
