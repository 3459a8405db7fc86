"""Advice: what each lever would save in a month, to the cent; and silence where the calls do not show it."""

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from core_prompts import advised, each, node, part, prompt, savings
from core_values import (
    GPT_4O,
    Cost,
    baseline,
    call,
    feature,
    monthly,
    ran,
    rates,
    report,
    run,
    sample_of,
    settings,
    unpriced,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.asked import Asked, Serving
from pytest_llmcost.core.assumptions import Assumptions
from pytest_llmcost.core.call import Origin, Outcome, Product
from pytest_llmcost.core.levers import without
from pytest_llmcost.core.production import Production, Tier
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.sample import average
from pytest_llmcost.core.saving import Month
from pytest_llmcost.core.scenario import MEASURED, Scenario

CACHING = rates("2.50", "10", read="1.25", write="3")
CLAUDE = Product("anthropic", "claude-sonnet-4-5")
MINI = Product("openai", "gpt-4o-mini")


def by_model(product, usage):
    """gpt-4o at $2.50 and $10, mini at a tenth of it, batch at half."""
    plain, out = (Decimal("0.25"), 1) if product.model == "gpt-4o-mini" else (Decimal("2.50"), 10)
    half = 2 if product.service_tier == "batch" else 1
    return Cost((plain * usage.input_tokens + out * usage.output_tokens) / half / 1_000_000, "")


def long(at, **changes):
    """A prompt that begins with 1,200 tokens of rules, and has 100 of its own."""
    return prompt(part("rule", 1_200), f"q {at}", **changes)


# prefix-cache


def test_a_prefix_that_nobody_marks_for_the_cache():
    """1,200 tokens a call at $1.25 instead of $2.50 per million; the write of the first of many is not counted."""
    calls = each(*(long(at, product=CLAUDE, read=0, write=0) for at in range(2)))
    (found,) = advised(*calls, price=CACHING)
    assert (found.kind, found.monthly_usd) == ("prefix-cache", 1_500)
    assert found.message == (
        "both calls share their first 1,200 tokens, and none reads them from the cache of claude-sonnet-4-5: mark them "
        "with cache_control (counted as if all but the first of many requests read them)"
    )


def test_live_calls_that_find_nothing_in_an_automatic_cache():
    calls = each(*(long(at, read=0) for at in range(2)), origin=Origin.LIVE)
    (found,) = advised(*calls, price=CACHING)
    assert (found.kind, found.monthly_usd) == ("prefix-cache", 1_500)
    assert "let such requests follow each other within minutes" in found.message


@pytest.mark.parametrize(
    "calls",
    [
        each(*(long(at, read=0) for at in range(2))),
        each(*(long(at) for at in range(2)), origin=Origin.LIVE),
        each(long(0, read=0), long(1, read=1_200), origin=Origin.LIVE),
        each(long(0, read=0), origin=Origin.LIVE),
        each(*(long(at, product=CLAUDE) for at in range(2))),
        each(long(0, product=CLAUDE, read=0, write=1_200), long(1, product=CLAUDE, read=0, write=0)),
        [call(long(at, product=CLAUDE, read=0, write=0), test=node(0), index=at) for at in range(2)],
        each(*(prompt(part("rule", 1_000), f"q {at}", product=CLAUDE, read=0, write=0) for at in range(2))),
        each(*(prompt(part(f"rule {at}", 2_000), product=CLAUDE, read=0, write=0) for at in range(2))),
    ],
    ids=[
        "a cold recording",
        "a provider without a word on its cache",
        "one of them reads",
        "one live call is the first",
        "a mock without a word on the cache",
        "one of them is marked",
        "only calls of one test are alike",
        "too short a prefix",
        "nothing in common",
    ],
)
def test_a_cache_is_not_called_unused_where_no_call_shows_it(calls):
    assert advised(*calls, kind="prefix-cache", price=CACHING) == []


# duplicates


def test_a_question_that_is_asked_again():
    """One of two samples asks it twice: half a call of $0.00135 a request."""
    calls = [call(prompt("q"), test=node(0), index=index) for index in range(2)] + each(prompt("a"), prompt("r"))[1:]
    (found,) = advised(*calls, kind="duplicates")
    assert found.monthly_usd == Decimal("0.5") * (100 * Decimal("2.50") + 100 * 10)
    assert (
        found.message
        == "what an earlier call has asked is asked again, word for word, in 1 of 3 calls: keep the answer"
    )
    assert (found.location, found.test) == ("src/app.py:7", node(0))


def test_the_same_words_to_another_model_are_no_repeat():
    assert advised(*each(prompt("q"), prompt("q", product=MINI)), kind="duplicates") == []


# history


def past(number, **changes):
    return prompt("rule", *(f"past {at}" for at in range(number)), "q", **changes)


def test_a_long_history_is_cut_to_four_turns():
    (found,) = advised(*each(past(12)), kind="history")
    assert found.monthly_usd == 4 * 100 * Decimal("2.50")
    assert found.message == (
        "history is 85% of the input, up to 12 messages in the only call: send the last 4 turns only, or a summary"
    )


def test_four_turns_are_no_long_history():
    assert advised(*each(past(8)), kind="history") == []


@pytest.mark.parametrize(("window", "found"), [(None, ["history"]), (5, ["history"]), (4, []), (1, [])])
def test_a_window_that_production_already_has_is_not_advised(window, found):
    served = Production(turns_per_session=Decimal(20), history_turns=window)
    assert [one.kind for one in advised(*each(past(12)), kind="history", served=served)] == found


# pretty-json, repeated


def test_indented_json_could_be_compact():
    calls = each(prompt("rule", part("q", 100, spare=30)), prompt("rule", "r"))
    (found,) = advised(*calls, kind="pretty-json")
    assert found.monthly_usd == 15 * Decimal("2.50")
    assert (
        found.message == "indented JSON in 1 of 2 calls takes 30 tokens more than compact JSON: send it without spaces"
    )


def test_text_that_stands_twice_in_one_prompt():
    calls = each(prompt(part("rule", 100, "p:40", "q:60"), part("x", 100, "p:40", "r:60")))
    (found,) = advised(*calls, kind="repeated")
    assert found.monthly_usd == 40 * Decimal("2.50")
    assert found.message == "the same text stands more than once in the only call, which takes 40 tokens: say it once"


@pytest.mark.parametrize(
    "one",
    [
        prompt(part("rule", 100, "p:19", "q:60"), part("x", 100, "p:19", "r:60")),
        prompt(part("rule", 100, "p:40", "q:60"), "x"),
    ],
    ids=["too short", "once"],
)
def test_a_text_that_is_short_or_stands_once_is_not_repeated(one):
    assert advised(*each(one), kind="repeated") == []


def test_the_same_text_in_two_prompts_is_not_repeated():
    assert advised(*each(prompt("rule", "q"), prompt("rule", "r")), kind="repeated") == []


# unused-tools


def test_tools_that_no_test_calls():
    calls = each(prompt("tool a", "tool b", "q"), prompt("tool a", "tool b", "r"), tools_called=("tool a",))
    (found,) = advised(*calls, kind="unused-tools")
    assert found.monthly_usd == 100 * Decimal("2.50")
    assert found.message == (
        "no test calls 1 of the 2 tools that are sent, which takes 100 tokens in both calls: remove them, or test them"
    )


def test_a_tool_that_any_test_calls_is_in_use():
    first, second = each(prompt("tool a", "q"), prompt("tool a", "r"))
    assert advised(first, call(second.profile, test=node(1), tools_called=("tool a",)), kind="unused-tools") == []


def test_a_test_that_did_not_run_may_call_any_tool():
    one = prompt("tool a", "q")
    found = report(run(*each(one), missing=frozenset({node(1)})), None, baseline({node(1): [prompt("tool a", "r")]}))
    assert [each.kind for each in found.advice] == []


def test_a_test_that_did_not_run_may_stream():
    known = baseline({node(1): [prompt("r")]})
    assert [one.kind for one in report(run(*each(prompt("q"))), None, None, by_model).advice] == ["batch"]
    found = report(run(*each(prompt("q")), missing=frozenset({node(1)})), None, known, by_model)
    assert [one.kind for one in found.advice] == []


def test_what_providers_add_behind_the_prompt_is_no_tool():
    assert advised(*each(prompt("rule", "q", "tool use")), kind="unused-tools") == []


# output-limit


def outputs(*sizes, **changes):
    return each(*(prompt(f"q {at}", output=size, **changes) for at, size in enumerate(sizes)))


def test_a_limit_at_twice_the_usual_answer_cuts_the_longest():
    """The median is 110, twice that is 220, and the next 50 is 250: 750 tokens of one of three calls."""
    (found,) = advised(*outputs(90, 110, 1_000), kind="output-limit")
    assert found.monthly_usd == 2_500
    assert found.message == (
        "no output limit is set in all 3 calls, and the longest answer has 1,000 tokens: a limit of 250, twice the "
        "usual answer, would cut 1 of 3 calls"
    )
    assert found.test == node(2)


def test_the_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle():
    assert savings(*outputs(10, 40, 50, 1_000), kind="output-limit") == [("output-limit", 900 * Decimal(10) / 4)]


@pytest.mark.parametrize(
    "calls",
    [
        outputs(90, 110, 1_000, output_limit=4_000),
        outputs(90, 110, 230),
        outputs(90, 110, 1_000, product=Product("openai", "gpt-4o", "image")),
        outputs(90, 110, 1_000, blocks=()),
        each(*(one.profile for one in outputs(90, 110, 1_000)), origin=Origin.RECORDED),
    ],
    ids=["a limit is set", "none is longer", "no chat", "an unread request", "told by the test"],
)
def test_no_limit_is_missed_where_none_is_shown_to_be_missing(calls):
    assert advised(*calls, kind="output-limit") == []


# model


def two_features(*cheap, mine=None, **changes):
    """A feature on gpt-4o, and a call without traffic of a feature `triage`."""
    calls = [call(mine or prompt("rule", "q"), test="tests/test_chat.py::test_0")]
    calls += [call(one, test="tests/test_triage.py::test_0", **changes) for one in cheap]
    chosen = settings(feature(tests=("tests/test_chat.py",)), feature("triage", None, ("tests/test_triage.py",)))
    return [one for one in report(run(*calls), chosen, None, by_model).advice if one.kind == "model"]


def test_a_cheaper_model_that_the_run_uses_elsewhere():
    (found,) = two_features(prompt("x", product=MINI))
    assert found.monthly_usd == 200 * Decimal("2.25") + 100 * 9
    assert found.message == (
        "gpt-4o answers the only call: use gpt-4o-mini, which this run uses for triage, if its answers are good enough"
    )


@pytest.mark.parametrize(
    "cheap",
    [
        prompt("x", product=Product("azure", "gpt-4o-mini")),
        prompt("x", product=Product("openai", "gpt-4o-mini", "embeddings")),
        prompt("x", product=Product("openai", "gpt-4o-2024-08-06")),
        prompt("x", product=GPT_4O),
        prompt("x", product=Product("openai", "o3")),
    ],
    ids=["another provider", "another operation", "a version of the same", "the same", "no cheaper"],
)
def test_what_is_not_a_cheaper_model_of_the_same_kind_is_not_advised(cheap):
    assert two_features(cheap) == []


@pytest.mark.parametrize("need", ["tool", "media"])
def test_a_cheaper_model_must_have_handled_what_the_calls_need(need):
    mine = prompt(need, "q")
    assert two_features(prompt("x", product=MINI), mine=mine) == []
    assert len(two_features(prompt(need, "x", product=MINI), mine=mine)) == 1
    assert two_features(prompt(need, "x", product=MINI), mine=mine, outcome=Outcome.ERROR) == []
    assert two_features(prompt(need, "x", product=MINI), mine=mine, evaluation=True) == []


def test_of_two_cheaper_models_the_one_that_saves_most():
    cheap = rates("0.10", "1")

    def price(product, usage):
        return cheap(product, usage) if product.model == "nano" else by_model(product, usage)

    others = [prompt("x", product=MINI), prompt("y", product=Product("openai", "nano"))]
    calls = each(prompt("q"), *others)
    kinds = [one.message for one in advised(*calls, kind="model", price=price)]
    assert [message.split(": ")[1].split(",")[0] for message in kinds] == ["use nano", "use nano"]


# batch


def test_calls_that_can_wait_for_a_batch():
    (found,) = advised(*each(prompt("q"), prompt("r")), price=by_model)
    assert (found.kind, found.monthly_usd) == ("batch", 625)
    assert found.message == (
        "each request is one call that is not streamed and carries no history: send them as a batch, if an answer may "
        "take a day"
    )


@pytest.mark.parametrize(
    ("calls", "price"),
    [
        (each(prompt("q"), stream=True), by_model),
        (each(prompt("past", "q")), by_model),
        ([call(prompt(str(index)), test=node(0), index=index) for index in range(2)], by_model),
        (each(prompt("q")), CACHING),
    ],
    ids=["a stream", "a conversation", "two calls a request", "a provider without a batch price"],
)
def test_no_batch_where_somebody_waits_or_nothing_is_saved(calls, price):
    assert advised(*calls, kind="batch", price=price) == []


TWO_KINDS = tuple(
    Tier(name=name, share=Decimal("0.5"), sessions_per_user=Decimal(1), turns_per_session=Decimal(turns))
    for name, turns in (("new", 1), ("old", 3))
)


@pytest.mark.parametrize(
    ("served", "found"),
    [
        ({"cache_hit_rate": Decimal("0.5")}, ["batch"]),
        ({"batch": True}, []),
        ({"turns_per_session": Decimal(2)}, []),
        ({"turns_per_session": Decimal(2), "tokens_per_turn": Decimal(0)}, []),
        ({"turns_per_session": Decimal(2), "is_session": True}, []),
        ({"tiers": TWO_KINDS}, []),
    ],
    ids=["one turn", "in a batch already", "turns", "turns without a history", "sessions", "turns of a tier"],
)
def test_no_batch_where_one_is_declared_or_a_session_goes_on(served, found):
    advice = advised(*each(prompt("q"), prompt("r")), kind="batch", price=by_model, served=Production(**served))
    assert [one.kind for one in advice] == found


# all of them


def test_the_largest_saving_comes_first_and_what_is_small_is_left_out():
    calls = each(past(12, output=1_000), prompt("rule", part("q", 100, spare=2), output=10))
    kinds = [one.kind for one in advised(*calls, ignore_below_usd=Decimal(0))]
    assert kinds == ["history", "pretty-json"]
    assert [one.kind for one in advised(*calls, ignore_below_usd=Decimal("2.50"))] == ["history", "pretty-json"]
    assert [one.kind for one in advised(*calls, ignore_below_usd=Decimal("2.51"))] == ["history"]


def test_the_call_that_shows_most_is_named():
    calls = each(*(prompt(part(f"q {at}", 100, spare=spare)) for at, spare in enumerate((10, 30, 20))))
    (found,) = advised(*calls, kind="pretty-json")
    assert found.test == node(1)


def test_without_a_price_nothing_is_advised():
    assert advised(*each(past(12)), price=unpriced) == []


def test_calls_of_no_sample_give_no_advice():
    assert advised(*each(past(12)), tests=[ran(node(0), TestOutcome.FAILED)]) == []
    assert advised(*each(past(12), evaluation=True)) == []


def test_a_carried_sample_is_advised_by_what_the_baseline_knows_of_it():
    found = report(run(missing=frozenset({node(0)})), None, baseline({node(0): [past(12)]})).advice
    assert [(one.kind, one.monthly_usd, one.location, one.test) for one in found] == [("history", 1_000, None, node(0))]


def test_advice_is_by_the_scenario_of_the_headline():
    calls, tripled = each(past(12)), Scenario(name="tripled", traffic=Decimal(3), context_growth=Decimal(1))
    found = advised(*calls, kind="history", scenario="tripled", scenarios=(MEASURED, tripled))
    assert found[0].monthly_usd == 6_000


shown = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 200), st.integers(0, 100), st.sampled_from([1, 2, 5])),
    min_size=1,
    max_size=6,
)


