"""Claims: whether it is clear to which feature each test belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_llmcost.core.assignment import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_llmcost.core.settings import Feature


def check_claims(features: Iterable[Feature], marked: Mapping[str, str | None]) -> None:
    """Raise UsageError, one line per problem, for tests that two features claim and for markers of no feature.

    Args:
        features: as configured.
        marked: node id of each test -> the feature that its marker names, None for none.
    """
    features = tuple(features)
    problems = [*_rivals(Assignment(features), marked), *_strangers({one.name for one in features}, marked)]
    if problems:
        raise pytest.UsageError("\n".join(problems))


def _rivals(assignment: Assignment, marked: Mapping[str, str | None]) -> Iterator[str]:
    for test, mark in marked.items():
        claims = assignment.of_test(test)
        if mark is None and len(claims) > 1:
            yield f"{test}: {' and '.join(claims)} have equal claim to it; lengthen a pattern or mark it"


def _strangers(names: set[str], marked: Mapping[str, str | None]) -> Iterator[str]:
    for test, mark in marked.items():
        if mark is not None and mark not in names:
            known = ", ".join(sorted(names))
            yield f"{test}: @pytest.mark.llmcost names feature {mark!r}; [tool.llmcost.features] has {known}"
