"""Production in a short phrase: what differs between two ways of serving a feature, as `turns x10, cache 80%`."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import dollars

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from pytest_llmcost.core.production import Production, SideCall, Tier

_PLACES = 4


def differing(old: Production, new: Production) -> tuple[str, str]:
    """Return what both sides say where they differ; two empty texts where they say the same."""
    then, now = _said(old), _said(new)
    keys = [key for key in now if then[key] != now[key]]
    return ", ".join(then[key] for key in keys), ", ".join(now[key] for key in keys)


def _said(served: Production) -> dict[str, str]:
    """Return a phrase for each thing that can be declared, whether it is or not."""
    summary, kept, selected = served.summary, served.history_turns, served.history_tokens
    return {
        "sample": "a test is a session" if served.is_session else "a test is a request",
        "turns": _turns(served.tiers, served.turns_per_session),
        "tokens": f"tokens per turn {'as measured' if served.tokens_per_turn is None else _n(served.tokens_per_turn)}",
        "history": "whole history" if kept is None else f"history of {kept} turns",
        "selected": "all of it sent" if selected is None else f"at most {selected} tokens of it sent",
        "summary": "no summary" if summary is None else f"summary of {_n(summary.tokens)} tokens by {summary.model}",
        "cache": f"cache {'as measured' if served.cache_hit_rate is None else _percent(served.cache_hit_rate)}",
        "response": f"response cache {_percent(served.response_cache_hit_rate)}",
        "lookup": f"lookup {_side_call(served.response_cache_lookup)}",
        "batch": "batch" if served.batch else "no batch",
        "routing": f"routing {_listed((share, model) for model, share in served.routes)}",
        "router": f"router {_side_call(served.router)}",
        "fallback": f"fallback {_listed([] if served.fallback is None else [served.fallback[::-1]])}",
    }


def _turns(tiers: Iterable[Tier], turns: Decimal) -> str:
    each = [
        f"{_percent(one.share)} {one.name}: {_n(one.sessions_per_user)} x{_n(one.turns_per_session)}" for one in tiers
    ]
    return f"sessions and turns {'; '.join(each)}" if each else f"turns x{_n(turns)}"


def _side_call(side: SideCall | None) -> str:
    if side is None:
        return "none"
    given = "as measured" if side.input_tokens is None else _n(side.input_tokens)
    return f"{side.model} ({given} in, {_n(side.output_tokens)} out)"


def _listed(shares: Iterable[tuple[Decimal, str]]) -> str:
    return " + ".join(sorted(f"{_percent(share)} {model}" for share, model in shares)) or "none"


def _percent(share: Decimal) -> str:
    return f"{_n(Fraction(share) * 100)}%"


def _n(amount: Fraction | Decimal) -> str:
    return f"{dollars(Fraction(round(Fraction(amount) * 10**_PLACES), 10**_PLACES)):f}"
