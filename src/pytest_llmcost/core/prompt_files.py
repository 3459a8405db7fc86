"""Prompt files: what they count as tokens, and which of them a limit holds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.assignment import claim
from pytest_llmcost.core.report import Use
from pytest_llmcost.core.settings import DEFAULT_MODEL
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_llmcost.core.settings import PromptLimit

KEY = "prompt_tokens"
"""Of the budget: named like `input_tokens` and `system_tokens`. The `max_` of the setting would read as a limit on what
a model answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """What a file was counted as. Nothing of its text is in it.

    Attributes:
        path: from the root of the project, with `/`; as typed where it lies outside.
        sha256: of its text with plain line ends, hexadecimal.
        model: whose tokens were counted.
        encoding: with which they were.
        tokens: the count; placeholders of a template count as they stand.
        upper: its bound; equal to it when the tokenizer is the model's own.
        source: `counted` or `scaled`.
    """

    path: str
    sha256: str
    model: str
    encoding: str
    tokens: int
    upper: int
    source: Provenance

    @property
    def is_exact(self) -> bool:
        """True when the model itself would count the same."""
        return self.source is Provenance.COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReport:
    """A file beside its limit and the baseline.

    Attributes:
        file: what it was counted as.
        limit: in tokens; None where no pattern holds it.
        pattern: the key of `[tool.llmcost.prompts]`; None as above.
        before: tokens in the baseline, counted in the same way; None for a file that is not in it.
    """

    file: PromptFile
    limit: int | None = None
    pattern: str | None = None
    before: int | None = None

    @property
    def use(self) -> Use | None:
        """How much of the limit is used, by the upper bound; None without a limit."""
        if self.limit is None:
            return None
        used, limit = Decimal(self.file.upper), Decimal(self.limit)
        return Use(key=KEY, limit=limit, actual=used, unit="tokens", location=f"{self.file.path}:1")

    @property
    def has_moved(self) -> bool:
        """Tell whether the baseline has another count."""
        return self.before not in (None, self.file.tokens)


def claims(path: str, limits: Iterable[PromptLimit]) -> tuple[PromptLimit, ...]:
    """Return the limits with the strongest claim to a file: none, one, or several of equal claim.

    A pattern claims as those of features do: a prefix that ends at a `/`, or a glob; the longest literal part wins.
    """
    strengths = [(found, one) for one in limits if (found := strength(one.pattern, path)) is not None]
    best = max((found for found, _ in strengths), default=None)
    return tuple(one for found, one in strengths if found == best)


def strength(pattern: str, path: str) -> int | None:
    """Return how many literal characters of a pattern match a path; None when it does not match.

    `*` stands for folders too, and `**/` also for none, as in other globs: a file must not escape its limit for that.
    """
    return claim(pattern.replace("**/", "*"), path)


def model_of(limit: PromptLimit) -> str:
    """Return whose tokens a limit is about."""
    return limit.model or DEFAULT_MODEL


def measured(
    files: Iterable[PromptFile], limits: Sequence[PromptLimit], known: Mapping[str, PromptFile]
) -> tuple[PromptReport, ...]:
    """Hold each file against its limit and its size in the baseline (`known`, by path)."""
    return tuple(beside(one, claims(one.path, limits), known.get(one.path)) for one in files)


def beside(file: PromptFile, holding: Sequence[PromptLimit], old: PromptFile | None = None) -> PromptReport:
    """Put a file beside the limits with the strongest claim to it: one that is alone and about its model holds it."""
    limit = holding[0] if len(holding) == 1 and model_of(holding[0]) == file.model else None
    return PromptReport(
        file=file,
        limit=limit.max_tokens if limit else None,
        pattern=limit.pattern if limit else None,
        before=old.tokens if old is not None and old.model == file.model else None,
    )


def held(prompts: Iterable[PromptReport]) -> dict[str, PromptFile]:
    """Return the files that a limit holds, by path."""
    return {one.file.path: one.file for one in prompts if one.limit is not None}


def merged(runs: Iterable[Iterable[PromptFile]]) -> tuple[PromptFile, ...]:
    """Put the counts of several runs together: each file once for each model, the largest where they disagree."""
    found: dict[tuple[str, str], PromptFile] = {}
    for one in sorted((file for files in runs for file in files), key=_size):
        found[one.path, one.model] = one
    return tuple(found[key] for key in sorted(found))


def _size(file: PromptFile) -> tuple[int, int, str, str, str]:
    return file.upper, file.tokens, file.sha256, file.encoding, file.source
