"""Acceptance: what a change did to its own baseline, with or without a reason, and what is accepted no more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.money import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.baseline import Acceptance
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratchet:
    """A comparison seen together with the baseline that the change itself proposes.

    Attributes:
        comparison: this run against the baseline before the change.
        against: both baselines.
        proposed_usd: what the proposed one comes to, as `comparison` counts (US dollars a month, or a run); None
            without one, or while a part has no price.
        settings: the limits on increases, and which groups of findings fail.
        day: ISO date of the run: what holds on it is accepted.
    """

    comparison: Comparison
    against: Against
    proposed_usd: Decimal | None
    settings: Settings
    day: str

    def made(self) -> tuple[Acceptance, ...]:
        """Return the acceptances of this change that hold today."""
        proposed, known = self.against.proposed, self.against.baseline
        if proposed is None:
            return ()
        before = () if known is None else known.accepted
        return tuple(one for one in proposed.accepted if one not in before and not _is_over(one, self.day))

    def covers(self) -> bool:
        """Tell whether an acceptance of this change stands for the proposed baseline.

        A baseline that was raised again after it was accepted, by more than the limits on increases allow, is not
        what somebody accepted. Where a price is unknown, this cannot be told, and the acceptance is believed.
        """
        after = [one.after_usd for one in self.made()]
        highest = max((usd for usd in after if usd is not None), default=None)
        if highest is None or None in after or self.proposed_usd is None:
            return bool(after)
        return not self._is_beyond(highest, self.proposed_usd)

    def gate(self, accepted: Comparison | None) -> Comparison:
        """Return the comparison that limits on increases look at.

        Args:
            accepted: this run against the proposed baseline, where an acceptance stands for it. It helps and never
                harms: a change that lowers its own baseline is still held to the one before.
        """
        if accepted is None or _rise(accepted) >= _rise(self.comparison):
            return self.comparison
        return accepted

    def findings(self) -> Iterator[Finding]:
        """Yield what was accepted, what was raised without, and what is accepted no more."""
        made, draw = self.made(), self.settings.currency.draw
        for one in made:
            difference = _difference(one, self.settings.currency)
            yield Finding(
                rule="accepted",
                severity=Severity.NOTICE,
                subject="total",
                actual=difference,
                message=f"{difference} a {self.comparison.per} accepted{_by(one)} on {one.on}: {one.reason:.300}"
                f" ({draw(one.before_usd)} → {draw(one.after_usd)}){f', until {one.until}' if one.until else ''}",
            )
        if not self.covers():
            yield from self._raised(made)
        yield from self._expired()
        yield from self._told()

    def _raised(self, made: tuple[Acceptance, ...]) -> Iterator[Finding]:
        before, after, draw = self.comparison.before_usd, self.proposed_usd, self.settings.currency.draw
        if before is None or after is None or not self._matters(before, after):
            return
        highest = max((one.after_usd for one in made if one.after_usd is not None), default=None)
        reason, remedy = "without a reason", "records one"
        if highest is not None:
            reason, remedy = f"beyond the {draw(highest)} that was accepted", "accepts the rest"
        yield Finding(
            rule="baseline-raised",
            severity=Severity.WARNING,
            subject=self.against.proposed.source if self.against.proposed else "",
            limit=draw(before),
            actual=draw(after),
            message=f"this change raises its own baseline, {draw(before)} → {draw(after)} a {self.comparison.per},"
            f" {reason}; the comparison is with {self.comparison.source} all the same;"
            f" llmcost accept RUN --reason TEXT {remedy}",
        )

    def _expired(self) -> Iterator[Finding]:
        now, draw = self.comparison.after_usd, self.settings.currency.draw
        for one in expired(_both(self.against), self.day):
            if now is None or one.before_usd is None or not self._matters(one.before_usd, now):
                continue
            failing = "regression" in self.settings.fail_on
            yield Finding(
                rule="acceptance-expired",
                severity=Severity.ERROR if failing else Severity.WARNING,
                subject="total",
                limit=draw(one.before_usd),
                actual=draw(now),
                message=f"accepted until {one.until}{_by(one)} ({one.reason:.300}): still {draw(now)} a"
                f" {self.comparison.per}, {draw(one.before_usd)} before; bring it down, or accept it anew",
            )

    def _told(self) -> Iterator[Finding]:
        """Yield what reading the two baselines brought to light."""
        if self.against.unread:
            yield Finding(
                rule="baseline-unread",
                severity=Severity.WARNING,
                subject="total",
                message=f"the baseline of this change is not looked at: {self.against.unread}",
            )
        before, after = self.comparison.before_usd, self.comparison.after_usd
        moved = (
            before is not None and after is not None and (self._matters(before, after) or self._matters(after, before))
        )
        if self.against.behind and moved:
            yield Finding(
                rule="baseline-age",
                severity=Severity.NOTICE,
                subject=self.comparison.source,
                message=f"{self.against.behind}: what was changed in between is part of the difference",
            )

    def _matters(self, before: Decimal, after: Decimal) -> bool:
        increase = CONTEXT.subtract(after, before)
        return increase > 0 and (self.comparison.per != "month" or increase >= self.settings.ignore_below_usd)

    def _is_beyond(self, before: Decimal, after: Decimal) -> bool:
        share, amount = self.settings.max_increase_percent, self.settings.max_increase_usd
        increase = CONTEXT.subtract(after, before)
        too_much = share is not None and CONTEXT.multiply(increase, 100) > CONTEXT.multiply(before, share)
        return self._matters(before, after) and (too_much or (amount is not None and increase > amount))


def accept(report: Report, old: Iterable[Acceptance], said: Acceptance) -> Acceptance | None:
    """Return `said` with the US dollars of a run before and after; None when the run is compared with nothing.

    Args:
        report: of the run whose cost is accepted.
        old: what the baseline file holds so far. What is accepted anew keeps the figure from before it was first
            accepted, so that a second last day is held to the same promise.
        said: who, when, why and until when.
    """
    comparison = report.comparison
    if comparison is None:
        return None
    before, after = comparison.before_usd, comparison.after_usd
    renewed = [one.before_usd for one in expired(old, said.on) if one.before_usd is not None]
    lower = [usd for usd in renewed if before is not None and after is not None and usd < min(before, after)]
    return replace(said, before_usd=min(lower, default=before), after_usd=after)


def expired(accepted: Iterable[Acceptance], day: str) -> tuple[Acceptance, ...]:
    """Return the acceptances whose last day is past and that nobody has renewed since.

    One that is made after the last day of another renews it: whoever makes it has seen that the other had ended.
    """
    rows = tuple(accepted)
    return tuple(
        one
        for one in rows
        if _is_over(one, day) and not any(later != one and later.on > (one.until or "") for later in rows)
    )


def still_accepted(accepted: Iterable[Acceptance], usd: Decimal | None) -> tuple[Acceptance, ...]:
    """Return what a new baseline that comes to `usd` keeps of the acceptances of the old one.

    All of them, for they are its history; but a promise that is fulfilled, an increase accepted until a day and gone
    by now, is dropped, so that it does not come back with the next increase.
    """
    return tuple(
        one for one in accepted if one.until is None or usd is None or one.before_usd is None or usd > one.before_usd
    )


def _is_over(one: Acceptance, day: str) -> bool:
    return one.until is not None and one.until < day


def _both(against: Against) -> Iterable[Acceptance]:
    """Return the acceptances of both baselines; where they differ in the last day only, the proposed one counts."""
    sides = [side.accepted for side in (against.baseline, against.proposed) if side is not None]
    return {(one.on, one.by, one.reason): one for side in sides for one in side}.values()


def _rise(comparison: Comparison) -> Decimal:
    before, after = comparison.gate_total()
    return CONTEXT.subtract(after, before)


def _difference(one: Acceptance, currency: Currency) -> str:
    if one.before_usd is None or one.after_usd is None:
        return "?"
    return currency.draw(CONTEXT.subtract(one.after_usd, one.before_usd), sign=True)


def _by(one: Acceptance) -> str:
    return f" by {one.by}" if one.by else ""
