"""Spend: refuse the next call once this run has spent its limit on real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Origin, Outcome, cost
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.money import draw
from pytest_llmcost.errors import SpendLimitReached

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.core.call import Call, Price
    from pytest_llmcost.storage.spend import SpendFile

_PAID_FOR = (Origin.LIVE, Origin.LOCAL)


class SpendLimit:
    """Counts what every worker spends, and refuses.

    Args:
        limit: US dollars.
        file: the counter that all workers share.
        read: turns a flight into its calls.
        price: the price book.
    """

    def __init__(self, limit: Decimal, file: SpendFile, read: Callable[[Flight], Sequence[Call]], price: Price) -> None:
        self._limit, self._file, self._read, self._price = limit, file, read, price
        self.findings: list[Finding] = []

    def gate(self) -> None:
        """Raise SpendLimitReached when nothing more may be sent."""
        __tracebackhide__ = True
        spent, unpriced = self._file.total()
        if unpriced:
            why = "a call without a price was made, so what this run has spent is unknown"
            self._refuse(why, why)
        if spent >= self._limit:
            self._refuse(
                f"this run has spent {draw(spent)} of {draw(self._limit)}", f"this run has reached {draw(self._limit)}"
            )

    def count(self, flight: Flight) -> None:
        """Add what a call cost that has just ended, if a real socket carried it."""
        try:
            for call in self._read(flight):
                self.add(call)
        except Exception:
            self._file.add(None)  # what cannot be read cannot be priced: nothing more is sent
            raise

    def add(self, call: Call) -> None:
        """Add what a call cost, if a real socket carried it."""
        if call.origin in _PAID_FOR and call.outcome is not Outcome.REFUSED:
            self._file.add(cost(call, self._price).usd)

    def _refuse(self, why: str, lasting: str) -> None:
        """Refuse a call; the finding says what stays true, so that all workers have the same one."""
        __tracebackhide__ = True
        if not self.findings:
            message = f"--llmcost-max-spend: {lasting}; no LLM call was sent after that"
            self.findings.append(
                Finding(rule="spend", severity=Severity.ERROR, subject="run", limit=draw(self._limit), message=message)
            )
        raise SpendLimitReached(f"--llmcost-max-spend: {why}; no further LLM call is sent")
