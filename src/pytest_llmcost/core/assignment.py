"""Assignment: which feature a test or a call site stands for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.call import PricedCall
    from pytest_llmcost.core.settings import Feature

_WILDCARDS = re.compile(r"[*?]+")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a prefix or a glob; both end where a part of a name ends. `[` is literal: it begins a parameter set."""
    literal = [re.escape(part) for part in _WILDCARDS.split(pattern)]
    wild = [".*" if "*" in part else "." * len(part) for part in _WILDCARDS.findall(pattern)]
    text = "".join(part for pair in zip(literal, (*wild, ""), strict=True) for part in pair)
    return re.compile(text + ("" if pattern.endswith(("/", "::")) else r"(?:/|::|\[|\Z)"), re.DOTALL)


def claim(pattern: str, name: str) -> int | None:
    """Return how many literal characters of `pattern` match `name`; None when it does not match."""
    return len(_WILDCARDS.sub("", pattern)) if _compiled(pattern).match(name) else None


def claimants(name: str, patterns: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return the features with the strongest claim to `name`: none, one, or several of equal claim, sorted."""
    claims: dict[str, int] = {}
    for feature, globs in patterns:
        strengths = [strength for pattern in globs if (strength := claim(pattern, name)) is not None]
        if strengths:
            claims[feature] = max(strengths)
    best = max(claims.values(), default=None)
    return tuple(sorted(feature for feature, strength in claims.items() if strength == best))


class Assignment:
    """Answers for one set of features; each question is worked out once."""

    def __init__(self, features: Iterable[Feature]) -> None:
        features = tuple(features)
        self._tests = tuple((feature.name, feature.tests) for feature in features)
        self._sites = tuple((feature.name, feature.call_sites) for feature in features if feature.call_sites)
        self._known: dict[tuple[str, bool], tuple[str, ...]] = {}

    def of_test(self, test: str) -> tuple[str, ...]:
        """Return the claimants of a node id."""
        return self._ask(test, by_site=False)

    def of_site(self, site: str | None) -> tuple[str, ...]:
        """Return the claimants of a call site (`path:line`)."""
        return self._ask(site.rpartition(":")[0], by_site=True) if site and self._sites else ()

    def _ask(self, name: str, *, by_site: bool) -> tuple[str, ...]:
        key = name, by_site
        if key not in self._known:
            self._known[key] = claimants(name, self._sites if by_site else self._tests)
        return self._known[key]

    def feature(self, test: str | None, marked: str | None, site: str | None) -> str | None:
        """Return the feature of one call: its call site's, else its test's marker, else its test's patterns.

        None when none claims it, or when several do with equal right (which is a finding).
        """
        by_site = self.of_site(site)
        if by_site:
            return by_site[0] if len(by_site) == 1 else None
        if marked is not None or test is None:
            return marked
        by_test = self.of_test(test)
        return by_test[0] if len(by_test) == 1 else None


class Recalled(Assignment):
    """Answers as an earlier report of the same run has: the patterns that led to them are not known any more."""

    def __init__(self, calls: Iterable[PricedCall]) -> None:
        super().__init__(())
        self._answers: dict[tuple[str | None, str | None], str | None] = {}
        self._by_test: dict[str | None, str | None] = {}
        for one in calls:
            self._answers[one.call.test, one.call.call_site] = one.feature
            self._by_test[one.call.test] = one.feature

    def feature(self, test: str | None, marked: str | None, site: str | None) -> str | None:
        """Return the feature of one call; for a test that made none there, that of its marker."""
        return self._answers.get((test, site), self._by_test.get(test, marked))