@given(shown)
def test_a_saving_is_the_month_now_minus_the_month_after(shown):
    asked, before, after, changed = [], [], [], {}
    for at, (first, second, cut, weight) in enumerate(shown):
        now = prompt(part("rule", first), part("q", second), output=at)
        then = without(now, {1: cut})
        asked.append(Asked(node(at), now, Decimal(weight)))
        before.append(sample_of(now, test=node(at), weight=weight))
        after.append(sample_of(then, test=node(at), weight=weight))
        changed[at] = then.product, then.usage
    serving = Serving("chat", tuple(asked), sum((one.weight for one in asked), Decimal(0)))
    found = Month(serving, Assumptions(scenario=MEASURED, requests={"chat": Fraction(10**6)}, price=CACHING)).saving(
        changed
    )
    now, then = (monthly(average(side), Fraction(10**6), MEASURED, CACHING) for side in (before, after))
    assert abs((found.monthly_usd if found else 0) - (now - then)) <= Decimal("1e-12")


def test_many_calls_take_a_moment():
    """50,000 calls take about 2 s with all that they are advised; the bound is for a busy machine."""
    calls = [
        call(
            prompt(part("tool", 300), part("rule", 1_200), *(f"past {at} {n}" for n in range(6)), f"q {at}"),
            test=node(at),
        )
        for at in range(5_000)
    ]
    chosen, made = settings(feature()), run(*calls)
    begun = time.process_time()
    found = report(made, chosen).advice
    assert time.process_time() - begun < 3
    assert [one.kind for one in found] == ["unused-tools"]


def test_segments_of_the_helpers_are_those_of_the_product():
    kinds = [part(word).segment for word in ("tool", "rule", "past", "media", "x")]
    assert kinds == [Segment.TOOLS, Segment.SYSTEM, Segment.HISTORY, Segment.MEDIA, Segment.USER]
