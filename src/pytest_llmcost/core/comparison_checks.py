"""Checks of a comparison: an increase beyond its limits, what is mere noise, and what moved under the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.bootstrap import ENOUGH
from pytest_llmcost.core.finding import Finding, Severity, graded
from pytest_llmcost.core.money import CONTEXT, ZERO, percent, total
from pytest_llmcost.core.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Header
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.noise import Noise
    from pytest_llmcost.core.report import Prices
    from pytest_llmcost.core.settings import Settings

_NAMED = 3
"""Features named in one message; the rest is counted."""


def months_before(comparison: Comparison | None) -> dict[str, Decimal | None]:
    """Return dollars a month of the baseline, by feature and in total; nothing where no month is compared."""
    if comparison is None or comparison.per != "month":
        return {}
    return {change.name: change.before_usd for change in comparison.features} | {"total": comparison.before_usd}


def compared(
    comparison: Comparison, gate: Comparison, noises: Sequence[Noise], settings: Settings
) -> Iterator[Finding]:
    """Yield what the difference between both sides breaks, and what is to be known about it.

    `gate` is what limits on increases look at: the comparison itself, or that with an accepted baseline.
    """
    chance = tuple(noise for noise in noises if noise.is_chance)
    yield from _regression(gate, chance, settings, "" if gate is comparison else "accepted ")
    yield from _slack(comparison, chance, settings)
    yield from (_noise(noise, comparison.per, settings.currency) for noise in noises)


def _judged(comparison: Comparison, chance: Sequence[Noise]) -> tuple[Decimal, Decimal]:
    """US dollars before and after, over the tests on both sides, without what is within noise."""
    before, after = comparison.gate_total()
    return before, CONTEXT.subtract(after, _sum(chance))


def _sum(noises: Iterable[Noise]) -> Decimal:
    return total(noise.seen_usd for noise in noises) or ZERO


def _regression(comparison: Comparison, chance: Sequence[Noise], settings: Settings, word: str) -> Iterator[Finding]:
    before, after = _judged(comparison, chance)
    increase = CONTEXT.subtract(after, before)
    if increase <= 0 or (comparison.per == "month" and increase < settings.ignore_below_usd):
        return
    limits = _exceeded(before, increase, settings)
    if limits:
        change = percent(before, after)
        share, left_out, draw = f" ({change})" if change else "", _sum(chance), settings.currency.draw
        yield Finding(
            rule="regression",
            severity=graded("regression", settings),
            subject="total",
            limit=limits[0],
            actual=f"{draw(increase, sign=True)}{share}",
            message=f"{word}{draw(before)} → {draw(after)} a {comparison.per}{share},"
            f" more than {' and '.join(limits)} allowed: {_risen(comparison, chance, settings.currency)}"
            f"{f' (without {draw(left_out, sign=True)} of live outputs within noise)' if left_out else ''}",
        )


def _exceeded(before: Decimal, increase: Decimal, settings: Settings) -> list[str]:
    limits = []
    share, amount = settings.max_increase_percent, settings.max_increase_usd
    if share is not None and increase * 100 > before * share:
        limits.append(f"+{share.normalize():f}%")
    if amount is not None and increase > amount:
        limits.append(settings.currency.draw(amount, sign=True))
    return limits


def _risen(comparison: Comparison, chance: Iterable[Noise], currency: Currency) -> str:
    noise = {one.feature: one.seen_usd for one in chance}
    risen = []
    for change in comparison.gate:
        if change.before_usd is not None and change.after_usd is not None:
            after = CONTEXT.subtract(change.after_usd, noise.get(change.name, ZERO))
            risen += [(change.before_usd - after, change.name, change.before_usd, after)]
    risen = sorted(one for one in risen if one[0] < 0)
    parts = [f"`{name}` {currency.draw(before)} → {currency.draw(after)}" for _, name, before, after in risen[:_NAMED]]
    return "; ".join(parts) + (f"; {len(risen) - _NAMED} more" if len(risen) > _NAMED else "")


def _slack(comparison: Comparison, chance: Sequence[Noise], settings: Settings) -> Iterator[Finding]:
    """A baseline that is too high lets the next increases through without a word."""
    before, after = _judged(comparison, chance)
    unused = CONTEXT.subtract(before, after)
    if unused * 100 > before and (comparison.per == "run" or unused > settings.ignore_below_usd):
        yield Finding(
            rule="slack",
            severity=Severity.NOTICE,
            subject="total",
            actual=settings.currency.draw(-unused),
            message=f"{settings.currency.draw(unused)} a {comparison.per} below the baseline: write it down with"
            " --llmcost-update-baseline, or the next increase can use it up",
        )


def _noise(noise: Noise, per: str, currency: Currency) -> Finding:
    moved = currency.draw(noise.seen_usd, sign=True)
    tests = plural(noise.pairs, "test")
    how = f" over {tests}: too few samples to tell it from noise, so it counts; {ENOUGH} would do"
    if noise.low_usd is not None:
        within, least = "within" if noise.is_chance else "more than", _blind(noise, currency)
        how = f", {within} noise ({_interval(noise, currency)} over {tests}{least})"
    return Finding(
        rule="noise",
        severity=Severity.NOTICE,
        subject=noise.feature,
        actual=moved,
        message=f"`{noise.feature}`: outputs of live calls moved {moved} a {per}{how}",
    )


def _interval(noise: Noise, currency: Currency) -> str:
    return f"95%: {currency.draw(noise.low_usd, sign=True)} to {currency.draw(noise.high_usd, sign=True)}"


def _blind(noise: Noise, currency: Currency) -> str:
    """Where every test moved alike, nothing is too small to be seen."""
    least = noise.detectable_usd
    return f"; smaller than {currency.draw(least)} could not have been seen" if least else ""


def ages(header: Header, prices: Prices, estimator: str) -> Iterator[Finding]:
    """Yield a notice for what has moved under a baseline since it was written; never a cause of a change."""
    book = f"{prices.source} {prices.version}"
    pinned = header.prices_as_of and header.prices_as_of != prices.as_of
    if (header.price_book and header.price_book != book) or pinned:
        then = f"{header.price_book}{f' of {header.prices_as_of}' if header.prices_as_of else ''}"
        yield Finding(
            rule="price-book",
            severity=Severity.NOTICE,
            subject=book,
            message=f"the baseline was written under {then}; both sides are priced with {book} of {prices.as_of}",
        )
    if header.estimator != estimator:
        yield Finding(
            rule="estimator",
            severity=Severity.WARNING,
            subject=estimator,
            message="the baseline counted tokens in another way, so replies that are older than their request cannot be"
            " told; renew it with --llmcost-update-baseline",
        )
