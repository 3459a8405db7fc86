"""Production checks: what production buys without a price is told once, with what to do; so is a cold cache."""

from decimal import Decimal

import pytest
from core_values import PRICE, block, call, feature, profile, rates, report, run, settings

from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.production import Production, SideCall, Summary
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.settings import FineTuning, Settings

D = Decimal
WHAT = "no price: add [tool.llmcost.prices.secret]"
TURNS = {"turns_per_session": D(4), "tokens_per_turn": D(100)}
HALF = D("0.5")


def by_model(product, usage):
    is_known = product.model == "gpt-4o" and product.service_tier != "batch"
    return PRICE(product, usage) if is_known else Cost(None, WHAT)


def found(*calls, chosen: Settings | None = None, rule="unpriced", price=by_model, **production):
    """The findings of a rule as (severity, subject, location, message)."""
    chosen = chosen or settings(feature(production=Production(**production)))
    got = report(run(*(calls or [call(), call(index=1)])), chosen, price=price)
    return [(one.severity.value, one.subject, one.location, one.message) for one in got.findings if one.rule == rule]


SECRET = ("error", "secret", None, f"`chat` buys of `secret` in production: {WHAT}")


@pytest.mark.parametrize(
    "production",
    [
        {"routes": (("secret", HALF),)},
        {"routes": (("gpt-4o", HALF),), "router": SideCall(model="secret", input_tokens=D(3), output_tokens=D(1))},
        {"fallback": ("secret", D("0.1"))},
        {"history_turns": 1, "summary": Summary(model="secret", tokens=D(50)), **TURNS},
        {"response_cache_hit_rate": HALF, "response_cache_lookup": SideCall(model="secret", input_tokens=D(9))},
        {"routes": (("secret", HALF),), "fallback": ("secret", D("0.1"))},
    ],
    ids=["route", "router", "fallback", "summary", "lookup", "route and fallback"],
)
def test_what_production_buys_without_a_price_is_told_once(production):
    assert found(**production) == [SECRET]


@pytest.mark.parametrize(
    "production",
    [
        {"routes": (("secret", D(0)),)},
        {"fallback": ("secret", D(0))},
        {"history_turns": 3, "summary": Summary(model="secret", tokens=D(50)), **TURNS},
        {"routes": (("gpt-4o", HALF),)},
    ],
    ids=["no share", "no fallback", "nothing to sum up", "known"],
)
def test_what_is_never_bought_needs_no_price(production):
    assert found(**production) == []


def test_a_batch_without_a_price_is_told_of_the_model_of_the_tests():
    assert found(batch=True) == [("error", "openai/gpt-4o", None, f"`chat` buys of `gpt-4o` in production: {WHAT}")]


def test_calls_without_a_price_are_told_with_the_calls_and_not_once_more():
    calls = [call(profile(product=Product("openai", "secret")))]
    told = [("error", "openai/secret", "src/app.py:7", f"1 call of `openai/secret`: {WHAT}")]
    assert found(*calls, batch=True) == told
    assert found(*calls, batch=False) == told
    assert found(*calls, turns_per_session=D(3)) == told


def test_each_feature_that_buys_of_a_model_is_told():
    routed = Production(routes=(("secret", HALF),))
    mine = [feature(name, tests=(f"tests/test_{name}.py",), production=routed) for name in ("chat", "search")]
    calls = [call(test=f"tests/test_{one.name}.py::test_a") for one in mine]
    told = [message.partition(" buys")[0] for *_, message in found(*calls, chosen=settings(*mine))]
    assert told == ["`chat`", "`search`"]


def test_a_tuned_model_without_a_price_is_a_warning_since_no_month_depends_on_it():
    tuned = {"mine": FineTuning(feature="chat", model="secret", training_usd=D(1))}
    chosen = settings(feature(), fine_tuning=tuned)
    assert found(chosen=chosen) == [
        ("warning", "fine_tuning: mine", None, f"the tuned model `secret` of `mine`: {WHAT}")
    ]
    known = {"mine": FineTuning(feature="chat", model="gpt-4o", training_usd=D(1))}
    assert found(chosen=settings(feature(), fine_tuning=known)) == []


def prompt(system, asked="q"):
    return profile(system + 100, blocks=(block(Segment.SYSTEM, system, "rules"), block(Segment.USER, 100, asked)))


COLD = (
    "`cache_hit_rate` of `chat` saves nothing: its calls share no beginning that is long enough for the provider's"
    " cache (1,024 tokens at least, 2,048 or 4,096 for some models of Claude)"
)


@pytest.mark.parametrize(("system", "told"), [(900, [("notice", "chat", None, COLD)]), (1_200, [])])
def test_a_hit_rate_of_prompts_too_short_for_any_cache_is_told(system, told):
    price = rates("2.50", "10", read="1.25")
    assert found(call(prompt(system)), rule="cache-rate", price=price, cache_hit_rate=D("0.8")) == told


@pytest.mark.parametrize(("read", "told"), [("2.50", 1), ("1.25", 0)])
def test_a_hit_rate_of_a_model_that_reads_at_the_price_of_input_is_told(read, told):
    same = "`cache_hit_rate` of `chat` saves nothing: a read costs as much as plain input of `gpt-4o`"
    price = rates("2.50", "10", read=read)
    got = found(call(prompt(1_200)), rule="cache-rate", price=price, cache_hit_rate=D("0.8"))
    assert got == [("notice", "chat", None, same)] * told


def test_who_declares_no_hits_is_told_nothing():
    for rate in (None, D(0)):
        assert found(call(prompt(900)), rule="cache-rate", cache_hit_rate=rate) == []


def test_where_nothing_is_cached_anyway_nothing_is_told():
    chosen = settings(feature(production=Production(cache_hit_rate=D("0.8"))), scenario="aggressive")
    assert found(call(prompt(900)), rule="cache-rate", chosen=chosen) == []


@pytest.mark.parametrize(
    ("lever", "production"),
    [
        ("routing", {"routes": (("gpt-4o", HALF),)}),
        ("shorter history", {"history_turns": 3, **TURNS}),
        (None, {"history_turns": 2, **TURNS}),
        (None, {"fallback": ("gpt-4o", HALF)}),
        (None, {"response_cache_hit_rate": HALF}),
    ],
)
def test_a_lever_that_changes_nothing_is_told(lever, production):
    same = f"the {lever} that `chat` declares changes nothing: a request costs the same without it"
    assert found(rule="no-effect", **production) == ([("notice", "chat", None, same)] if lever else [])


def test_a_response_cache_that_a_scenario_switches_off_is_no_mistake():
    chosen = settings(feature(production=Production(response_cache_hit_rate=HALF)), scenario="aggressive")
    assert found(rule="no-effect", chosen=chosen) == []


def test_a_turn_whose_size_rests_on_a_prompt_that_nobody_saw_is_told():
    def rules_of(one, **production):
        served = Production(turns_per_session=Decimal(10), **production)
        found = report(run(call(one)), settings(feature(production=served))).findings
        return [finding.subject for finding in found if finding.rule == "turn-size"]

    seen = (block(Segment.SYSTEM, 900, "rules"), block(Segment.USER, 100, "asked"))
    assert rules_of(profile(1_000, 100, blocks=())) == ["chat"]
    assert rules_of(profile(1_000, 100, blocks=seen)) == []
    assert rules_of(profile(1_000, 100, blocks=()), tokens_per_turn=Decimal(200)) == []
