"""Annotations: findings as GitHub workflow commands, which it shows beside the code."""

# Without `from __future__ import annotations`: that is the name of the function here.
from collections import Counter
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.anchors import anchored
from pytest_llmcost.render.text import clean, middle, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.anchors import Anchored

_AT_MOST = 10
"""GitHub shows so many of a step, and drops the rest without a word."""
_LONGEST = 1000
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def annotations(report: "Report", prefix: str = "") -> "Iterator[str]":
    """Yield at most 10 workflow commands, one a line, worst first; the last one counts those left out.

    Args:
        report: what was found.
        prefix: where the project lies in its repository, `services/shop/`; empty at its top.
    """
    found = list(anchored(report, prefix))
    shown = found if len(found) <= _AT_MOST else found[: _AT_MOST - 1]
    yield from map(_annotation, shown)
    if len(shown) < len(found):
        yield _rest(found[len(shown) :])


def _annotation(one: "Anchored") -> str:
    place = {} if one.path is None else {"file": one.path}
    place |= {} if one.line is None else {"line": str(one.line)}
    return _command(one.finding.severity, place | {"title": f"LLM cost: {one.finding.rule}"}, one.message)


def _rest(left_out: "Sequence[Anchored]") -> str:
    counts = Counter(one.finding.severity for one in left_out)
    told = ", ".join(plural(counts[severity], severity.value) for severity in Severity if counts[severity])
    return _command(left_out[0].finding.severity, {"title": "LLM cost"}, f"{told} more: see the job summary")


def _command(severity: Severity, properties: dict[str, str], message: str) -> str:
    """Return `::error file=a.py,line=3,title=…::message`; nothing foreign can end it or begin another."""
    drawn = ",".join(f"{name}={_fitted(value).translate(_PROPERTY)}" for name, value in properties.items())
    return f"::{severity.value} {drawn}::{_fitted(message).translate(_DATA)}"


def _fitted(text: str) -> str:
    return middle(clean(text), _LONGEST)
