"""`llmcost log`: the baseline's history in git, commit by commit, repriced at one book."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.cli.drawing import FORMATS, in_term, root, width
from pytest_llmcost.cli.output import add_output, emit
from pytest_llmcost.errors import BaselineError, ConfigurationError, LlmCostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.core.history import History, Step, Version
    from pytest_llmcost.core.lineage import Commit
    from pytest_llmcost.core.repricing import Repricer
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.pricing import PriceBook
    from pytest_llmcost.storage.git_history import FileHistory

_ABOUT = """\
Newest first, each commit that touched the baseline: what a month costs by it, the change, the main cause, the subject.
All versions are priced at one book, that of today or of `prices_as_of` in the configuration, each with the traffic
that it declares; a version without traffic shows what one run of its tests costs.

A commit is compared with its parent. A merge that took the baseline of one side is not listed; one that did not is
compared with the changes of all its sides put together, so that a raise made on a branch is told once, by the commit
that made it. With --first-parent only the mainline is shown, and a merge has the change that it brought. A version that
cannot be read is told, and the next one is compared with the last that could be. Renames of the file are followed.
"""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--feature", metavar="NAME", help="only this feature, and the commits that changed its figure")
    parser.add_argument(
        "--since",
        metavar="DATE|REF",
        help="commits authored on this day (2026-11-01) or later, or not held by this ref",
    )
    parser.add_argument("-n", "--max-count", type=_count, metavar="NUMBER", help="at most so many commits")
    parser.add_argument(
        "--first-parent", action="store_true", help="only the mainline: merges instead of their commits"
    )
    parser.add_argument("--scenario", metavar="NAME", help="project under this scenario instead of the configured one")
    parser.add_argument(
        "--config", type=Path, metavar="PATH", help="read [tool.llmcost] from this TOML file instead of pyproject.toml"
    )
    parser.add_argument("--format", choices=FORMATS, default="term", help="term (default), json or markdown")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Draw the history; the status is always 0."""
    from pytest_llmcost import config
    from pytest_llmcost.storage.git_history import file_history
    from pytest_llmcost.storage.sources import DEFAULT_NAME

    here = root()
    settings = config.load(options.config, here)
    scenario = _scenario(settings, options.scenario)
    name = settings.baseline or DEFAULT_NAME
    found = file_history(name, root=here, first_parent=options.first_parent)
    emit(_drawn(_history(found, (settings, scenario), here, options), options), options.output)
    return 0


def _history(
    found: FileHistory, projected: tuple[Settings, Scenario], here: Path, options: argparse.Namespace
) -> History:
    from pytest_llmcost.core.discount import in_force
    from pytest_llmcost.core.history import History
    from pytest_llmcost.core.repricing import Repricer

    settings, scenario = projected
    book = _book(settings)
    repricer = Repricer(scenario, book, feature=options.feature)
    return History(
        source=settings.baseline or found.names[0].rpartition("/")[2],
        steps=_steps(found, _shown(found, options.since, here), (repricer, here), options.max_count),
        prices=book.prices,
        scenario=scenario.name,
        feature=options.feature,
        is_shallow=bool(found.ends),
        discounts=in_force(settings.discounts, str(book.as_of)),
        currency=settings.currency,
    )


def _steps(
    found: FileHistory, shown: list[Commit], priced: tuple[Repricer, Path], at_most: int | None
) -> tuple[Step, ...]:
    from pytest_llmcost.core.history import steps
    from pytest_llmcost.core.lineage import Lineage
    from pytest_llmcost.storage import collector
    from pytest_llmcost.storage.git_history import contents

    repricer, here = priced
    features: set[str] = set()
    with collector.paused(), contents(found, root=here) as content:
        lineage = Lineage(found.commits, found.ends)
        told = tuple(islice(steps(lineage, shown, _reader(content, features), repricer), at_most))
    if repricer.feature is not None and repricer.feature not in features:
        known = f"there are {', '.join(sorted(features))}" if features else "they have none"
        raise LlmCostError(f"--feature {repricer.feature}: no version shown has this feature; {known}")
    return told


def _reader(content: Callable[[str], tuple[str, bytes] | None], features: set[str]) -> Callable[[Commit], Version]:
    """Return what reads the version of a commit, and notes the names of the features that it meets."""
    from pytest_llmcost.core.history import Version
    from pytest_llmcost.storage.versions import Versions

    versions = Versions()

    def read(commit: Commit) -> Version:
        found = content(commit.hash)
        if found is None:
            return Version(baseline=None, problem="the file is deleted")
        name, data = found
        try:
            baseline = versions.read(data, source=name)
        except BaselineError as error:
            # What is in history cannot be mended, so how to mend it is left out.
            return Version(baseline=None, problem=str(error).rpartition(": ")[0])
        features.update(baseline.header.requests_per_month)
        return Version(baseline=baseline)

    return read


def _shown(found: FileHistory, since: str | None, here: Path) -> list[Commit]:
    """Return the commits to tell: authored on a date or later, or not held by a ref."""
    if since is None:
        return list(found.commits)
    if _DATE.fullmatch(since):
        return [commit for commit in found.commits if commit.date >= since]
    from pytest_llmcost.storage import git_history

    newer = git_history.since(since, root=here)
    return [commit for commit in found.commits if commit.hash in newer]


def _scenario(settings: Settings, name: str | None) -> Scenario:
    wanted = name or settings.scenario
    known = {scenario.name: scenario for scenario in settings.scenarios}
    if wanted not in known:
        raise ConfigurationError(f"--scenario {wanted}: there is no such scenario; there are {', '.join(known)}")
    return known[wanted]


def _book(settings: Settings) -> PriceBook:
    from pytest_llmcost.pricing import PriceBook

    as_of = settings.prices_as_of or datetime.now(UTC).date()
    return PriceBook(as_of=as_of, models=settings.models, prices=settings.prices, discounts=settings.discounts)


def _drawn(history: History, options: argparse.Namespace) -> str:
    from pytest_llmcost.render import history as drawing

    if options.format == "json":
        return drawing.in_json(history)
    if options.format == "markdown":
        return drawing.markdown(history)
    return in_term(drawing.lines(history, width=width(options.output)), options.output)


def _count(text: str) -> int:
    """Read a whole number above 0."""
    if text.isascii() and text.isdigit() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
