"""Options: what was typed on the command line, checked and frozen."""

from __future__ import annotations

import difflib
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DEFAULT_PATHS = {"json": "llmcost.json", "markdown": "llmcost.md", "html": "llmcost.html"}
TYPES = ("term", "term-tests", "term-calls", *DEFAULT_PATHS, "none")


class Options(NamedTuple):
    """The `--llmcost-*` options.

    Attributes:
        terminal: `term`, `term-tests` or `term-calls`; None draws nothing.
        files: (type, path) of each report file.
        max_spend: US dollars; None for no limit.
        explicit_baseline: as typed; None for the default.
        explain: features whose month is to be unfolded.
        shard: `2/4` where pytest-split runs the second of four groups; empty without it.
    """

    terminal: str | None = "term"
    files: tuple[tuple[str, Path], ...] = ()
    max_spend: Decimal | None = None
    explicit_baseline: str | None = None
    record_only: bool = False
    update_baseline: bool = False
    scenario: str | None = None
    config: Path | None = None
    explain: tuple[str, ...] = ()
    shard: str = ""


def read(config: pytest.Config) -> Options:
    """Read the options; ConfigurationError with one line per problem."""
    problems: list[str] = []
    texts = [] if hasattr(config, "workerinput") else config.getoption("llmcost_report") or []
    terminal, files = _reports(texts, config.invocation_params.dir, problems)
    max_spend = _dollars(config.getoption("llmcost_max_spend"), problems)
    path = config.getoption("llmcost_config")
    if problems:
        raise ConfigurationError(*problems)
    return Options(
        terminal=terminal,
        files=tuple(files),
        max_spend=max_spend,
        explicit_baseline=config.getoption("llmcost_baseline"),
        record_only=config.getoption("llmcost_record_only"),
        update_baseline=config.getoption("llmcost_update_baseline"),
        scenario=config.getoption("llmcost_scenario"),
        config=None if path is None else config.invocation_params.dir / path,
        explain=tuple(dict.fromkeys(config.getoption("llmcost_explain") or ())),
        shard=_shard(config),
    )


def _shard(config: pytest.Config) -> str:
    """Read which group of the tests pytest-split runs."""
    group, groups = config.getoption("group", None), config.getoption("splits", None)
    is_split = type(group) is int and type(groups) is int and groups > 1
    return f"{group}/{groups}" if is_split else ""


def _reports(texts: list[str], folder: Path, problems: list[str]) -> tuple[str | None, list[tuple[str, Path]]]:
    terminal: str | None = None if "none" in texts else "term"
    files = []
    for text in texts:
        kind, _, path = text.partition(":")
        if kind not in TYPES:
            near = difflib.get_close_matches(kind, TYPES, 1)
            hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(TYPES)}"
            problems.append(f"--llmcost-report={text}: there is no report type {kind!r}; {hint}")
        elif kind in DEFAULT_PATHS:
            from pytest_llmcost.storage.run_file import writable

            target = folder / (path or DEFAULT_PATHS[kind])
            reason = writable(target)
            problems += [f"--llmcost-report={text}: {reason}"] if reason else []
            files.append((kind, target))
        elif path:
            problems.append(f"--llmcost-report={text}: {kind} goes to the terminal and takes no path")
        elif kind != "none":
            terminal = kind
    return terminal, files


def _dollars(text: str | None, problems: list[str]) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        problems.append(f"--llmcost-max-spend={text}: give US dollars as a number of 0 or more, such as 2.50")
    return amount
