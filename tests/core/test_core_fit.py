"""Tests of several turns: which they are, what a turn adds, and what they stand for."""

from decimal import Decimal
from fractions import Fraction

import pytest
from core_values import block, call, feature, profile, report, run, sample_of, settings

from pytest_llmcost.core.fit import conversation, first_turn, fit, saved
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.served import resolved, served

RULES = block(Segment.SYSTEM, 100, "rules")
TEN_TURNS = Production(turns_per_session=Decimal(10))


def said(*words, tokens=1_000, before=(RULES,)):
    """A call whose last word is the user's, behind what was said before it."""
    history = [block(Segment.HISTORY, 10, word) for word in words[:-1]]
    return profile(tokens, blocks=(*before, *history, block(Segment.USER, 10, words[-1])))


def turns(*sizes):
    words = [f"{number}" for number in range(2 * len(sizes))]
    return [said(*words[: 2 * at + 1], tokens=size) for at, size in enumerate(sizes)]


def test_calls_that_go_on_where_the_one_before_has_ended_are_turns():
    assert conversation(turns(1_000, 1_200, 1_500)) == [0, 1, 2]


@pytest.mark.parametrize(
    "calls",
    [
        [said("a"), said("b")],
        [said("a"), said("b", "answer", "c")],
        [said("a"), said("a")],
        [said("a", before=(block(Segment.TOOLS, 50, "tool"),)), said("a", "called", "result")],
    ],
    ids=["another question", "another beginning", "the same question", "tools"],
)
def test_other_calls_are_no_turns(calls):
    assert len(conversation(calls)) < 2
    assert list(first_turn(calls)) == calls


def test_what_a_turn_adds_is_the_mean_by_weight_with_its_range():
    found = fit([sample_of(*turns(1_000, 1_200, 1_500)), sample_of(*turns(900, 1_000), weight=3)])
    assert (found.tests, found.turns, found.low, found.high) == (2, 3, 100, 300)
    assert found.mean == (200 + 300 + 3 * 100) / Decimal(5)


def test_nothing_is_fitted_to_tests_of_one_turn_or_to_prompts_that_shrink():
    assert fit([sample_of(said("a"))]) is None
    assert fit([sample_of(*turns(1_000, 900))]) is None


def test_a_declared_size_of_a_turn_goes_before_the_fit():
    samples = [sample_of(*turns(1_000, 1_200))]
    assert resolved(TEN_TURNS, samples).fit.mean == 200
    declared = Production(turns_per_session=Decimal(10), tokens_per_turn=Decimal(50))
    assert resolved(declared, samples).fit is None


def test_a_test_of_three_turns_stands_for_the_first_one_where_later_turns_are_modelled():
    calls = [call(one, index=at) for at, one in enumerate(turns(1_000, 1_200, 1_400))]
    found = report(run(*calls), settings(feature(production=TEN_TURNS))).features[0]
    # A session sends 10 x 1,000 + 200 x (0 + 1 + ... + 9) = 19,000 tokens at $2.50, and 10 x 100 at $10 per million.
    assert found.calls_per_request == 1
    assert found.cost_per_request_usd == (Decimal(19_000) * Decimal("2.5") + 1_000 * 10) / 10**6 / 10
    assert "each adds 200 tokens (2 turns of 1 test show: 200 to 200)" in found.how[1]


def test_without_turns_declared_the_calls_of_a_test_are_one_request():
    calls = [call(one, index=at) for at, one in enumerate(turns(1_000, 1_200))]
    assert report(run(*calls), settings(feature())).features[0].calls_per_request == 2


def begun(*words, name):
    return sample_of(said(*words, tokens=1_000 + 10 * len(words)), test=f"tests/test_chat.py::test_{name}")


def test_a_test_that_begins_in_the_middle_of_a_conversation_is_taken_without_its_earlier_turns():
    saved_one, plain = begun("x", "answer", "a", name="a"), begun("b", name="b")
    first, other = served([saved_one, plain], TEN_TURNS)
    # 130 counted tokens stand for 1,030, of which the question and the answer before, 20, are taken out.
    assert first.profiles[0].usage.input_tokens == 1_030 - round(Fraction(20 * 1_030, 130))
    assert [one.fingerprint for one in first.profiles[0].blocks] == ["rules", "a"]
    assert other == plain


def test_what_several_tests_begin_with_is_an_example_and_stays():
    samples = [begun("x", "answer", "a", name="a"), begun("x", "answer", "b", name="b")]
    assert served(samples, TEN_TURNS) == samples
    assert saved(samples) == [frozenset(), frozenset()]


def test_of_a_test_that_stands_alone_nothing_is_left_out():
    samples = [begun("x", "answer", "a", name="a")]
    assert served(samples, TEN_TURNS) == samples


def test_without_turns_declared_a_saved_history_is_part_of_the_request():
    samples = [begun("x", "answer", "a", name="a"), begun("b", name="b")]
    assert served(samples, Production()) is samples
