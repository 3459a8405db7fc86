"""The alert of a comment: what fails, by which limit, and how to go on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.comment_words import about
from pytest_llmcost.render.escape import inline
from pytest_llmcost.render.fit import Part
from pytest_llmcost.render.markdown_changes import linked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.place import Place

_ROWS = 10

_FIGURE = re.compile(r"[+\-]?(?:[$€£¥]|[A-Z]{3} )?[0-9][0-9,]*(\.[0-9]+)?%?")

_SPENDS = {
    "monthly_usd": "{} costs {} per month, its budget is {}.",
    "share_of_revenue": "{} costs {} per month, its share of the revenue is {}.",
    "request_usd": "{} costs {} per 1,000 requests, its budget is {}.",
    "input_tokens": "A call of {} has {} input tokens, its limit is {}.",
    "system_tokens": "A call of {} has {} tokens of system prompt and tools, its limit is {}.",
    "output_tokens": "A call of {} has {} output tokens, its limit is {}.",
    "calls": "{} makes {} calls per request, its limit is {}.",
    "run_usd": "This run has spent {1}, its budget is {2}.",
    "test_usd": "A test costs {1}, the budget of a test is {2}.",
}
"""Key of a budget -> who it is, what it uses, and the limit."""


def alert(report: Report, place: Place) -> Iterator[Part]:
    """Yield the errors with what to do about them; nothing where there is none."""
    errors = [one for one in report.findings if one.severity is Severity.ERROR]
    if not errors:
        return
    told = [_error(one, place) for one in errors[:_ROWS]]
    how = f"> {_how(errors)}"
    if len(errors) == 1:
        yield Part(text=f"> [!CAUTION]\n> {told[0]} {_how(errors)}")
        return
    more = [f"> - and {len(errors) - _ROWS:,} more"] if len(errors) > _ROWS else []
    yield Part(text="> [!CAUTION]", rows=(*(f"> - {one}" for one in told), *more), end=f">\n{how}")


def _error(finding: Finding, place: Place) -> str:
    group, _, key = finding.rule.partition(".")
    words = _SPENDS.get(key) if group == "budget" else None
    if words is None or finding.actual is None or finding.limit is None:
        where = finding.location if finding.location != finding.subject else None
        said = about(finding)
    else:
        where = finding.location
        subject = "The whole application" if finding.subject == "total" else inline(finding.subject)
        said = words.format(subject, _figure(finding.actual), _figure(finding.limit))
    return f"{said} {linked(place, where, inline(where))}" if where else said


def _figure(text: str) -> str:
    return f"**{text}**" if _FIGURE.fullmatch(text) else inline(text)


def _how(errors: Sequence[Finding]) -> str:
    """Say how the check passes again."""
    rules = {one.rule.partition(".")[0] for one in errors}
    ways = ["the budget is raised in `pyproject.toml`"] if "budget" in rules else []
    if rules & _INCREASES:
        ways.append("the increase is accepted: `llmcost accept RUN --reason TEXT`")
    if not ways:
        return "This check fails until this is repaired."
    more = "" if rules <= _INCREASES | {"budget"} else " What else is named here is to be repaired."
    return f"This check fails until the cost drops{',' if len(ways) > 1 else ''} or {' and '.join(ways)}.{more}"


_INCREASES = {"regression", "acceptance-expired"}
