"""Checks of a combined run: what its parts do not have in common, and what is missing between them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.parts import is_spend
from pytest_llmcost.core.phrases import named, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.run import Part, Run

_HASH = 7


class Here(NamedTuple):
    """What the parts are judged with, where they are combined.

    Attributes:
        settings: fingerprint of the configuration.
        prices: name and version of the price book.
        baseline: what is compared with, empty for nothing; None where the user has chosen it for this once.
    """

    settings: str
    prices: str
    baseline: str | None


def combined(run: Run, here: Here) -> Iterator[Finding]:
    """Yield what is odd about the parts of a run. An error where the figures could not be those of one change."""
    yield from _commits(run.parts)
    yield from _dirty(run.parts)
    yield from _versions(run.parts)
    yield from _prices(run.parts, here)
    yield from _settings(run.parts, here)
    yield from _baseline(run.parts, here)
    yield from _gaps(run)
    yield from _repeated(run)


def _commits(parts: Sequence[Part]) -> Iterator[Finding]:
    commits = {part.origins.commit for part in parts}
    if len(commits) < 2:  # noqa: PLR2004 - one commit is no difference
        return
    known = sorted(commit for commit in commits if commit)
    where = f"{plural(len(known), 'commit')} ({', '.join(commit[:_HASH] for commit in known)})"
    yield Finding(
        rule="combined-commit",
        severity=Severity.ERROR if len(known) > 1 else Severity.WARNING,
        subject=", ".join(commit[:_HASH] for commit in known),
        message=f"the runs are of {where}{'' if None not in commits else ' and of a folder outside of git'},"
        " so together they are no state of the code; combine runs of one commit",
    )


def _dirty(parts: Sequence[Part]) -> Iterator[Finding]:
    dirty = sum(bool(part.origins.dirty) for part in parts)
    if dirty and len(parts) > 1:
        yield Finding(
            rule="combined-dirty",
            severity=Severity.NOTICE if dirty == len(parts) else Severity.WARNING,
            subject="git",
            message=f"{dirty} of {len(parts)} runs had changes that are in no commit, so they may be of different code",
        )


def _versions(parts: Sequence[Part]) -> Iterator[Finding]:
    plugins, estimators = _of(part.plugin_version for part in parts), _of(part.estimator for part in parts)
    if len(plugins) < 2 and len(estimators) < 2:  # noqa: PLR2004 - one version is no difference
        return
    counted = len(estimators) > 1
    yield Finding(
        rule="combined-versions",
        severity=Severity.ERROR if counted else Severity.WARNING,
        subject=", ".join(plugins),
        message=f"the runs were recorded with pytest-llmcost {' and '.join(plugins)}"
        f"{', which count tokens in different ways' if counted else ''}; install one version everywhere",
    )


def _prices(parts: Sequence[Part], here: Here) -> Iterator[Finding]:
    books, days = _of([*(part.prices for part in parts), here.prices]), _of(part.as_of for part in parts)
    if len(days) > 1:
        yield Finding(
            rule="combined-prices",
            severity=Severity.WARNING,
            subject=", ".join(days),
            message=f"the runs were priced at {' and '.join(days)}; all of it is priced at {days[0]} now:"
            " pin prices_as_of, and jobs may run over midnight",
        )
    if len(books) > 1:
        yield Finding(
            rule="combined-prices",
            severity=Severity.WARNING,
            subject=here.prices,
            message=f"the runs, and this command, have different price books ({', '.join(books)});"
            f" all of it is priced with {here.prices} now",
        )


def _settings(parts: Sequence[Part], here: Here) -> Iterator[Finding]:
    other = sum(part.settings not in ("", here.settings) for part in parts)
    if other:
        yield Finding(
            rule="combined-config",
            severity=Severity.ERROR,
            subject="[tool.llmcost]",
            message=f"{other} of {plural(len(parts), 'run')} had another configuration than the one that judges here,"
            " so a limit may be lost; check out the commit that was tested, and run llmcost combine in its folder,"
            " or give --config",
        )


def _baseline(parts: Sequence[Part], here: Here) -> Iterator[Finding]:
    others = [name for name in _of(part.baseline for part in parts) if name and name != here.baseline]
    if here.baseline is None or not others:
        return
    if not here.baseline:
        yield Finding(
            rule="combined-baseline",
            severity=Severity.ERROR,
            subject=others[0],
            message=f"the runs were compared with {' and '.join(others)}, and here is nothing to compare with;"
            " check out the history too (fetch-depth: 0), or give --baseline",
        )
        return
    yield Finding(
        rule="combined-baseline",
        severity=Severity.NOTICE,
        subject=here.baseline,
        message=f"the runs were compared with {' and '.join(others)}; all of it is compared with {here.baseline} now",
    )


def _gaps(run: Run) -> Iterator[Finding]:
    """A group that is absent has tests that nobody ran. With all groups there, whoever chose the tests meant it."""
    absent = _absent(run.parts)
    is_whole = not run.missing and any(not part.shard for part in run.parts)
    if absent and not is_whole:
        yield Finding(
            rule="combined-gap",
            severity=Severity.ERROR,
            subject=absent[0],
            message=f"{'group' if len(absent) == 1 else 'groups'} {named(absent)} of the tests"
            f" {'is' if len(absent) == 1 else 'are'} not among the runs ({_not_run(run)});"
            " combine the run files of all groups",
        )
    elif run.missing and len(run.parts) > 1:
        is_meant = any(part.shard for part in run.parts)
        yield Finding(
            rule="combined-gap",
            severity=Severity.NOTICE if is_meant else Severity.WARNING,
            subject=min(run.missing),
            message=f"{_not_run(run)}: they keep the figures of the baseline;"
            " if that is not meant (-k, -m), a run file is missing",
        )


def _absent(parts: Iterable[Part]) -> list[str]:
    """Return the groups that no part ran, unless the suite was also split in another way of which all are there."""
    groups: defaultdict[int, set[int]] = defaultdict(set)
    for part in parts:
        found = _SHARD.fullmatch(part.shard)
        if found is not None:
            groups[int(found[2])].add(int(found[1]))
    if any(len(there) >= count for count, there in groups.items()):
        return []
    return [
        f"{group}/{count}" for count, there in sorted(groups.items()) for group in _few(count) if group not in there
    ]


_SHARD = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")


def _few(count: int) -> range:
    """Return the numbers of groups; a damaged file may say that there are a million."""
    return range(1, min(count, _MOST_GROUPS) + 1)


_MOST_GROUPS = 1000


def _not_run(run: Run) -> str:
    tests = sorted(run.missing)
    return f"{named(tests)} ran in none of them" if tests else "all known tests ran"


def _repeated(run: Run) -> Iterator[Finding]:
    """Yield the tests that several parts ran with different calls, those that spent money apart."""
    several: defaultdict[str, int] = defaultdict(int)
    for turn in run.turns:
        if turn.test is not None:
            several[turn.test] += 1
    calls: defaultdict[str, list[Call]] = defaultdict(list)
    for call in run.calls:
        if call.test is not None and several[call.test] > 1:
            calls[call.test].append(call)
    repeated = sorted(test for test, count in several.items() if count > 1)
    live = [test for test in repeated if is_spend(calls[test])]
    for tests, is_live in ((live, True), ([test for test in repeated if test not in set(live)], False)):
        if tests:
            yield Finding(
                rule="combined-repeated",
                severity=Severity.NOTICE if is_live else Severity.WARNING,
                subject=tests[0],
                location=tests[0],
                message=f"{named(tests)} ran in several jobs {_WHY[is_live]}",
            )


_WHY = {
    True: "and reached the network there: each is spend, and the latest is the sample",
    False: "and not in the same way: each counts as an attempt, and the one with most tokens is the sample;"
    " make the jobs alike, or leave the test out of all but one",
}


def _of(values: Iterable[str]) -> list[str]:
    """Return the different values that are known, in order."""
    return sorted({value for value in values if value})
