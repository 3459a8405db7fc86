"""The header of a baseline file: what its figures rest on, checked by hand as its rows are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pytest_llmcost.core.baseline import Header
from pytest_llmcost.core.production_row import production
from pytest_llmcost.core.prompt_files import PromptFile
from pytest_llmcost.core.usage import Provenance
from pytest_llmcost.storage.row_values import WrongRowError, count, decimal, new, one_of, text, texts, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_llmcost.core.production import Production

_Value = TypeVar("_Value")

_PROVENANCES = {str(provenance): provenance for provenance in Provenance}


def read_header(document: Mapping[str, object]) -> Header:
    """Return the header. Raises WrongRowError."""
    table = document.get("header")
    if not isinstance(table, dict):
        raise WrongRowError("the section 'header' is missing")
    single = ("plugin_version", "commit", "price_book", "prices_as_of", "estimator")
    if any(not isinstance(table.get(name), str) for name in single if name != "commit" or table.get(name) is not None):
        raise WrongRowError(f"one of {', '.join(single)} in the header is no text")
    prompts = _pairs(table, "prompts", _prompt) if "prompts" in table else {}
    return Header(
        **{name: table[name] for name in single if name in table},
        requests_per_month=_pairs(table, "requests_per_month", decimal),
        scenarios=_pairs(table, "scenarios", texts),
        overheads=_pairs(table, "overheads", decimal),
        production=_pairs(table, "production", _production) if "production" in table else {},
        models=_pairs(table, "models", text),
        prompts={path: replace(one, path=path) for path, one in prompts.items()},
    )


def _production(row: object) -> Production:
    try:
        return production(row)
    except ValueError as problem:
        raise WrongRowError(f"is nothing that a configuration can declare: {problem}") from None


def _prompt(row: object) -> PromptFile:
    """Read what a prompt file was counted as; its path stands before it."""
    match row:
        case [digest, model, encoding, tokens, upper, source]:
            return PromptFile(
                path="",
                sha256=text(digest),
                model=text(model),
                encoding=text(encoding),
                tokens=count(tokens),
                upper=count(upper),
                source=one_of(_PROVENANCES, source),
            )
    raise WrongRowError("has something else where the 6 fields of a prompt file must stand")


def _pairs(header: Mapping[str, object], section: str, read: Callable[[object], _Value]) -> dict[str, _Value]:
    found: dict[str, _Value] = {}

    def take(row: list[object]) -> None:
        name, value = row
        found[new(name, found)] = read(value)

    walk(header, section, (2,), take)
    return found
