"""Ending: what happens once, where the run ends: the verdict, the files, the drawing."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.plugin.ledger import Ledger
    from pytest_llmcost.plugin.options import Options
    from pytest_llmcost.pricing import PriceBook
    from pytest_llmcost.storage.checkout import Step


class Ending:
    """Lives in the controller, or in the only process. Loads what judges when all tests are over.

    Attributes:
        root: the project's root folder.
        settings, options: what was configured and typed.
        against: what to compare with.
        book: gives the price book.
        as_of: the day whose prices hold.
        now: when the run began, UTC.
        step: the step of GitHub Actions that runs pytest; None elsewhere.
    """

    def __init__(self, root: Path, settings: Settings, options: Options, against: Against) -> None:
        self.root = root
        self.settings = settings
        self.options = options
        self.against = against
        self.book: Callable[[], PriceBook]
        self.as_of: date
        self.now: datetime
        self.step: Step | None = None
        self.report: Report | None = None
        self.written: list[str] = []
        self.trouble: list[str] = []
        self._must_fail = False
        self._spend_file: Path | None = None
        self._folders: str | None = None

    def for_workers(self) -> dict[str, str]:
        """Return what workers must agree on: the price date, the file of what is spent, a folder."""
        shared = {"as_of": self.as_of.isoformat(), "spend": str(self.spend_path())}
        return {**shared, "folders": self._folders_path()} if self.settings.subprocesses else shared

    def _folders_path(self) -> str:
        """Return the folder in which each worker makes its own; a worker that dies leaves its own behind."""
        if self._folders is None:
            self._folders = tempfile.mkdtemp(prefix="llmcost-workers-")
        return self._folders

    def spend_path(self) -> Path:
        """Return the file that all workers count into; made when first asked for."""
        if self._spend_file is None:
            handle, name = tempfile.mkstemp(prefix="llmcost-spend-")
            os.close(handle)
            self._spend_file = Path(name)
        return self._spend_file

    def judge(self, ledger: Ledger) -> bool:
        """Compose and write the report; return True when the run must fail.

        A crash of ours leaves every test's outcome alone. But a verdict that cannot be reached is not a pass.
        """
        try:
            from pytest_llmcost.plugin.judging import judge
            from pytest_llmcost.storage import collector

            with collector.paused():
                self.report, must_fail = judge(self, ledger)
        except Exception as error:
            self.trouble.append(f"the report could not be made ({type(error).__name__} in pytest-llmcost): no verdict")
            must_fail = not self.options.record_only
        self._must_fail = must_fail
        return must_fail

    def close(self) -> None:
        """Let go of what was needed for the run only."""
        self.report = None
        if self._spend_file is not None:
            with suppress(OSError):
                self._spend_file.unlink()
        if self._folders is not None:
            shutil.rmtree(self._folders, ignore_errors=True)

    def draw(self, terminal: Any) -> None:
        """Write the report to pytest's terminal, and what was written where."""
        try:
            if self.report is not None and self.options.terminal is not None:
                from pytest_llmcost.plugin.outputs import draw

                draw(terminal, self.report, self.options)
        except Exception as error:
            self.trouble.append(f"the report could not be drawn ({type(error).__name__} in pytest-llmcost)")
        self._tell_actions(terminal)
        for line in self.written:
            terminal.write_line(f"llmcost: {line}")
        for line in self.trouble:
            terminal.write_line(f"llmcost: {line}", red=True)
        if self._must_fail:
            from pytest_llmcost.plugin.outputs import count_as_failed

            count_as_failed(terminal, self.report)

    def _tell_actions(self, terminal: Any) -> None:
        """Where the run gives its verdict in GitHub Actions, show it there too."""
        options = self.options
        if self.step is None or self.report is None or options.record_only or options.terminal is None:
            return
        try:
            from pytest_llmcost.plugin.outputs import tell_actions

            problem = tell_actions(terminal, self.report, self.step, self.root)
        except Exception as error:
            problem = f"annotations and job summary failed ({type(error).__name__} in pytest-llmcost)"
        self.trouble += [problem] if problem else []
