import pytest
from core_values import PRICE, call, feature, report, run, settings
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.assignment import Assignment, Recalled, claim, claimants
from pytest_llmcost.core.call import Cost, PricedCall
from pytest_llmcost.core.compose import Book, Earlier, build_report
from pytest_llmcost.core.report import Prices

NODE = "tests/chat/test_turns.py::TestTurn::test_turn[gpt-4-x]"


@pytest.mark.parametrize(
    "prefix",
    [
        "tests",
        "tests/",
        "tests/chat",
        "tests/chat/test_turns.py",
        "tests/chat/test_turns.py::",
        "tests/chat/test_turns.py::TestTurn",
        "tests/chat/test_turns.py::TestTurn::test_turn",
        NODE,
    ],
)
def test_a_prefix_ends_where_a_part_of_the_node_id_ends(prefix):
    assert claim(prefix, NODE) == len(prefix)


@pytest.mark.parametrize(
    "prefix",
    [
        "test",
        "tests/cha",
        "tests/chat/test_turn",
        "tests/chat/test_turns",
        "tests/chat/test_turns.py::Test",
        "tests/chat/test_turns.py::TestTurn::test_tur",
        "tests/chat/test_turns.py::TestTurn::test_turn[gpt",
        "chat",
        "/tests",
        f"{NODE}::more",
        "",
    ],
)
def test_a_prefix_that_ends_inside_of_a_part_claims_nothing(prefix):
    assert claim(prefix, NODE) is None


@pytest.mark.parametrize(
    "glob",
    [
        "*",
        "tests/*",
        "tests/chat/*::test_turn*",
        "tests/**/test_turns.py::*",
        "*::test_turn[gpt-4-x]",
        "*[gpt-?-x]",
        "*[gpt*",
        "tests/????/*",
        "tests/*/test_turns.py",
        "tests/*/test_*.py::TestTurn",
        "*::test_turn",
    ],
)
def test_a_glob_claims_what_it_fits(glob):
    assert claim(glob, NODE) == len(glob.replace("*", "").replace("?", ""))


@pytest.mark.parametrize(
    "glob", ["tests/*.txt", "tests/???/*", "*::test_tur", "*[gpt-4]", "*[a-z]*", "*.turns*", "?ests"]
)
def test_a_glob_does_not_claim_what_it_does_not_fit(glob):
    name = NODE if glob != "?ests" else "retests/test_a.py"
    assert claim(glob, name) is None


def test_a_bracket_is_literal_in_globs_and_prefixes():
    assert claim("tests/t.py::test_*[a]", "tests/t.py::test_x[a]")
    assert claim("tests/t.py::test_*[ab]", "tests/t.py::test_x[a]") is None
    assert claim("tests/t.py::test_x[ab]", "tests/t.py::test_xa") is None
    assert claim("tests/t.py::test_x[", "tests/t.py::test_x[a]") is None


def test_every_other_character_is_literal_too():
    assert claim("tests/a.py", "tests/aXpy") is None
    assert claim("tests/(a|b)+.py", "tests/(a|b)+.py::test_1")
    assert claim("*::test_x[new\nline]", "a.py::test_x[new\nline]")


def test_the_longest_literal_part_wins():
    patterns = (("all", ("*",)), ("chat", ("tests/chat",)), ("turn", ("tests/*::test_turn*",)), ("other", ("src",)))
    assert claimants(NODE, patterns) == ("turn",)
    assert claimants("tests/chat/test_x.py::test_1", patterns) == ("chat",)
    assert claimants("elsewhere/test_x.py::test_1", patterns) == ("all",)
    assert claimants("tests/chat/test_x.py", patterns[1:2]) == ("chat",)
    assert claimants("elsewhere", patterns[1:]) == ()
    assert claimants("elsewhere", ()) == ()


def test_the_best_of_a_features_patterns_counts():
    patterns = (("a", ("tests", "tests/chat/test_turns.py")), ("b", ("tests/chat",)))
    assert claimants(NODE, patterns) == ("a",)


