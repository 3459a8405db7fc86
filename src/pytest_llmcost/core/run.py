"""Run: what one pytest session recorded, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.prompt_files import PromptFile


class TestOutcome(StrEnum):
    """How one attempt at a test ended."""

    __test__ = False

    PASSED = "passed"
    LIMIT = "limit"
    """Failed, but only for a limit of ours: its calls are a sample all the same."""
    FAILED = "failed"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    UNREAD = "unread"
    """Passed, but a bug of ours may have cost it a call: as a sample it could be too cheap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """One attempt at one test. `feature` is the marker's, None when the marker names none."""

    __test__ = False

    test: str
    attempt: int = 1
    outcome: TestOutcome
    weight: Decimal = Decimal(1)
    feature: str | None = None

    @property
    def is_sample(self) -> bool:
        """Only a test that did what it should stands for a request in production."""
        return self.outcome in (TestOutcome.PASSED, TestOutcome.LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where a run comes from: commit, branch and whether the work tree had changes; None outside git."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One pytest session that a run was recorded by; a run that was combined has several.

    Attributes:
        id: made by chance for each session, so that two jobs are told from one file that was given twice.
        created_at: when it began, ISO, UTC.
        estimator: version of the token estimator.
        prices: name and version of the price book.
        as_of: the day whose prices held, ISO.
        settings: fingerprint of its configuration.
        baseline: what it was compared with; empty for nothing.
        shard: `2/4` for the second of four groups that a suite was split into; empty for a suite that was not.
    """

    id: str
    created_at: str = ""
    plugin_version: str = ""
    estimator: str = ""
    origins: Origins = field(default_factory=Origins)
    prices: str = ""
    as_of: str = ""
    settings: str = ""
    baseline: str = ""
    shard: str = ""


class Turn(NamedTuple):
    """All attempts at one test in one part, within a combined run; with a test of None, calls outside of tests."""

    test: str | None
    part: int
    """Its place in the parts of the run."""
    offset: int
    """The attempts of other turns before it: its first one has the number after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one session recorded, or several of them together.

    Attributes:
        calls: in the order of test, attempt and index.
        tests: every attempt of every test that ran.
        missing: tests that are there but did not run: deselected, or never reached.
        searched: files that were collected in full: a baseline test of these that is nowhere else was removed.
        gone: files of baseline tests that exist no more.
        findings: what the session itself noticed: faults of ours, lost workers, broken limits, refused calls.
        texts: text by fingerprint of a block, or of a piece of one; empty unless `store_text` is set.
        parts: the sessions that it was recorded by; empty where nobody has noted any.
        prompts: files that were counted without any test, by path and model.
        turns: which attempts were made in which part; empty where there is one part.
    """

    calls: tuple[Call, ...] = ()
    tests: tuple[TestRun, ...] = ()
    missing: frozenset[str] = frozenset()
    searched: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    created_at: str = ""
    plugin_version: str = ""
    estimator: str = ""
    """Version of the token estimator: counts of another one do not compare."""
    origins: Origins = field(default_factory=Origins)
    texts: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    turns: tuple[Turn, ...] = ()
    prompts: tuple[PromptFile, ...] = ()

    @property
    def is_partial(self) -> bool:
        """True when tests that exist did not run."""
        return bool(self.missing)


def file_of(test: str) -> str:
    """Return the file part of a node id."""
    return test.partition("::")[0]


_PHASES = {phase: rank for rank, phase in enumerate(("collection", "shared", "setup", "call", "teardown"))}


def in_order(calls: Iterable[Call]) -> tuple[Call, ...]:
    """Return calls by test, attempt and index: the same whatever process ran what, and in which order."""
    return tuple(sorted(calls, key=_place))


def _place(call: Call) -> tuple[bool, str, int, int, int, str]:
    """Sort calls of shared fixtures by what they ask: workers make them in any order."""
    if call.test is not None:
        return False, call.test, 0, call.attempt, call.index, ""
    return True, "", _PHASES.get(call.phase, 0), call.attempt, 0, call.profile.prompt
