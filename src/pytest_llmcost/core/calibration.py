"""Calibration: what the replies that state their usage teach about those that do not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.models import undated
from pytest_llmcost.core.money import CONTEXT, plain
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.usage import Provenance, resized

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Call, Profile

FEWEST = 3
"""Different prompts that a ratio is learned from, at least."""
ENOUGH = 19
"""With so many, one more lies above the highest ratio seen in one case of twenty: then that is the bound."""
_SHORTEST = 16
"""Counted tokens below which framing says more than text, and a hand-written reply is likely."""
_PLACES = 10_000
_WIDEST = 3
"""A reported count is trusted up to so many times our own, and down to as small a part of it."""


class Kind(NamedTuple):
    """What one ratio holds for: an estimator errs in another way on tool definitions and on media than on text."""

    provider: str
    model: str
    """Without the date of a snapshot: replies name it, and requests often do not."""
    operation: str
    content: str
    """`text`, `tools` or `media`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Reported by counted input tokens of the calls of one kind.

    Attributes:
        kind: what it holds for.
        prompts: how many different prompts it is learned from.
        middle, low, high: the median, the least and the greatest, to four places; the greatest rounded up.
        used: how many calls of the run it is used for.
    """

    kind: Kind
    prompts: int
    middle: Decimal
    low: Decimal
    high: Decimal
    used: int = 0


Ratios = dict[Kind, Ratio]


def learn(calls: Iterable[Call], baseline: Baseline | None) -> Ratios:
    """Return what is known of the kinds of calls that state no usage; of the baseline's prompts as well.

    The baseline is one of the same estimator, or None. Replies written by hand teach nothing: not what a fake says, nor
    what several prompts of different sizes report alike, nor what is far off.
    """
    calls = tuple(calls)
    wanted = {_kind(call.profile) for call in calls if _is_estimate(call.profile)}
    if not wanted:
        return {}
    told = {} if baseline is None else _told(p for entry in baseline.tests.values() for p in entry.calls)
    for prompt in _told(call.profile for call in calls):
        told.pop(prompt, None)  # this run says who answered, and a baseline does not
    told |= _told(call.profile for call in calls if call.origin is not Origin.FAKE and call.stale_by is None)
    prompts: dict[Kind, list[Profile]] = {}
    for (kind, _), profile in told.items():
        if kind in wanted:
            prompts.setdefault(kind, []).append(profile)
    found = {kind: _ratio(kind, profiles) for kind, profiles in prompts.items()}
    return {kind: ratio for kind, ratio in found.items() if ratio is not None}


def calibrated(calls: Sequence[Call], ratios: Ratios) -> tuple[Call, ...]:
    """Return the calls with their estimates brought in line with what the provider reports of their like."""
    if not ratios:
        return tuple(calls)
    known: dict[int, Profile] = {}  # calls that share a profile go on sharing one
    found = []
    for call in calls:
        profile = known.get(id(call.profile))
        if profile is None:
            doubt = Fraction(call.counted_upper, call.profile.counted_tokens or 1)
            profile = known[id(call.profile)] = _corrected(call.profile, ratios, doubt)
        found.append(call if profile is call.profile else replace(call, profile=profile))
    return tuple(found)


def recalibrated(baseline: Baseline, ratios: Ratios) -> Baseline:
    """Return the baseline with its estimates as they would be made now: what is learned since changes no prompt."""
    if not ratios:
        return baseline
    tests = {
        test: replace(entry, calls=tuple(_corrected(one, ratios, _doubt(one)) for one in entry.calls))
        for test, entry in baseline.tests.items()
    }
    return replace(baseline, tests=tests)


def in_use(calls: Iterable[Call], ratios: Ratios) -> tuple[Ratio, ...]:
    """Return the ratios that calls of the run are estimated with, those of most calls first."""
    used = Counter(kind for call in calls if _is_estimate(call.profile) and (kind := _kind(call.profile)) in ratios)
    return tuple(
        replace(ratios[kind], used=number) for kind, number in sorted(used.items(), key=lambda x: (-x[1], x[0]))
    )


def _kind(profile: Profile) -> Kind:
    product, segments = profile.product, {block.segment for block in profile.blocks}
    content = "media" if Segment.MEDIA in segments else "tools" if Segment.TOOLS in segments else "text"
    return Kind(product.provider, undated(product.model), product.operation, content)


def _is_estimate(profile: Profile) -> bool:
    """Tell whether the input is known by our own count only, and that is not exact."""
    return profile.usage_source is Provenance.SCALED and profile.reported_tokens is None and profile.counted_tokens > 0


def _told(profiles: Iterable[Profile]) -> dict[tuple[Kind, str], Profile]:
    """Return the profiles that state their input, one for each prompt; where a prompt was told twice, the last."""
    return {
        (_kind(profile), profile.prompt): profile
        for profile in profiles
        if profile.usage_source is Provenance.REPORTED
        and profile.counted_tokens >= _SHORTEST
        and profile.counted_tokens <= _WIDEST * (profile.reported_tokens or 0)
        and (profile.reported_tokens or 0) <= _WIDEST * profile.counted_tokens
    }


def _ratio(kind: Kind, profiles: Sequence[Profile]) -> Ratio | None:
    sizes: dict[int | None, set[int]] = {}
    for profile in profiles:
        sizes.setdefault(profile.reported_tokens, set()).add(profile.counted_tokens)
    ratios = sorted(
        Fraction(profile.reported_tokens or 0, profile.counted_tokens)
        for profile in profiles
        if len(sizes[profile.reported_tokens]) == 1
    )
    if len(ratios) < FEWEST:
        return None
    middle = (ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) / 2
    return Ratio(
        kind=kind,
        prompts=len(ratios),
        middle=_places(round(middle * _PLACES)),
        low=_places(floor(ratios[0] * _PLACES)),
        high=_places(ceil(ratios[-1] * _PLACES)),
    )


def _places(ten_thousandths: int) -> Decimal:
    return plain(CONTEXT.scaleb(Decimal(ten_thousandths), -4))


def _corrected(profile: Profile, ratios: Mapping[Kind, Ratio], doubt: Fraction) -> Profile:
    """Scale an estimate: input = counted x the median ratio, bound = counted x the greatest.

    Learned from few prompts, the bound is no smaller a part of the estimate than the estimator's own, `doubt`.
    """
    if not _is_estimate(profile) or (ratio := ratios.get(_kind(profile))) is None:
        return profile
    tokens = round(profile.counted_tokens * Fraction(ratio.middle))
    upper = profile.counted_tokens * Fraction(ratio.high)
    if ratio.prompts < ENOUGH:
        upper = max(upper, tokens * doubt)
    return replace(profile, usage=resized(profile.usage, tokens), input_tokens_upper=max(ceil(upper), tokens))


def _doubt(profile: Profile) -> Fraction:
    return Fraction(profile.input_tokens_upper, profile.usage.input_tokens or 1)
