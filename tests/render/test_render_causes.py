"""Causes in words: one short reason each, what moved, where it is to be seen, and what to change first."""

import shlex
from dataclasses import replace
from decimal import Decimal

import pytest
from explained_reports import LONG, SUPPORT, TURN, cause
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.advice import Advice
from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.comparison import Change
from pytest_llmcost.render.cause_tables import advice, causes
from pytest_llmcost.render.causes import WORDS, Name, moved, place, plain, ranked, reason, reasons
from pytest_llmcost.render.html import html
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.terminal import lines
from pytest_llmcost.render.text import columns


def of_feature(report, *own):
    """The report, with these causes as the only ones."""
    change = Change(
        name="chat", before_usd=Decimal(100), after_usd=Decimal(100) + sum(one.monthly_usd for one in own), causes=own
    )
    return replace(report, comparison=replace(report.comparison, features=(change,)), findings=())


def drawn(report, width=80):
    return [line.text for line in lines(report, width=width, detail="features")]


def saving(kind, feature, usd):
    return Advice(kind=kind, feature=feature, monthly_usd=Decimal(usd), message=f"do {kind}")


def test_every_kind_has_its_words():
    assert set(WORDS) == set(Kind)


@pytest.mark.parametrize(
    ("kind", "before", "after", "said", "what"),
    [
        (Kind.SYSTEM, "2310", "4150", "system prompt +1,840 tokens per call", "2,310 -> 4,150 tokens"),
        (Kind.TOOLS, None, "212", "tool definitions +212 tokens per call", "none -> 212 tokens"),
        (Kind.HISTORY, "900", None, "history -900 tokens per call", "900 tokens -> none"),
        (Kind.USER, "4", "4.5", "user input +0.5 tokens per call", "4 -> 4.5 tokens"),
        (Kind.MEDIA, "0", "85", "media +85 tokens per call", "0 -> 85 tokens"),
        (Kind.OUTPUT, "610", "540", "output -70 tokens per call", "610 -> 540 tokens"),
        (Kind.CACHE, "0.82", "0.41", "cache hits 82% -> 41%", "82% -> 41% cached"),
        (Kind.CALLS, "2", "1", "2 -> 1 calls per request", "2 -> 1 calls"),
        (Kind.MODEL, "gpt-4o-mini", "gpt-4o", "gpt-4o-mini -> gpt-4o", "gpt-4o-mini -> gpt-4o"),
        (Kind.MODEL, "4", "5", "4 -> 5", "4 -> 5"),
        (Kind.MODEL, None, "gpt-4o", "none -> gpt-4o", "none -> gpt-4o"),
        (Kind.TRAFFIC, "600000", "900000", "traffic 600,000 -> 900,000 requests", "600,000 -> 900,000 requests"),
        (Kind.SAMPLES, "3", "5", "3 -> 5 tests", "3 -> 5 tests"),
        (Kind.SAMPLES, "3", "3", "tests added or removed", "3 tests"),
        (Kind.SAMPLES, None, None, "tests added or removed", ""),
        (Kind.SCENARIO, "traffic x1", "traffic x3", "scenario traffic x1 -> traffic x3", "traffic x1 -> traffic x3"),
        (Kind.OVERHEADS, "0.1", "0.25", "overheads 10% -> 25%", "10% -> 25%"),
        (Kind.PRICE, None, None, "price book", ""),
        (Kind.CACHE, "0.5", "0.5", "cache reads", "50% cached"),
        (Kind.OUTPUT, "5", "5.0", "output", "5 tokens"),
        (Kind.MODEL, "gpt-4o", "gpt-4o", "model gpt-4o", "gpt-4o"),
        (Kind.SYSTEM, "NaN", "1E+9999999", "system prompt NaN -> 1E+9999999", "NaN -> 1E+9999999"),
    ],
)
def test_a_cause_has_one_short_reason_and_says_what_moved(kind, before, after, said, what):
    one = cause(kind, 1, before, after)
    assert plain(reason(one)) == said
    assert plain(moved(one)) == what


