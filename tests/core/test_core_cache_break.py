"""Where the calls of a feature stop sharing a prefix that could be the same, and what varies there."""

from decimal import Decimal

import pytest
from core_prompts import advised, each, node, part, prompt
from core_values import call, profile, rates

from pytest_llmcost.core.asked import Asked, Serving
from pytest_llmcost.core.cache_break import breaks, explained
from pytest_llmcost.core.call import Product
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.comparison import Change, Comparison

CACHING = rates("2.50", "10", read="1.25")


def serving(*calls):
    return Serving("chat", tuple(Asked(one.test, one.profile, Decimal(1), one) for one in calls), Decimal(len(calls)))


def said(*calls):
    return [str(one) for one in breaks(serving(*calls))]


def system(at, *varying, tokens=1_200):
    """A system prompt of three pieces, with what varies where it is put."""
    pieces = ["p:400", "q:400", "r:400"]
    for place, name, shape in varying:
        pieces.insert(place, f"{name} {at}:20:{shape}")
    return part(f"rule {at}", tokens + 20 * len(varying), *pieces)


def stamped(at, place=0, shape="time:0123456789abcdef", **changes):
    return prompt("tool", system(at, (place, "now", shape)), f"q {at}", **changes)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("time:0123456789abcdef", "a timestamp"),
        ("id:0123456789abcdef", "an id"),
        ("time+id:0123456789abcdef", "a timestamp and an id"),
        ("", "its text"),
        ("other:0123456789abcdef", "its text"),
    ],
)
def test_what_varies_is_named_by_its_shape(shape, words):
    assert said(*each(stamped(0, shape=shape), stamped(1, shape=shape))) == [
        f"prompt differs from token 101 on: {words} in block 1 of 4 of the system prompt"
    ]


def test_a_text_with_other_words_around_its_time_is_another_text():
    calls = each(stamped(0, shape="time:0123456789abcdef"), stamped(1, shape="time:fedcba9876543210"))
    assert said(*calls) == ["prompt differs from token 101 on: its text in block 1 of 4 of the system prompt"]


def test_the_block_and_the_token_are_those_where_the_calls_part():
    assert said(*each(stamped(0, place=2), stamped(1, place=2))) == [
        "prompt differs from token 901 on: a timestamp in block 3 of 4 of the system prompt"
    ]


def test_a_whole_block_can_be_what_varies():
    shape = "id:0123456789abcdef"
    calls = each(*(prompt(part(f"rule of {at}", 30, shape=shape), "rule", f"q {at}") for at in range(2)))
    assert said(*calls) == ["prompt differs from token 1 on: an id in block 1 of 2 of the system prompt"]


def test_tools_in_another_order_are_told_from_other_tools():
    calls = each(prompt("tool a", "tool b", "rule", "q"), prompt("tool b", "tool a", "rule", "r"))
    assert said(*calls) == ["prompt differs from token 1 on: the order of the tools"]
    calls = each(prompt("tool a", "tool b", "rule", "q"), prompt("tool a", "tool c", "rule", "r"))
    assert said(*calls) == ["prompt differs from token 101 on: its text in block 2 of 2 of the tools"]


@pytest.mark.parametrize(
    "calls",
    [
        each(prompt("tool", "rule", "q"), prompt("tool", "rule", "r")),
        each(prompt("tool", "rule", "past 1", "q"), prompt("tool", "rule", "past 2", "q")),
        each(prompt("rule", "now 1", "tool", "q"), prompt("rule", "now 2", "tool", "q")),
        each(prompt("tool", "rule 1", "q"), prompt("tool", "rule 2", "q")),
        each(prompt("rule 1", "q"), prompt("rule 1", "rule 2", "q")),
        each(stamped(0)),
        [call(stamped(0), test=node(0)), call(stamped(1), test=node(0), index=1)],
        each(profile(blocks=()), profile(blocks=())),
    ],
    ids=[
        "only the user's part differs",
        "the history differs",
        "what is the same comes after the user's part",
        "nothing behind the difference is the same",
        "one begins as the other",
        "one call",
        "one test",
        "unread prompts",
    ],
)
def test_no_break_is_seen_where_none_is_shown(calls):
    assert said(*calls) == []


def test_calls_of_other_lines_or_models_are_not_compared():
    one, other = call(stamped(0), test=node(0)), call(stamped(1), test=node(1), call_site="src/other.py:1")
    assert said(one, other) == []
    mini = Product("openai", "gpt-4o-mini")
    assert said(*each(stamped(0), stamped(1, product=mini))) == []


