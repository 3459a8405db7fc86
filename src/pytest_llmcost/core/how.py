"""How: the traffic and the production of a feature in sentences, with the figures that a month is made with."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.conversation import history
from pytest_llmcost.core.fit import saved
from pytest_llmcost.core.money import dollars
from pytest_llmcost.core.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.production import Production, Tier
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.traffic import Traffic


def traffic(declared: Traffic, days_per_month: Decimal, scenario: Scenario) -> str:
    """Say how the requests of a month come out: `50,000 users x 1 session x 10 turns = 500,000 requests a month`."""
    requests = declared.monthly(days_per_month)
    parts = _parts(declared, days_per_month)
    said = " = ".join([*([" x ".join(parts)] if parts else []), f"{_number(requests)} requests a month"])
    if scenario.traffic == 1:
        return said
    whole = requests * Fraction(scenario.traffic)
    return f"{said}, x {_number(scenario.traffic)} ({scenario.name}) = {_number(whole)}"


def _parts(declared: Traffic, days_per_month: Decimal) -> list[str]:
    if declared.requests_per_day is not None:
        return [f"{_number(declared.requests_per_day)} requests a day", f"{_number(days_per_month)} days"]
    if declared.monthly_users is not None and declared.tiers:
        kinds = [f"{_number(tier.share)} x {_sessions(tier)} ({tier.name})" for tier in declared.tiers]
        return [f"{_number(declared.monthly_users)} users", f"({' + '.join(kinds)})"]
    if declared.monthly_users is None or declared.sessions_per_user is None:
        return []
    turns = [] if declared.turns_per_session is None else [f"{_number(declared.turns_per_session)} turns"]
    return [f"{_number(declared.monthly_users)} users", f"{_number(declared.sessions_per_user)} sessions", *turns]


def _sessions(tier: Tier) -> str:
    return f"{_number(tier.sessions_per_user)} sessions x {_number(tier.turns_per_session)} turns"


def calls(samples: Sequence[Sample]) -> Iterator[str]:
    """Say how many calls a request makes, where the tests differ in that: an agent that needs more now and then."""
    counts = sorted(len(sample.profiles) for sample in samples if sample.weight)
    if counts and counts[0] != counts[-1]:
        yield f"a test makes {counts[0]} to {counts[-1]} calls, {counts[(len(counts) - 1) // 2]} in the middle"


def begun(samples: Sequence[Sample], served: Production) -> Iterator[str]:
    """Say which tests begin in the middle of a conversation, where later turns are modelled."""
    number = sum(map(bool, saved(samples))) if served.grows else 0
    if number:
        begin, are = ("begins", "is") if number == 1 else ("begin", "are")
        tests = plural(number, "test")
        yield f"{tests} {begin} in the middle of a conversation, and {are} taken without its earlier turns"


def production(served: Production, scenario: Scenario) -> Iterator[str]:
    """Say what production does to the calls of a test, in the order in which it does."""
    yield from _conversation(served)
    if scenario.context_growth and not served.is_conversation:
        yield f"input grows by {_percent(scenario.context_growth)} ({scenario.name}), at the price of plain input"
    if not scenario.caching:
        yield f"nothing is cached ({scenario.name})"
    elif served.cache_hit_rate is not None:
        yield f"{_percent(served.cache_hit_rate)} of the requests read the cacheable prefix, the others do not"
    if served.batch:
        yield "every call is bought at the batch rate"
    for model, share in served.routes:
        yield f"{_percent(share)} of the requests go to {model}"
    if served.router is not None:
        yield f"each request asks {served.router.model} for its route"
    if served.fallback is not None:
        model, share = served.fallback
        yield f"{_percent(share)} of the requests are asked once more, of {model}"
    if served.response_cache_hit_rate and scenario.caching:
        yield f"the response cache answers {_percent(served.response_cache_hit_rate)} of the requests, without a call"


def _conversation(served: Production) -> Iterator[str]:
    if served.is_session:
        yield f"one test is a session of {_lengths(served)}: its cost is shared by them"
        return
    if not served.grows:
        return
    if served.tokens_per_turn is not None:
        size = f"{_number(served.tokens_per_turn)} tokens"
        last = max(turns for _, turns in served.sessions)
        sent = history(int(last), served.tokens_per_turn, served.history_turns)
        most = f", so that the last one sends {_number(sent)} of them"
    elif served.fit is not None:
        fit = served.fit
        shown = f"{plural(fit.turns, 'turn')} of {plural(fit.tests, 'test')} show: {fit.low:,} to {fit.high:,}"
        size = f"{_number(fit.mean)} tokens ({shown})"
        most = ""
    else:
        size, most = f"what the user writes ({_number(round(served.user_tokens, 0))} tokens) and the answer", ""
    yield f"a session has {_lengths(served)}; each adds {size} to the history of the next{most}"
    if served.history_turns is not None:
        kept = served.summary
        rest = f"; {_number(kept.tokens)} tokens by {kept.model} sum up the rest" if kept else ""
        yield f"the history keeps the last {served.history_turns} turns{rest}"
    if served.history_tokens is not None:
        yield f"at most {served.history_tokens:,} tokens of the history are sent"


def _lengths(served: Production) -> str:
    if served.tiers:
        return " or ".join(f"{_number(tier.turns_per_session)} turns ({tier.name})" for tier in served.tiers)
    return f"{_number(served.turns_per_session)} turns"


def _percent(share: Decimal) -> str:
    return f"{_number(share * 100)}%"


def _number(amount: Decimal | Fraction) -> str:
    return f"{dollars(Fraction(amount)):,f}"
