"""Production of a feature from its validated values: what they say differently than the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.core.production import Production, SideCall, Summary, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    Values = Mapping[str, Any]

_AS_THEY_ARE = (
    "turns_per_session",
    "tokens_per_turn",
    "history_turns",
    "history_tokens",
    "cache_hit_rate",
    "response_cache_hit_rate",
    "batch",
)


def production(values: Values) -> Production:
    """How production serves a feature; PLAIN where nothing differs from the tests."""
    summary, fallback = values.get("history_summary"), values.get("fallback")
    return Production(
        **{key: values[key] for key in _AS_THEY_ARE if key in values},
        is_session=values.get("sample") == "session",
        tiers=tiers(values),
        summary=Summary(**summary) if summary else None,
        response_cache_lookup=_side_call(values.get("response_cache_lookup")),
        routes=tuple((model, share) for model, share in values.get("routing", {}).items() if share),
        router=_side_call(values.get("router")),
        fallback=(fallback["model"], fallback["share"]) if fallback and fallback["share"] else None,
    )


def tiers(values: Values) -> tuple[Tier, ...]:
    """The kinds of users of a feature, in the order of declaration."""
    return tuple(Tier(name=name, **tier) for name, tier in values.get("tiers", {}).items())


def _side_call(values: Values | None) -> SideCall | None:
    return SideCall(**values) if values else None
