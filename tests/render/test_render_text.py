"""Foreign text made safe, and fitted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.render.text import aligned, clean, columns, middle, plural, wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 質 👍🏽", "plain é 質 👍🏽"),
        ("red\x1b[31m", "red[31m"),
        ("a\tb\nc\r\nd\u2028e", "a b c  d e"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bidi\u202eevil\u2066", "bidievil"),
        ("lone\udce9", "lone\ufffd"),
        ("\x9b31m\x7f\x00", "31m"),
    ],
)
def test_what_is_not_printable_goes(text, shown):
    assert clean(text) == shown


@given(text=st.text(st.characters(codec=None)))
def test_clean_text_is_printable_and_stays_as_it_is(text):
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


@given(text=st.text(), width=st.integers(12, 40))
def test_a_cut_name_fits(text, width):
    shown = middle(clean(text), width)
    assert columns(shown) <= width
    if columns(clean(text)) <= width:
        assert shown == clean(text)
    else:
        assert columns(shown) >= width - 2  # a wide character may not fit into the last column of either end


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("abcdefghij", 10, "abcdefghij"), ("abcdefghijk", 10, "abcde…hijk"), ("質問応答質問応答", 9, "質問…応答")],
)
def test_a_cut_name_keeps_both_ends(text, width, shown):
    assert middle(text, width) == shown


def test_text_is_aligned_by_columns_and_not_by_characters():
    assert aligned("質", 4, right=True) == "  質"
    assert aligned("e\u0301", 3, right=False) == "e\u0301  "
    assert aligned("toolong", 3, right=True) == "toolong"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two", ["one two"]),
        ("one two three", ["one two", "three"]),
        ("a src/app/support.py:41 b", ["a", "src/app/support.py:41", "b"]),
        ("質問 応答 x", ["質問", "応答 x"]),
    ],
)
def test_a_text_breaks_at_its_spaces_by_columns_and_a_path_stays_whole(text, lines):
    assert wrapped(text, 8) == lines


def test_one_is_singular():
    assert plural(1, "call") == "1 call"
    assert plural(1204, "call") == "1,204 calls"
    assert plural(2, "reply", "replies") == "2 replies"
