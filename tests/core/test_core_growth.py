import pytest
from core_values import block

from pytest_llmcost.core.growth import growth
from pytest_llmcost.core.prompt import Block, Piece, Segment


def prompt(letters, segment=Segment.SYSTEM):
    """One block of several pieces, or several blocks: one letter each."""
    return [Block(segment, letters, 10, tuple(Piece(letter, 1) for letter in letters))] if letters else []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("abcdefgh", "abxcdefgh", "block 3 of 9 is new"),
        ("abcdefg", "abxycdefg", "blocks 3 and 4 of 9 are new"),
        ("abcdefgh", "abxycdefg", "blocks 3 and 4 of 9 are new, 1 gone"),
        ("abcde", "xabyczde", "blocks 1, 4 and 6 of 8 are new"),
        ("abc", "xyzwabc", "blocks 1 to 4 of 7 are new"),
        ("abcdef", "a1b2c3d4e5f", "5 of 11 blocks are new"),
        ("abcdefghi", "axcdefghi", "block 2 of 9 has changed"),
        ("abcd", "axyd", "blocks 2 and 3 of 4 have changed"),
        ("abcd", "xyzw", "all 4 blocks have changed"),
        ("", "xyzw", "all 4 blocks are new"),
        ("abc", "xyzw", "all 4 blocks are new, 3 gone"),
        ("a", "x", "block 1 of 1 has changed"),
        ("abcd", "abd", "block 3 of 4 is gone"),
        ("abcd", "d", "blocks 1 to 3 of 4 are gone"),
        ("ab", "", "all 2 blocks are gone"),
        ("ab", "aab", "block 2 of 3 is new"),
        ("abc", "cab", None),
        ("", "", None),
    ],
)
def test_what_is_new_is_told_by_its_number(before, after, said):
    assert growth(prompt(before), prompt(after), Segment.SYSTEM) == said


def test_other_segments_do_not_count():
    before = [*prompt("ab"), *prompt("uv", Segment.USER)]
    after = [*prompt("ab"), *prompt("uw", Segment.USER)]
    assert growth(before, after, Segment.SYSTEM) is None
    assert growth(before, after, Segment.USER) == "block 2 of 2 has changed"


def test_a_tool_is_called_a_tool():
    tools = [block(Segment.TOOLS, 10, name) for name in ("a", "b", "c")]
    assert growth(tools[:2], tools, Segment.TOOLS) == "tool 3 of 3 is new"
    assert growth(tools, tools[:1], Segment.TOOLS) == "tools 2 and 3 of 3 are gone"
