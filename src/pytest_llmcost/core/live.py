"""Live: what the outputs of live calls moved in a comparison, test by test and feature by feature."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import CONTEXT, ZERO, total
from pytest_llmcost.core.noise import Move, Noise, measure
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.pairing import Pair
    from pytest_llmcost.core.sampling import Sampled

_NOTHING = Usage()
_MADE = attrgetter("output_tokens", "reasoning_tokens", "output_audio_tokens", "web_searches")


def noises(pairs: Iterable[Pair], comparison: Comparison, sampled: Sampled, now: Assumptions) -> tuple[Noise, ...]:
    """Measure what live outputs moved, for each feature in the gate, or for the whole run where no month is compared.

    Inputs, and all of a replayed or mocked call, are the same whenever the code is: they are compared exactly.
    """
    live = [pair for pair in pairs if any(call.origin is Origin.LIVE for call in pair.after)]
    if not live:
        return ()
    known = {
        change.name for change in comparison.gate if change.before_usd is not None and change.after_usd is not None
    }
    if comparison.per == "run":
        found = [_of_run([pair for pair in live if pair.test in known], now)]
    else:
        weights = _weights(sampled)
        groups: dict[str, list[Pair]] = {}
        for pair in live:
            if pair.feature in known and pair.feature in now.requests:
                groups.setdefault(pair.feature, []).append(pair)
        found = [_of_feature(name, group, weights[name], now) for name, group in sorted(groups.items())]
    return tuple(noise for noise in found if noise is not None)


def _of_feature(name: str, pairs: Iterable[Pair], weight: Fraction, now: Assumptions) -> Noise | None:
    """`weight` is that of all samples in the gate: those without live calls dilute what the others moved.

    Noise is taken off the gate, so it has the overheads that the gate's months have.
    """
    meter = now.meter(name)
    moves = [Move(usd, pair.weight) for pair in pairs if (usd := moved(pair, meter)) is not None]
    own = sum((Fraction(move.weight) for move in moves), Fraction(0))
    if not weight:
        return None
    month = now.requests[name] * Fraction(now.scenario.traffic) * (1 + now.overheads) / (meter.requests or 1)
    return measure(name, moves, own / weight * month)


def _of_run(pairs: Iterable[Pair], now: Assumptions) -> Noise | None:
    meter = Meter(now.price, now.scenario)
    tests: dict[str, list[Decimal | None]] = {}
    for pair in pairs:
        tests.setdefault(pair.test, []).append(moved(pair, meter))
    moves = [Move(usd) for amounts in tests.values() if (usd := total(amounts)) is not None]
    return measure("total", moves, Fraction(len(moves)))


def _weights(sampled: Sampled) -> Mapping[str, Fraction]:
    weights: defaultdict[str, Fraction] = defaultdict(Fraction)
    for sample in sampled.common()[1]:
        weights[sample.feature] += Fraction(sample.weight)
    return weights


def moved(pair: Pair, meter: Meter) -> Decimal | None:
    """Return the US dollars that outputs of live calls add to one run of the test; None while a price is unknown.

    The dollars are those of `meter`: over all requests that a sample stands for.

    For each call: its price, less its price with the output of its partner in the baseline. A call without a partner
    counts with all of its output, and where every call is live, one that is made no more with all that it had.
    """
    return total(_moves(pair, meter))


def _moves(pair: Pair, meter: Meter) -> Iterator[Decimal | None]:
    all_live = all(call.origin is Origin.LIVE for call in pair.after)
    for then, call in pair.aligned():
        if call is not None and call.origin is Origin.LIVE:
            yield _of_output(call.profile, then, meter)
        elif call is None and then is not None and all_live:
            saved = _of_output(then, None, meter)
            yield None if saved is None else CONTEXT.minus(saved)


def _of_output(profile: Profile, other: Profile | None, meter: Meter) -> Decimal | None:
    usage, than = profile.usage, other.usage if other is not None else _NOTHING
    if _MADE(than) == _MADE(usage):
        return ZERO
    quiet = Usage(  # spelled out for speed, as in `under`
        input_tokens=usage.input_tokens,
        output_tokens=than.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        reasoning_tokens=than.reasoning_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=than.output_audio_tokens,
        image_count=usage.image_count,
        web_searches=than.web_searches,
        rerank_searches=usage.rerank_searches,
        document_pages=usage.document_pages,
        audio_seconds=usage.audio_seconds,
        input_characters=usage.input_characters,
    )
    whole, rest = (meter(profile.product, one) for one in (usage, quiet))
    return None if whole is None or rest is None else CONTEXT.subtract(whole, rest)