@pytest.mark.parametrize("kind", [Kind.MODEL, Kind.SYSTEM, Kind.TRAFFIC])
def test_foreign_words_are_kept_apart_from_ours(kind):
    one = cause(kind, 1, "a|b", "c")
    assert [part for part in reason(one) if isinstance(part, Name)] == [Name("a|b"), Name("c")]
    assert [part for part in moved(one) if isinstance(part, Name)] == [Name("a|b"), Name("c")]


@given(before=st.none() | st.text(max_size=12), after=st.none() | st.text(max_size=12))
def test_any_text_before_and_after_can_be_said(before, after):
    for kind in Kind:
        assert isinstance(plain(reason(cause(kind, 1, before, after))), str)
        assert isinstance(plain(moved(cause(kind, 1, before, after))), str)


def test_a_feature_has_the_largest_causes_as_reasons_and_no_small_one():
    causes = (cause(Kind.OUTPUT, 1, "1", "2"), cause(Kind.TRAFFIC, "-10"), cause(Kind.CALLS, "0.5"))
    change = Change(name="chat", before_usd=Decimal(1), after_usd=Decimal(1), causes=causes)
    assert [plain(one) for one in reasons(change)] == ["declared traffic", "output +1 tokens per call"]
    small = replace(change, causes=(cause(Kind.OUTPUT, "0.9"), *causes[1:]))
    assert [plain(one) for one in reasons(small)] == ["declared traffic"]


