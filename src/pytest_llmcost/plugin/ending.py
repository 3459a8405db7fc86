"""Ending: the run is over; compose its report, judge it, write it, draw it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcost import __version__
from pytest_llmcost.core.assignment import Assignment
from pytest_llmcost.core.compose import Book, build_report, judged
from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.run import Origins, Run, file_of
from pytest_llmcost.errors import LlmCostError
from pytest_llmcost.tokens import ESTIMATOR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pytest_llmcost.core.baseline import Against
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.plugin.ledger import Ledger
    from pytest_llmcost.plugin.options import Options
    from pytest_llmcost.pricing import PriceBook


class Ending:
    """What happens once, in the controller or in the only process, when all tests are over.

    Args:
        root: the project's root folder.
        settings, options: what was configured and typed.
        against: what to compare with.
        book: the price book.
        now: when the run began, UTC.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - it is where everything meets
        self, root: Path, settings: Settings, options: Options, against: Against, book: PriceBook, now: datetime
    ) -> None:
        self.root, self.settings, self.options, self.against, self.book, self.now = (
            root, settings, options, against, book, now,
        )  # fmt: skip
        self.report: Report | None = None
        self.trouble: list[str] = []
        self.written: list[str] = []
        self.spend_file: Path | None = None

    def for_workers(self) -> dict[str, str]:
        """Return what workers must agree on: the price date, and the file that counts what is spent."""
        return {"as_of": self.book.as_of.isoformat(), "spend": str(self.spend_path())}

    def spend_path(self) -> Path:
        """Return the file that all workers count into; made when first asked for."""
        if self.spend_file is None:
            handle, name = tempfile.mkstemp(prefix="llmcost-spend-")
            os.close(handle)
            self.spend_file = Path(name)
        return self.spend_file

    def check_claims(self, marked: Mapping[str, str | None]) -> None:
        """Raise UsageError, one line per problem, for tests that two features claim, and for markers of no feature."""
        assignment = Assignment(self.settings.features)
        names = {feature.name for feature in self.settings.features}
        problems = [
            f"{test}: {' and '.join(claims)} have equal claim to it; make one pattern longer, or mark the test"
            for test, mark in marked.items()
            if mark is None and len(claims := assignment.of_test(test)) > 1
        ]
        problems += [
            f"{test}: @pytest.mark.llmcost names feature {mark!r}; [tool.llmcost.features] has {', '.join(sorted(names))}"
            for test, mark in marked.items()
            if mark is not None and names and mark not in names
        ]
        if problems:
            raise pytest.UsageError("\n".join(problems))

    def judge(self, ledger: Ledger) -> bool:
        """Compose and write the report; return True when the run must fail.

        A crash of ours leaves every test's outcome alone. But a verdict that cannot be reached is not a pass.
        """
        try:
            return self._judge(ledger)
        except Exception as error:
            self.trouble.append(f"the report could not be made ({type(error).__name__} in pytest-llmcost): no verdict")
            if os.environ.get("LLMCOST_DEBUG"):
                raise
            return not self.options.record_only
        finally:
            if self.spend_file is not None:
                with suppress(OSError):
                    self.spend_file.unlink()

    def _judge(self, ledger: Ledger) -> bool:
        run = self._run(ledger)
        prices = Prices(source=self.book.source, version=self.book.version, as_of=self.book.as_of.isoformat())
        book = Book(price=self.book, prices=prices)
        report = build_report(run, self.settings, self.against, book)
        if self.options.update_baseline:
            self._update(run, report)
        self.report = report
        for kind, path in self.options.files:
            self._write(kind, path)
        return not self.options.record_only and self.report.verdict is Verdict.FAIL

    def _run(self, ledger: Ledger) -> Run:
        tests = self.against.baseline.tests if self.against.baseline is not None else {}
        files = {file_of(test) for test in tests}
        return Run(
            calls=ledger.in_order(),
            tests=tuple(sorted(ledger.tests, key=lambda test: (test.test, test.attempt))),
            missing=ledger.missing(),
            searched=ledger.collection.searched,
            gone=frozenset(file for file in files if not (self.root / file).exists()),
            findings=tuple(ledger.findings),
            created_at=self.now.isoformat(timespec="seconds"),
            plugin_version=__version__,
            estimator=ESTIMATOR,
            origins=_origins(self.root),
        )

    def _update(self, run: Run, report: Report) -> None:
        from pytest_llmcost.storage import baseline as file
        from pytest_llmcost.storage.sources import DEFAULT_NAME

        name = self.settings.baseline or DEFAULT_NAME
        try:
            old = file.read(self.root / name, source=name) if (self.root / name).exists() else None
        except LlmCostError:
            old = None  # written anew: that is what was asked for
        try:
            file.write(self.root / name, renew(old, run, report, self.settings, estimator=ESTIMATOR))
        except (OSError, LlmCostError) as error:
            self.trouble.append(f"the baseline was not written: {error}")
        else:
            self.written.append(f"baseline written to {name}")

    def _write(self, kind: str, path: Path) -> None:
        from pytest_llmcost.plugin.outputs import chunks
        from pytest_llmcost.storage import run_file

        assert self.report is not None
        try:
            run_file.write(path, chunks(kind, self.report, self.settings))
        except (OSError, LlmCostError) as error:
            message = f"{kind} report not written: {error}"
            finding = Finding(rule="internal", severity=Severity.ERROR, subject=str(path.name), message=message)
            self.report = judged(self.report, (*self.report.findings, finding))
        else:
            self.written.append(f"{kind} report written to {_shown(path)}")

    def draw(self, terminal: Any) -> None:
        """Write the report to pytest's terminal."""
        from pytest_llmcost.plugin.outputs import draw

        try:
            if self.report is not None and self.options.terminal is not None:
                draw(terminal, self.report, self.options.terminal)
        except Exception as error:
            self.trouble.append(f"the report could not be drawn ({type(error).__name__} in pytest-llmcost)")
        for line in self.written:
            terminal.write_line(f"llmcost: {line}")
        for line in self.trouble:
            terminal.write_line(f"llmcost: {line}", red=True)


def _shown(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _origins(root: Path) -> Origins:
    from pytest_llmcost.storage.git import head

    try:
        here = head(root)
    except LlmCostError:
        return Origins()
    return Origins() if here is None else Origins(commit=here.commit, branch=here.branch, dirty=here.dirty)
