"""The session of a run file: what was recorded besides calls, so that the run can be judged again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import fields, line, named_rows, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.report import Prices
    from pytest_llmcost.core.run import Origins, Part, Run, TestRun


def session(run: Run | None) -> Iterator[str]:
    """Yield the section `session`, null where the report does not know its run, and `texts` where texts are kept."""
    if run is None:
        yield '"session":null,\n'
        return
    yield '"session":{\n'
    if run.parts:
        # First, as the time of the whole file is: the rest is the same whenever the same tests run.
        yield from rows("parts", (line(_part(one)) for one in run.parts))
    yield from rows("tests", (line(_test(one)) for one in run.tests))
    yield from rows("findings", (line(finding_row(one)) for one in run.findings))
    sets = {"missing": run.missing, "searched": run.searched, "gone": run.gone}
    yield from fields({name: sorted(files) for name, files in sets.items()})
    if run.turns:
        yield from rows("turns", (line(list(one)) for one in run.turns))
    yield f'"estimator":{line(run.estimator)}\n}},\n'
    if run.texts:
        yield from named_rows("texts", ((line(name), line(text)) for name, text in sorted(run.texts.items())))


def _test(one: TestRun) -> list[object]:
    """Return node id, attempt, outcome, weight and the feature of its marker."""
    return [one.test, one.attempt, one.outcome, f"{one.weight:f}", one.feature]


def _part(part: Part) -> dict[str, object]:
    return {
        "id": part.id,
        "created_at": part.created_at,
        "plugin_version": part.plugin_version,
        "estimator": part.estimator,
        "git": git_row(part.origins),
        "prices": part.prices,
        "as_of": part.as_of,
        "settings": part.settings,
        "baseline": part.baseline,
        "shard": part.shard,
    }


def prices_row(prices: Prices) -> dict[str, object]:
    """Return which price list holds, and how old it is; null where nobody knows."""
    return {
        "source": prices.source,
        "version": prices.version,
        "as_of": prices.as_of,
        "dated": prices.dated or None,
        "age_days": prices.age_days,
    }


def git_row(origins: Origins) -> dict[str, object]:
    """Return where a run comes from as an object."""
    return {"commit": origins.commit, "branch": origins.branch, "dirty": origins.dirty}


def finding_row(finding: Finding) -> dict[str, object]:
    """Return a finding as a row."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "limit": finding.limit,
        "actual": finding.actual,
        "message": finding.message,
        "location": finding.location,
    }
