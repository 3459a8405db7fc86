"""The prompt files of a run file: what each was counted as, its limit, and its size in the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import line, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.prompt_files import PromptFile, PromptReport


def prompt_files(prompts: Iterable[PromptReport]) -> Iterator[str]:
    """Yield the section `prompt_files`."""
    yield from rows("prompt_files", (line(_row(one)) for one in prompts))


def _row(one: PromptReport) -> dict[str, object]:
    return {**counted_row(one.file), "pattern": one.pattern, "max_tokens": one.limit, "tokens_before": one.before}


def counted_row(file: PromptFile) -> dict[str, object]:
    """Return what a file was counted as."""
    return {
        "path": file.path,
        "sha256": file.sha256,
        "model": file.model,
        "encoding": file.encoding,
        "tokens": file.tokens,
        "tokens_upper": file.upper,
        "source": file.source.value,
    }
