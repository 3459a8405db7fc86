"""Spend: refuse the next call once this run has spent its limit on real sockets."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.call import Origin, Outcome, cost
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.errors import SpendLimitReached
from pytest_llmcost.storage.spend import SpendFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal
    from pathlib import Path

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.core.call import Call, Price
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.discount import Discount
    from pytest_llmcost.core.settings import Rates

_PAID_FOR = (Origin.LIVE, Origin.LOCAL)


class Terms(NamedTuple):
    """What all processes of a run must agree on to hold its limit.

    Attributes:
        usd: the limit in US dollars.
        file: the counter that they share.
        as_of: the day whose prices hold.
        models, prices, discounts: the user's own names and rates, and what is off the list's.
        currency: what amounts are drawn in.
    """

    usd: Decimal
    file: Path
    as_of: date
    models: Mapping[str, str]
    prices: Mapping[str, Rates]
    discounts: Mapping[str, Discount]
    currency: Currency


class SpendLimit:
    """Counts what a process spends, and refuses once all of them together have reached the limit."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.findings: list[Finding] = []
        self._file = SpendFile(terms.file)
        self._draw = terms.currency.draw

    @cached_property
    def _price(self) -> Price:
        """The price book, read when there is a call to price: most processes make none."""
        from pytest_llmcost.pricing import PriceBook

        terms = self.terms
        return PriceBook(as_of=terms.as_of, models=terms.models, prices=terms.prices, discounts=terms.discounts)

    def gate(self, is_model: Callable[[], bool]) -> None:
        """Raise SpendLimitReached when nothing more may be sent and `is_model` says that this would go to a model."""
        __tracebackhide__ = True
        limit = self.terms.usd
        spent, unpriced = self._file.total()
        if unpriced:
            why = lasting = "a call without a price was made, so what this run has spent is unknown"
        elif spent >= limit:
            most = self._draw(limit)
            why, lasting = f"this run has spent {self._draw(spent)} of {most}", f"this run has reached {most}"
        else:
            return
        if is_model():
            self._refuse(why, lasting)

    def count(self, read: Callable[[Flight], Sequence[Call]], flight: Flight) -> None:
        """Add what a call cost that has just ended, if a real socket carried it; `read` turns it into calls."""
        try:
            for call in read(flight):
                self.add(call)
        except Exception:
            self.lose()
            raise

    def add(self, call: Call) -> None:
        """Add what a call cost, if a real socket carried it."""
        if call.origin in _PAID_FOR and call.outcome is not Outcome.REFUSED:
            self._file.add(cost(call, self._price).usd)

    def lose(self) -> None:
        """Note a call that cannot be read, and so cannot be priced: nothing more is sent."""
        self._file.add(None)

    def _refuse(self, why: str, lasting: str) -> None:
        """Refuse a call; the finding says what stays true, so that all processes have the same one."""
        __tracebackhide__ = True
        if not self.findings:
            message = f"--llmcost-max-spend: {lasting}; no LLM call was sent after that"
            usd = self._draw(self.terms.usd)
            self.findings.append(
                Finding(rule="spend", severity=Severity.ERROR, subject="run", limit=usd, message=message)
            )
        raise SpendLimitReached(f"--llmcost-max-spend: {why}; no further LLM call is sent")
