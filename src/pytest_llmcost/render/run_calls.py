"""The rows of calls, encoded by hand: of a large run they are nearly all, and most of a row recurs."""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import dumped, encodable, usage_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.call import Call, PricedCall, Product, Profile
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.run_prompts import Prompts

_REMEMBERED = 4096
"""Fragments kept for the next row: enough for what recurs, and far below the size of a large run."""


def call_rows(report: Report, prompts: Prompts) -> Iterator[str]:
    """Yield a row for each call, in order; `prompts` learns what they refer to."""
    text = lru_cache(_REMEMBERED)(dumped)
    names = lru_cache(_REMEMBERED)(_names)
    # By identity: to hash a profile costs more than to encode it. The report keeps every profile alive.
    profiles: dict[int, str] = {}
    for one, recorded in _pairs(report):
        call, profile, usd = one.call, one.call.profile, one.cost.usd
        counts = profiles.get(id(profile))
        if counts is None:
            if len(profiles) >= _REMEMBERED:
                profiles.clear()
            counts = profiles[id(profile)] = _counts(profile)
        cost = "null" if usd is None else f'"{usd:f}"'
        yield encodable(
            f'{{"test":{text(call.test)},"phase":{text(call.phase)},"attempt":{call.attempt},"index":{call.index},'
            f'"feature":{text(one.feature)},{names(profile.product)},'
            f'"requested_model":{text(call.requested_model)},"status":{text(call.status)},'
            f'"outcome":"{call.outcome}","stream":{"true" if call.stream else "false"},'
            f'"origin":"{call.origin}",{counts},"cost_usd":{cost},"price_note":{text(one.cost.note)},'
            f'"call_site":{text(call.call_site)},"prompt_sha256":{prompts.add(profile)}{_more(call)}'
            f"{_recorded(profile, recorded) if recorded is not None and recorded is not profile else ''}}}"
        )


def _pairs(report: Report) -> Iterable[tuple[PricedCall, Profile | None]]:
    """Pair each call with the profile that it was recorded with; None where the report does not know it."""
    if report.run is None:
        return zip(report.calls, repeat(None))
    return zip(report.calls, (call.profile for call in report.run.calls), strict=True)


def _names(product: Product) -> str:
    names = {"provider": product.provider, "model": product.model, "operation": product.operation}
    if product.service_tier is not None:
        names["service_tier"] = product.service_tier
    return dumped(names)[1:-1]


def _counts(profile: Profile) -> str:
    segments = [f'"{segment}":{tokens}' for segment, tokens in profile.segments.items() if tokens]
    text = f'{_used(profile)},"segments":{{{",".join(segments)}}}'
    if profile.counted_tokens:
        text += f',"counted_tokens":{profile.counted_tokens}'
    if profile.reported_tokens is not None:
        text += f',"reported_tokens":{profile.reported_tokens}'
    if profile.reported_for is not None:
        text += f',"reported_for":{profile.reported_for}'
    if profile.output_limit is not None:
        text += f',"output_limit":{profile.output_limit}'
    if profile.output_tokens_upper is not None:
        text += f',"output_tokens_upper":{profile.output_tokens_upper}'
    return text


def _used(profile: Profile) -> str:
    return (
        f'"usage":{usage_text(profile.usage)},"usage_source":"{profile.usage_source}",'
        f'"input_tokens_upper":{profile.input_tokens_upper}'
    )


def _more(call: Call) -> str:
    """Return what only some calls have to say."""
    text = f',"counted_upper":{call.counted_upper}' if call.counted_upper else ""
    if call.stale_by is not None:
        text += f',"stale_by":{call.stale_by}'
    if call.evaluation:
        text += ',"evaluation":true'
    if call.note is not None:
        text += f',"note":{dumped(call.note)}'
    if call.replayed_by is not None:
        text += f',"replayed_by":{dumped(call.replayed_by)}'
    if call.tools_called:
        text += f',"tools_called":{dumped(call.tools_called)}'
    return text


def _recorded(profile: Profile, recorded: Profile) -> str:
    """Return the usage as it was recorded, where a stale reply was given another."""
    if recorded == profile:
        return ""
    reported = "null" if recorded.reported_for is None else recorded.reported_for
    return f',"recorded":{{{_used(recorded)},"reported_for":{reported}}}'
