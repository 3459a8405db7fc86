"""Ledger: everything that the processes of one session have reported, until it is made a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.plugin.batch import Batch, Collection

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.plugin.batch import Ran


class Ledger:
    """Grows while the session runs; read once at its end."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.tests: list[Ran] = []
        self._findings: list[Finding] = []
        self._limits: dict[str, tuple[Finding, ...]] = {}
        """Broken limits by test: of reruns, the last attempt's."""
        self._attempts: set[tuple[str, int]] = set()
        self.faults: list[str] = []
        self.replaced: list[tuple[str | None, str]] = []
        self.lost: list[str] = []
        """Tests that took their worker along: their calls are lost."""
        self.collection = Collection()
        self.texts: dict[str, str] = {}

    def add(self, batch: Batch) -> None:
        """Add what a process reports."""
        batch = self._apart(batch)
        self.calls += batch.calls
        self.tests += batch.tests
        self.faults += batch.faults
        self.replaced += batch.replaced
        self.texts |= batch.texts
        if batch.tests:
            self._limits[batch.tests[-1].test] = batch.findings
        else:
            self._findings += batch.findings

    def _apart(self, batch: Batch) -> Batch:
        """Give an attempt that another process has made too (`--dist each`) a number of its own: both are spend."""
        if len(batch.tests) != 1:
            return batch
        ran = batch.tests[0]
        attempt = ran.attempt
        while (ran.test, attempt) in self._attempts:
            attempt += 1
        self._attempts.add((ran.test, attempt))
        if attempt == ran.attempt:
            return batch
        calls = tuple(replace(call, attempt=attempt) for call in batch.calls)
        return batch._replace(calls=calls, tests=(ran._replace(attempt=attempt),))

    @property
    def findings(self) -> list[Finding]:
        """What the processes noticed themselves."""
        return [*self._findings, *(finding for found in self._limits.values() for finding in found)]

    def missing(self) -> frozenset[str]:
        """Return the tests that exist but did not run."""
        ran = {test.test for test in self.tests}
        return self.collection.tests - ran - set(self.lost)


def searched(names: Iterable[str], config: pytest.Config) -> frozenset[str]:
    """Return the files, folders left out, that were collected in full: none of whose tests was asked for alone."""
    partly = [argument.partition("::")[0].replace("\\", "/") for argument in config.args if "::" in argument]
    files = (name for name in names if (config.rootpath / name).is_file())
    return frozenset(file for file in files if not any(part.endswith(file) or file.endswith(part) for part in partly))
