from decimal import Decimal
from fractions import Fraction

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.ledger import Ledger, Line, Shown, rounded

A, B = Product("openai", "a"), Product("openai", "b")
TINY = Decimal("1e-12")


def lines(**amounts):
    keys = {
        "forth": (Kind.MODEL, (A, B)),
        "back": (Kind.MODEL, (B, A)),
        "output": (Kind.OUTPUT, None),
        "cache": (Kind.CACHE, None),
    }
    return {keys[name]: Line(usd=Fraction(usd)) for name, usd in amounts.items()}


def swapped(ledger):
    return {(kind, products and products[::-1]): Line(usd=-line.usd) for (kind, products), line in ledger.items()}


@pytest.mark.parametrize(
    ("amounts", "taker"),
    [
        ({"output": -3, "cache": 2}, (Kind.OUTPUT, None)),
        ({"cache": 3, "output": -3}, (Kind.OUTPUT, None)),
        ({"forth": 3, "back": 3, "output": 1}, (Kind.MODEL, (A, B))),
        ({"forth": -3, "back": -3, "output": 1}, (Kind.MODEL, (B, A))),
        ({"forth": 3, "back": -3, "output": 1}, (Kind.OUTPUT, None)),
        ({"forth": 3, "back": -2, "output": 1}, (Kind.MODEL, (A, B))),
    ],
)
def test_what_rounding_leaves_goes_to_one_cause_and_in_both_directions_to_the_same(amounts, taker):
    other = (taker[0], taker[1] and taker[1][::-1])
    for ledger, kept, rest in ((lines(**amounts), taker, TINY), (swapped(lines(**amounts)), other, -TINY)):
        whole = sum(Decimal(int(line.usd)) for line in ledger.values()) + rest
        for order in (ledger, dict(reversed(ledger.items()))):
            found = rounded(order, whole)
            assert sum(found.values()) == whole
            assert [key for key, usd in found.items() if usd != ledger[key].usd] == [kept]


def test_the_witness_is_the_one_of_most_dollars_in_either_direction():
    line = Line()
    for usd, test in ((1, "a"), (-3, "b"), (2, "c"), (3, "d")):
        line.witness(Fraction(usd), Shown(test))
    assert line.shown == Shown("b")


def test_a_ledger_is_added_by_its_weight_and_its_figures_are_means_as_before():
    one, other = Ledger(), Ledger()
    line = one.line((Kind.OUTPUT, None))
    line.usd, line.calls, line.before, line.after = Fraction(2), 2, Fraction(10), Fraction(30)
    line.witness(Fraction(-2), Shown("a"))
    other.add(one, Fraction(1, 2))
    other.add(one, Fraction(-3))
    (found,) = other.lines.values()
    assert (found.usd, found.before / found.calls, found.after / found.calls) == (-5, 5, 15)
    assert (found.most, found.shown) == (6, Shown("a"))