def test_the_earliest_break_of_a_line_is_the_one():
    calls = each(stamped(0, place=2), stamped(1, place=2), stamped(2, place=0))
    assert said(*calls) == ["prompt differs from token 101 on: its text in block 1 of 4 of the system prompt"]


def test_a_beginning_that_two_tests_have_is_compared_with_the_one_of_either():
    plain, late = prompt("tool", part("rule", 1_200, "p:400", "q:400", "r:400"), "q"), stamped(1)
    calls = call(plain, test=node(0)), call(plain, test=node(1)), call(late, test=node(0), index=1)
    assert said(*calls) == ["prompt differs from token 101 on: its text in block 1 of 4 of the system prompt"]


def test_a_break_says_where_it_is_shown():
    (found,) = breaks(serving(*each(stamped(0), stamped(1))))
    assert (found.feature, found.location, found.test) == ("chat", "src/app.py:7", node(0))


def test_moved_behind_the_fixed_text_the_cache_comes_back():
    """1,300 fixed tokens a call at $1.25 instead of $2.50 per million, for a million requests."""
    (found,) = advised(*each(stamped(0), stamped(1)), kind="cache-break", price=CACHING)
    assert found.monthly_usd == 1_625
    assert found.message == (
        "prompt differs from token 101 on: a timestamp in block 1 of 4 of the system prompt; moved behind the fixed "
        "text, the cache comes back: 1,300 tokens of both calls"
    )
    assert (found.location, found.test) == ("src/app.py:7", node(0))


def test_what_calls_share_in_front_of_the_break_is_not_won():
    """A call that could read 1,100 tokens as it is wins 200 more."""
    calls = each(*(prompt(part("tool", 700), system(at, (1, "now", "time:0")), f"q {at}") for at in range(2)))
    (found,) = advised(*calls, kind="cache-break", price=CACHING)
    assert found.monthly_usd == 800 * Decimal("1.25")


def test_what_is_read_already_is_not_won():
    calls = each(*(stamped(at, read=1_200) for at in range(2)))
    (found,) = advised(*calls, kind="cache-break", price=CACHING)
    assert found.monthly_usd == 100 * Decimal("1.25")


@pytest.mark.parametrize(
    ("tokens", "price", "count"),
    [(924, CACHING, 1), (923, CACHING, 0), (924, rates("2.50", "10"), 0)],
    ids=["1,024 fixed tokens", "one token less", "no price for cached tokens"],
)
def test_only_what_the_provider_would_cache_at_a_lower_price_is_advised(tokens, price, count):
    calls = each(*(prompt("tool", part(f"rule of {at}", 20), part("rule", tokens), f"q {at}") for at in range(2)))
    assert len(advised(*calls, kind="cache-break", price=price)) == count


def test_a_cache_that_must_be_marked_is_said_to():
    claude = Product("anthropic", "claude-sonnet-4-5")
    calls = each(*(stamped(at, product=claude, read=0, write=0) for at in range(2)))
    (found,) = advised(*calls, kind="cache-break", price=CACHING)
    assert "and that marked with cache_control, the cache comes back" in found.message


def test_without_traffic_nothing_is_advised():
    assert advised(*each(stamped(0), stamped(1)), requests=None, price=CACHING) == []


def cause(kind, usd, detail=None):
    return Cause(kind=kind, subject="x", before=None, after=None, monthly_usd=Decimal(usd), detail=detail)


def test_a_cause_of_lost_cache_reads_says_where_the_prompt_differs():
    causes = (cause(Kind.CACHE, 5), cause(Kind.CACHE, -5), cause(Kind.SYSTEM, 5), cause(Kind.CACHE, 5, "known"))
    change = Change(name="chat", before_usd=None, after_usd=None, causes=causes)
    other = Change(name="other", before_usd=None, after_usd=None, causes=causes)
    comparison = Comparison(
        source="", commit=None, per="month", before_usd=None, after_usd=None, features=(change, other), gate=(change,)
    )
    told = explained(comparison, breaks(serving(*each(stamped(0), stamped(1)))))
    detail = "prompt differs from token 101 on: a timestamp in block 1 of 4 of the system prompt"
    assert [one.detail for one in told.features[0].causes] == [detail, None, None, "known"]
    assert told.gate == told.features[:1]
    assert told.features[1] == other
    assert explained(comparison, ()) is comparison
