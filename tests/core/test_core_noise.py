"""Noise: its arithmetic to the last digit, and the same figures for the same moves."""

from decimal import Decimal
from fractions import Fraction
from math import sqrt
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.noise import Move, measure

MILLION = Fraction(1_000_000)
amounts = st.decimals(min_value=-1, max_value=1, places=9)
weights = st.sampled_from([Decimal(1), Decimal(2), Decimal("0.5")])
some_moves = st.lists(st.builds(Move, amounts, weights), min_size=1, max_size=8)


def of(*usd, weight=1):
    return [Move(Decimal(one), Decimal(weight)) for one in usd]


def test_the_figures_of_a_small_table_are_exact():
    got = measure("chat", of("0.001", "-0.001", "0.002", "0.003", "0", "0.001"), MILLION)
    assert (got.feature, got.pairs, got.seen_usd) == ("chat", 6, 1_000)
    # The deviations from the mean of 1 are 0, -2, 1, 2, -1, 0: s = sqrt(10 / 5), and 2.8 x s / sqrt(6) is 1.61658...
    assert got.detectable_usd == Decimal("1616.580753730952")
    assert (got.low_usd, got.high_usd) == (0, 2_000)
    assert got.is_chance


def test_the_same_resamples_are_drawn_on_every_machine():
    """Written down when they were first drawn."""
    got = measure("chat", of("0.31", "-0.17", "0.59", "0.0271", "-0.083", "0.149", "0.7001"), Fraction(1))
    assert (got.low_usd, got.high_usd) == (Decimal("-0.010114285714"), Decimal("0.457157142857"))


def test_the_smallest_change_is_two_point_eight_standard_errors():
    usd = ["0.1", "0.25", "-0.3", "0.07", "0.9", "0", "0.33"]
    got = measure("chat", of(*usd, weight=3), Fraction(1))
    assert float(got.detectable_usd) == pytest.approx(2.8 * stdev(map(float, usd)) / sqrt(len(usd)), rel=1e-11)


@pytest.mark.parametrize("count", [200, 501])
def test_the_interval_of_many_tests_is_that_of_a_normal_mean(count):
    """Up to 500 tests it is drawn, above it is computed; both must say much the same."""
    usd = [Decimal((number * 37) % 101 - 45) for number in range(count)]
    got = measure("chat", of(*usd), Fraction(1))
    half = 1.96 * stdev(map(float, usd)) / sqrt(count)
    mean = float(sum(usd)) / count
    assert float(got.low_usd) == pytest.approx(mean - half, abs=half / 8)
    assert float(got.high_usd) == pytest.approx(mean + half, abs=half / 8)


@given(some_moves, st.randoms())
def test_the_order_of_tests_changes_nothing(moves, random):
    shuffled = random.sample(moves, len(moves))
    assert measure("chat", moves, MILLION) == measure("chat", shuffled, MILLION)


@given(some_moves)
def test_the_move_seen_is_the_weighted_mean_and_lies_in_the_interval_of_a_table_that_is_symmetric(moves):
    mirrored = [*moves, *(Move(-move.usd, move.weight) for move in moves), *of("1", "-1", "0.5", "-0.5")]
    got = measure("chat", mirrored, MILLION)
    assert got.seen_usd == 0
    assert got.low_usd < 0 < got.high_usd
    assert got.is_chance


@given(some_moves, st.integers(1, 1_000))
def test_twice_the_traffic_is_twice_every_figure(moves, times):
    one, many = measure("chat", moves, Fraction(1)), measure("chat", moves, Fraction(times))
    if one is None:
        assert many is None
    elif one.low_usd is not None:
        for name in ("low_usd", "high_usd", "seen_usd", "detectable_usd"):
            assert abs(getattr(many, name) - getattr(one, name) * times) <= Decimal("1e-9")


def test_moves_count_by_their_weight():
    got = measure("chat", [*of("1", weight=3), *of("-1", "-1", "-1", "-1")], Fraction(7))
    assert got.seen_usd == -1
    assert measure("chat", [*of("5", weight=0), *of("1", "1")], Fraction(1)) == measure("chat", of("1", "1"), 1)


@given(some_moves)
def test_an_interval_lies_between_the_smallest_and_the_largest_move(moves):
    """It is one of means, whatever the weights are."""
    heavy = [*moves, *of("0.1", "-0.1", "0.2", "0.3"), Move(Decimal("0.4"), Decimal(50))]
    got = measure("chat", heavy, Fraction(1))
    usd = [move.usd for move in heavy]
    assert min(usd) <= got.low_usd <= got.high_usd <= max(usd)


def test_fewer_than_five_tests_have_no_interval():
    got = measure("chat", of("1", "-1", "1", "1"), Fraction(4))
    assert (got.low_usd, got.high_usd, got.detectable_usd) == (None, None, None)
    assert (got.seen_usd, got.pairs, got.is_chance) == (2, 4, False)


def test_tests_that_all_move_alike_are_no_chance():
    got = measure("chat", of(*["0.25"] * 5), Fraction(8))
    assert (got.low_usd, got.seen_usd, got.high_usd, got.detectable_usd) == (2, 2, 2, 0)
    assert not got.is_chance


@pytest.mark.parametrize("moves", [[], of("0", "0", "0", "0", "0"), of("9", weight=0)])
def test_where_nothing_moved_there_is_nothing_to_say(moves):
    assert measure("chat", moves, MILLION) is None


def test_other_rules_for_rounding_change_nothing():
    moves = of("0.1", "0.25", "-0.3", "0.07", "0.9")
    assert measure("chat", moves, Fraction(1, 3)) == measure("chat", moves[::-1], Fraction(1, 3))
