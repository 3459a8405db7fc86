from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.shapley import exact, fit, in_proportion, shapley

amounts = st.decimals(-(10**6), 10**6, places=20)
games = st.integers(1, 4).flatmap(lambda n: st.lists(amounts, min_size=2**n, max_size=2**n))
numbers = st.fractions(-9, 9, max_denominator=9)


def test_two_players_share_what_they_only_do_together():
    assert exact([Fraction(0), Fraction(1), Fraction(2), Fraction(7)]) == [3, 4]


def test_three_factors_of_a_product_share_its_change():
    """By hand: the first factor of 1 x 1 x 1 -> 2 x 3 x 5 adds (2 x 1 + 3 + 5 + 2 x 15) / 6."""
    values = [Fraction((1, 2)[mask & 1] * (1, 3)[mask >> 1 & 1] * (1, 5)[mask >> 2]) for mask in range(8)]
    assert exact(values)[0] == Fraction(2 + 3 + 5 + 30, 6)
    assert sum(exact(values)) == 29


@given(games)
def test_rounded_parts_add_up_exactly_and_are_those_of_the_exact_method(values):
    with localcontext(CONTEXT):
        parts = shapley(values)
        assert sum(parts) == values[-1] - values[0]
    for part, whole in zip(parts, exact([Fraction(value) for value in values]), strict=True):
        assert abs(Fraction(part) - whole) < Fraction(1, 10**27)


@given(games)
def test_playing_backwards_negates_every_part(values):
    with localcontext(CONTEXT):
        assert shapley(values[::-1]) == [-part for part in shapley(values)]


@given(st.integers(0, 3), numbers, st.data())
def test_who_adds_nothing_gets_nothing(player, worth, data):
    """The value of a game that one of four players does not change, whoever else has joined."""
    others = {mask & ~(1 << player): data.draw(numbers) for mask in range(16)}
    assert exact([others[mask & ~(1 << player)] for mask in range(16)])[player] == 0


def test_what_rounding_leaves_goes_to_the_largest_part():
    with localcontext(CONTEXT):
        third = Decimal(1) / 3
        cut = fit([third, third * 2, -third], third * 2)
        assert cut[0] == Decimal("0." + "3" * 30)
        assert sum(cut) == third * 2
        assert cut[1] > Decimal("0.66")


def test_dollars_in_proportion_to_tokens():
    with localcontext(CONTEXT):
        weights = {Segment.SYSTEM: 1, Segment.USER: 2}
        parts = in_proportion(Decimal(1), weights)
        assert sum(parts.values()) == 1
        assert round(parts[Segment.USER], 9) == Decimal("0.666666667")
        assert in_proportion(Decimal(-1), {part: -n for part, n in weights.items()}) == {
            part: -usd for part, usd in parts.items()
        }