def test_two_features_of_equal_claim_both_claim():
    patterns = (("b", ("tests/chat*",)), ("c", ("tests",)), ("a", ("tests/chat",)))
    assert claimants(NODE, patterns) == ("a", "b")


FEATURES = (
    feature("chat", tests=("tests/chat",)),
    feature("search", tests=("tests/search",), call_sites=("src/app/search.py", "src/tools/*.py")),
    feature("twin", tests=("tests/search",)),
    feature("sites", tests=(), call_sites=("src/app", "src/tools/*.py")),
)
HERE = "tests/chat/test_a.py::test_1"


@pytest.mark.parametrize(
    ("test", "marked", "site", "expected"),
    [
        (HERE, None, None, "chat"),
        (HERE, "marked", None, "marked"),
        (HERE, None, "src/elsewhere.py:3", "chat"),
        (HERE, None, "src/app/search.py:3", "search"),
        (HERE, "marked", "src/app/search.py:3", "search"),
        (HERE, None, "src/app/chat.py:3", "sites"),
        (None, None, "src/app/chat.py:3", "sites"),
        (None, None, None, None),
        ("tests/other.py::test_1", None, None, None),
        ("tests/search/test_a.py::test_1", None, None, None),
        ("tests/search/test_a.py::test_1", "twin", None, "twin"),
        (HERE, None, "src/tools/find.py:9", None),
    ],
)
def test_a_call_belongs_to_its_site_then_to_the_marker_then_to_the_pattern(test, marked, site, expected):
    assert Assignment(FEATURES).feature(test, marked, site) == expected


def test_equal_claims_are_told_to_who_asks():
    assignment = Assignment(FEATURES)
    assert assignment.of_test("tests/search/test_a.py::test_1") == ("search", "twin")
    assert assignment.of_site("src/tools/find.py:9") == ("search", "sites")
    assert assignment.of_site(None) == ()


def test_the_line_is_no_part_of_a_call_site():
    sites = (feature("a", tests=(), call_sites=("src/app.py:7",)), feature("b", tests=(), call_sites=("src/app.py",)))
    assert Assignment(sites).of_site("src/app.py:7") == ("b",)


@given(st.text("ab/:[*?.", max_size=12), st.text("ab/:[.\n", max_size=20))
def test_a_claim_is_never_stronger_than_the_name_is_long(pattern, name):
    strength = claim(pattern, name)
    assert strength is None or strength <= len(name)


@given(st.text(min_size=1, max_size=20).filter(lambda text: not set(text) & set("*?")))
def test_a_name_without_wildcards_claims_itself_and_its_parameters(name):
    assert claim(name, name) == len(name)
    assert claim(name, f"{name}[x]") == len(name)


def test_a_report_that_is_made_anew_can_keep_the_features_of_the_first():
    calls = [
        PricedCall(call(test="t.py::a", call_site="app.py:1"), "chat", Cost(None, "")),
        PricedCall(call(test="t.py::a", call_site="search.py:1"), "search", Cost(None, "")),
        PricedCall(call(test="t.py::b", call_site="app.py:1"), None, Cost(None, "")),
    ]
    recalled = Recalled(calls)
    assert recalled.feature("t.py::a", None, "app.py:1") == "chat"
    assert recalled.feature("t.py::a", None, "search.py:1") == "search"
    assert recalled.feature("t.py::b", "marked", "app.py:1") is None
    assert recalled.feature("t.py::silent", "marked", None) == "marked"
    first = report(run(call()), settings(feature(tests=("tests/test_chat.py",))))
    book = Book(price=PRICE, prices=Prices(source="book", version="1", as_of="2026-11-21"))
    again = build_report(
        first.run,
        settings(feature(tests=())),
        Against(None, ""),
        book,
        Earlier(assignment=Recalled(first.calls), advice=first.advice),
    )
    assert [one.feature for one in again.calls] == ["chat"]
    assert again.features[0].monthly_usd == first.features[0].monthly_usd
