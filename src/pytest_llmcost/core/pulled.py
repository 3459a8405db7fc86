"""Pulled levers in words: what each of them changes, in one phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pytest_llmcost.core.money import CONTEXT, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.production import SideCall, Summary
    from pytest_llmcost.core.whatif import Levers

    Fields = Mapping[str, object]


def said(name: str, levers: Levers) -> str:
    """Say what a lever changes."""
    return _SAID[name](levers)


def _traffic(levers: Levers) -> str:
    return f"x {_number(levers.traffic)}"


def _prompt(levers: Levers) -> str:
    return f"{_percent(CONTEXT.subtract(1, levers.kept))} of the input tokens of each chat left out"


def _output(levers: Levers) -> str:
    return f"{levers.max_output:,} output tokens at most in each chat"


def _conversation(levers: Levers) -> str:
    fields, parts = levers.production, list[str]()
    if "turns_per_session" in fields:
        parts.append(f"{_number(cast('Decimal', fields['turns_per_session']))} turns a session")
    if "tokens_per_turn" in fields:
        parts.append(f"{_number(cast('Decimal', fields['tokens_per_turn']))} tokens a turn")
    return ", ".join(parts)


def _history(levers: Levers) -> str:
    fields, parts = levers.production, list[str]()
    if "history_turns" in fields:
        parts.append(f"the last {fields['history_turns']} turns")
    if "summary" in fields:
        kept = cast("Summary", fields["summary"])
        parts.append(f"{_number(kept.tokens)} tokens by {kept.model} for the rest")
    if "history_tokens" in fields:
        parts.append(f"{fields['history_tokens']:,} tokens at most")
    return ", ".join(parts)


def _prefix(levers: Levers) -> str:
    rate = cast("Decimal", levers.production["cache_hit_rate"])
    return f"{_percent(rate)} of the requests read the cacheable prefix, the others write it"


def _routing(levers: Levers) -> str:
    routes = cast("Sequence[tuple[str, Decimal]]", levers.production["routes"])
    parts = [f"{_percent(share)} to {model}" for model, share in routes]
    router = cast("SideCall | None", levers.production.get("router"))
    return ", ".join([*parts, *([f"each request asks {router.model} for its route"] if router else [])])


def _fallback(levers: Levers) -> str:
    model, share = cast("tuple[str, Decimal]", levers.production["fallback"])
    return f"{_percent(share)} asked once more, of {model}"


def _response(levers: Levers) -> str:
    parts = list[str]()
    if "response_cache_hit_rate" in levers.production:
        rate = cast("Decimal", levers.production["response_cache_hit_rate"])
        parts.append(f"{_percent(rate)} of the requests answered without a call")
    lookup = cast("SideCall | None", levers.production.get("response_cache_lookup"))
    return ", ".join([*parts, *([f"each request embedded by {lookup.model}"] if lookup else [])])


_SAID: Mapping[str, Callable[[Levers], str]] = {
    "traffic": _traffic,
    "conversation": _conversation,
    "shorter prompt": _prompt,
    "output limit": _output,
    "shorter history": _history,
    "prefix cache": _prefix,
    "batch": lambda _: "every call at the batch rate",
    "routing": _routing,
    "fallback": _fallback,
    "response cache": _response,
}


def _percent(share: Decimal) -> str:
    return f"{_number(CONTEXT.multiply(share, 100))}%"


def _number(amount: Decimal) -> str:
    return f"{plain(amount):,f}"
