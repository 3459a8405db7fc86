"""Replaced: what stands in the place of an SDK, and hides the calls that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.phrases import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def replaced(pairs: Iterable[tuple[str | None, str]]) -> Iterator[Finding]:
    """Yield one notice for each function or client of an SDK that tests have replaced: pairs of test and target."""
    tests: dict[str, set[str]] = {}
    for test, target in pairs:
        tests.setdefault(target, set()).update({test} if test else ())
    for target, found in sorted(tests.items()):
        names = sorted(found)
        yield Finding(
            rule="replaced",
            severity=Severity.NOTICE,
            subject=target,
            location=names[0] if names else None,
            message=f"{named(names) if names else 'a shared fixture'} replaced `{target}` with something that is no"
            " mock of unittest.mock, so calls that it answers are not seen; use a mock, or declare them with"
            " llmcost.record()",
        )
