"""A cause that is new text names the file that holds it, found by fingerprint."""

from decimal import Decimal

from core_values import TEST, baseline, block, call, changed, profile, report, run

from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.comparison import Change
from pytest_llmcost.core.placing import is_placeable, needed, placed, products, wanted
from pytest_llmcost.core.prompt import Block, Piece, Segment

OLD = Block(Segment.SYSTEM, "old", 10, (Piece("first", 4), Piece("second", 6)))
NEW = Block(Segment.SYSTEM, "new", 30, (Piece("first", 4), Piece("third", 20), Piece("fourth", 6)))
KNOWN = baseline({TEST: [profile(blocks=(OLD, block(Segment.USER, 5, "question")))]})


def cause(kind):
    return Cause(kind=kind, subject="x", before="1", after="2", monthly_usd=Decimal(1), location="src/app.py:7")


def compared(*kinds):
    """A report of one call whose system prompt is new, with causes of some kinds."""
    of = report(run(call(profile(blocks=(NEW, block(Segment.USER, 5, "question"))))), against=KNOWN)
    change = Change(name="chat", before_usd=Decimal(1), after_usd=Decimal(2), causes=tuple(map(cause, kinds)))
    return changed(of, comparison=changed(of.comparison, features=(change,), gate=()))


def locations(of):
    return [one.location for change in of.comparison.features for one in change.causes]


def test_only_new_pieces_are_looked_for():
    assert wanted(compared(Kind.SYSTEM), KNOWN) == {"third", "fourth"}
    assert products(compared(Kind.SYSTEM)) == {profile().product}


def test_a_cause_names_the_place_of_the_largest_new_piece_that_is_found():
    of = compared(Kind.SYSTEM, Kind.USER, Kind.MODEL)
    both = {"third": "prompts/a.md:3", "fourth": "prompts/a.md:9"}
    assert locations(placed(of, KNOWN, both)) == ["prompts/a.md:3", "src/app.py:7", "src/app.py:7"]
    assert locations(placed(of, KNOWN, {"fourth": "prompts/a.md:9"}))[0] == "prompts/a.md:9"


def test_what_is_not_found_keeps_its_call_site():
    of = compared(Kind.SYSTEM)
    assert placed(of, KNOWN, {}) is of
    assert locations(placed(of, KNOWN, {"first": "prompts/a.md:1"})) == ["src/app.py:7"]


def test_files_are_read_only_where_a_prompt_has_changed():
    assert is_placeable(compared(Kind.MODEL, Kind.HISTORY))
    assert not is_placeable(compared(Kind.MODEL, Kind.OUTPUT, Kind.CALLS))
    assert not is_placeable(changed(compared(), comparison=None))


def test_of_several_places_the_first_counts():
    assert needed([("third", "a.md:1"), ("other", "b.md:1"), ("third", "c.md:1")], frozenset({"third"})) == {
        "third": "a.md:1"
    }
