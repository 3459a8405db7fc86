"""A run file read to be judged anew: with the settings, the calls and the day of the prices that it states."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.compose import Book
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage import run_file, run_report, run_settings

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.run import Run
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.pricing import PriceBook


class JudgedRun(NamedTuple):
    """A run file: its report, what it recorded, what it says was configured, and the day of its prices."""

    report: Report
    run: Run
    settings: Settings
    as_of: date

    def prices(self) -> PriceBook:
        """Return the price book that is installed, with the day, the names and the prices of the file."""
        from pytest_llmcost.pricing import PriceBook

        own = self.settings
        return PriceBook(as_of=self.as_of, models=own.models, prices=own.prices, discounts=own.discounts)


def book(prices: PriceBook) -> Book:
    """Return a price book as reports need it."""
    return Book(price=prices, prices=prices.prices, claims=prices.claims)


def read(path: Path) -> JudgedRun:
    """Read a run file; RunFileError, one sentence, for what is none, and for one without its session."""
    data = run_file.read(path)
    report = run_report.report(data)
    if report.run is None:
        raise RunFileError(f"{path} does not say which tests ran: write a new one with pytest --llmcost")
    return JudgedRun(report, report.run, run_settings.settings(data), run_settings.prices_date(data))