def test_causes_come_with_their_feature_the_largest_first_and_none_of_nothing(explained):
    found = ranked(explained.comparison)
    assert [feature for feature, _ in found[:3]] == ["support_chat", "support_chat", "summarize"]
    sizes = [abs(one.monthly_usd) for _, one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert all(sizes)
    assert len(found) == 13


def test_without_traffic_the_causes_are_those_of_tests(explained_run):
    assert {feature for feature, _ in ranked(explained_run.comparison)} == {LONG}
    table = causes(explained_run)
    assert (table.title, table.columns[-1].title) == ("What changed, dollars a run", "Run")
    assert table.under == ("src/app/summary.py:17", "block 1 of 2 grew")


def test_a_cause_is_seen_at_its_location_else_in_its_test():
    assert place("chat", SUPPORT[0]) == "prompts/support.md:12"
    assert place("chat", SUPPORT[1]) == TURN
    assert place(TURN, SUPPORT[1]) is None


def test_the_rows_and_what_is_left_add_up_to_the_difference(rich):
    own = tuple(cause(Kind.OUTPUT, f"{number}.25", "1", "2") for number in range(1, 13))
    table = causes(of_feature(rich, *own))
    shown = sum(Decimal(row[-1].removeprefix("+$")) for row in table.rows)
    assert len(table.rows) == 10
    assert table.more == "and 2 smaller causes, +$3.50 together"
    assert shown + Decimal("3.50") == sum(one.monthly_usd for one in own)
    assert causes(of_feature(rich, *own[:11])).more == "and 1 smaller cause, +$1.25"
    assert causes(of_feature(rich, *own[:10])).more == ""


def test_a_prompt_file_has_a_line_that_shows_its_difference_safe_to_copy(rich):
    own = (
        cause(Kind.SYSTEM, 5, location="prompts/a b; rm -rf $HOME.md:12"),
        cause(Kind.TOOLS, 4, location="prompts/a b; rm -rf $HOME.md:99"),
        cause(Kind.OUTPUT, 3, location="src/app.py:1"),
        *(cause(Kind.USER, 2, location=f"p{number}.md") for number in range(4)),
    )
    hints = causes(of_feature(rich, *own)).hints
    assert shlex.split(hints[0]) == ["git", "diff", "91d0e4f", "--", "prompts/a b; rm -rf $HOME.md"]
    assert hints[1:] == ("git diff 91d0e4f -- p0.md", "git diff 91d0e4f -- p1.md")
    assert hints[0] in drawn(of_feature(rich, *own))


@pytest.mark.parametrize("commit", [None, "--output=x", "91d0e4f; x", "main"])
def test_without_a_commit_there_is_no_such_line(rich, commit):
    report = of_feature(rich, cause(Kind.SYSTEM, 5, location="prompts/a.md:12"))
    assert causes(replace(report, comparison=replace(report.comparison, commit=commit))).hints == ()


def test_advice_says_where_and_what_is_left_is_counted(explained, rich):
    table = advice(explained)
    assert [row[:2] for row in table.rows[:2]] == [("$251.50", "summarize"), ("$236.50", "support_chat")]
    assert table.rows[1][2].endswith("(src/app/support.py:41)")
    assert table.rows[3][2].endswith(f"({LONG})")
    assert table.more == "and 2 more in the JSON report"
    assert advice(replace(rich, advice=explained.advice[:5])).more == ""


@pytest.mark.parametrize("width", [80, 100, 132])
def test_the_tables_fit_the_screen_and_lose_no_word_of_advice(explained, width):
    told = drawn(explained, width)
    start, end = told.index("What changed, dollars a month"), told.index("Scenarios, a month")
    assert max(columns(line) for line in told[start:end] if not line.startswith("  tests/")) <= width
    advised = " ".join(" ".join(told[told.index("Advice") :]).split())
    assert "a timestamp near token 96 changes on every call; " in advised.replace("- ", "")


def test_long_names_of_models_are_broken_and_not_cut(explained):
    told = drawn(explained)
    at = next(number for number, line in enumerate(told) if line.startswith("Model "))
    assert "openai/gpt-4.1-mini-2025-04-14 ->" in told[at]
    assert told[at + 1].split() == ["openai/gpt-4.1-2025-04-14"]
    assert told[at + 2] == "  src/app/summary.py:17"


def test_without_causes_and_advice_nothing_is_drawn(rich, no_traffic):
    for report in (rich, no_traffic):
        for form in ("\n".join(drawn(report)), markdown(report), html(report)):
            assert "What changed" not in form
            assert "Advice" not in form
            assert "| Why |" not in form
            assert "git diff" not in form


def test_a_change_from_an_unknown_cost_has_no_reason_and_the_causes_are_not_the_whole(rich, explained):
    unknown = Change(name="new", before_usd=None, after_usd=Decimal(1))
    comparison = replace(explained.comparison, before_usd=None)
    partly = replace(explained, comparison=replace(comparison, features=(*comparison.features, unknown)))
    assert "13 causes explain what is known of the change" in markdown(partly)
    alone = replace(rich, comparison=replace(comparison, features=(unknown,)))
    assert "What changed" not in markdown(alone)
    assert "| Why |" not in markdown(alone)


def test_one_cause_explains(rich):
    assert "1 cause explains the whole change" in markdown(of_feature(rich, cause(Kind.OUTPUT, 5, "1", "2")))


def test_the_cheap_fix_takes_back_what_became_dearer_a_broken_cache_first(rich):
    report = of_feature(rich, cause(Kind.CACHE, 5, "0.8", "0.4"), cause(Kind.CALLS, -9, "2", "1"))
    other, batch, broken = saving("cache-break", "b", 99), saving("batch", "chat", 50), saving("cache-break", "chat", 5)
    prefix, again = saving("prefix-cache", "chat", 40), saving("duplicates", "chat", 30)
    text = markdown(replace(report, advice=(other, batch, prefix, again, broken)))
    assert "**Cheap fix:** about **-$5.00** per month, `chat`: do cache-break" in text
    assert "2 causes explain the whole change · one cheap fix" in text
    assert "**Cheap fix:** about **-$40.00** per month" in markdown(replace(report, advice=(other, batch, prefix)))
    for nothing in ((other,), (batch,), (again,)):  # of another feature, of no cause, of what became cheaper
        assert "cheap fix" not in markdown(replace(report, advice=nothing)).lower()


def test_advice_is_a_folded_list_whose_summary_has_the_first_saving(rich, explained):
    assert "<b>Advice</b> · 7 changes, the first saves $251.50 per month" in markdown(explained)
    assert "<b>Advice</b> · saves $251.50 per month" in markdown(replace(rich, advice=explained.advice[:1]))


@given(text=st.text(st.characters(codec=None), max_size=12))
def test_no_control_character_or_line_break_of_a_cause_or_advice_survives(explained, spoiled, text):
    told = drawn(spoiled(explained, text))
    assert all(line.isprintable() for line in told)
    assert all(line.isprintable() for line in html(spoiled(explained, text)).split("\n"))
    assert all(line.replace("\u200b", "").isprintable() for line in markdown(spoiled(explained, text)).split("\n"))
