"""The history of a baseline, drawn: causes in words, notes below, and foreign text made safe."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from pytest_llmcost.core.baseline import Acceptance
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.history import FIRST, NO_ANCESTOR, History, Step
from pytest_llmcost.core.lineage import Commit
from pytest_llmcost.core.report import Prices
from pytest_llmcost.render.history import in_json, lines, markdown


def step(subject="Change it", **changes):
    commit = Commit(
        hash="0123456789" * 4,
        parents=("f" * 40,),
        is_merge=False,
        authored_at="2026-11-03T09:00:00+01:00",
        author="Ada",
        subject=subject,
    )
    values = {"per": "month", "before_usd": Decimal(100), "after_usd": Decimal(150), "change_usd": Decimal(50)}
    return Step(commit=commit, **values | changes)


def history(*steps, **changes):
    prices = Prices(source="genai-prices", version="1.2.3", as_of="2026-11-01")
    return History(source="b.json", steps=steps, prices=prices, scenario="measured", **changes)


def drawn(*steps, width=200, **changes):
    return [line.text for line in lines(history(*steps, **changes), width=width)]


def cause(kind, subject):
    return Cause(kind=kind, subject=subject, before="1", after="2", monthly_usd=Decimal("50.0"), test="t.py::test_t")


@pytest.mark.parametrize(
    ("part", "of", "words"),
    [
        ("chat", cause(Kind.MODEL, "gpt-4o-mini -> gpt-4o"), "model: chat, gpt-4o-mini -> gpt-4o"),
        ("chat", cause(Kind.SYSTEM, "system"), "system: chat"),
        ("chat", cause(Kind.TRAFFIC, "chat"), "traffic: chat"),
        ("chat", None, "chat"),
        (None, None, "-"),
    ],
)
def test_the_main_cause_is_a_feature_with_what_moved_in_it(part, of, words):
    assert f"+$50.00  {words}  " in drawn(step(part=part, cause=of))[-1].replace("   ", "  ")


def test_a_long_cause_and_a_long_subject_are_cut_to_the_width():
    found = drawn(step("Say-more-" * 9, part="chat", cause=cause(Kind.MODEL, "a -> b" * 20)), width=80)
    assert max(map(len, found[4:])) == 80


def test_a_change_is_signed_and_what_is_unknown_is_a_question_mark():
    rows = drawn(
        step(after_usd=Decimal(60), change_usd=Decimal(-40)),
        step(change_usd=Decimal("0.0")),
        step(after_usd=None, change_usd=None),
        step(before_usd=None, change_usd=None, note=FIRST),
        step(per=None, before_usd=None, after_usd=None, change_usd=None, problem="it is damaged"),
    )[-7:-2]
    assert [row.split()[2:4] for row in rows] == [
        ["$60.00", "-$40.00"],
        ["$150.00", "-"],
        ["?", "?"],
        ["$150.00", "new"],
        ["?", "?"],
    ]


def test_only_what_made_it_dearer_stands_out():
    steps = (step(), step(change_usd=Decimal(-1)), step(change_usd=Decimal(0)), step(change_usd=None))
    styles = [line.styles for line in lines(history(*steps), width=80)]
    assert styles[-4:] == [("yellow",), (), (), ()]


def test_what_does_not_fit_into_a_row_stands_below():
    accepted = Acceptance(on="2026-11-02", by="", reason="a\x1b[31m launch", before_usd=None, after_usd=Decimal(3))
    found = drawn(step(note=NO_ANCESTOR, accepted=(accepted,)), is_shallow=True)[-3:]
    assert found[0] == f"0123456: {NO_ANCESTOR}"
    assert found[1] == "0123456: increase from ? to $3.00 accepted on 2026-11-02: a[31m launch"
    assert found[2].startswith("the clone is shallow")


def test_the_first_line_goes_from_the_oldest_to_the_newest():
    oldest = step(before_usd=None, after_usd=Decimal(80), change_usd=None, note=FIRST)
    assert drawn(step(), oldest)[0] == "LLM cost: $80.00 -> $150.00 a month over 2 commits, +88%, 1 raise"
    assert drawn(step())[0] == "LLM cost: $100.00 -> $150.00 a month over 1 commit, +50%, 1 raise"
    assert drawn(step(change_usd=None), replace(oldest, per="run"))[0] == "LLM cost: $150.00 a month over 2 commits"
    assert drawn(step(after_usd=None, change_usd=None))[0] == "LLM cost: $100.00 -> ? a month over 1 commit"
    damaged = step(per=None, after_usd=None, change_usd=None, problem="damaged")
    assert drawn(damaged)[0] == "LLM cost: unknown over 1 commit"


def test_one_feature_is_named_above_the_table_and_not_in_each_row():
    dearer = step(part="chat", cause=cause(Kind.MODEL, "a -> b"))
    assert "+$50.00  model: a -> b  Change it" in drawn(dearer, feature="chat")[-1]
    assert "+$50.00  output  " in drawn(step(part="chat", cause=cause(Kind.OUTPUT, "chat")), feature="chat")[-1]
    assert "chat in b.json, commit by commit" in drawn(step(), feature="chat")
    assert "\n`chat` in `b.json`\n" in markdown(history(step(), feature="chat"))


def test_foreign_text_cannot_break_out_of_markdown():
    evil = "`x` | @all <b>\n# https://example.org"
    accepted = Acceptance(on="2026-11-02", by="", reason=evil, before_usd=None, after_usd=None)
    text = markdown(history(step(evil, part=evil, accepted=(accepted,))))
    assert text.count("\n| ") == 3
    assert "\n#" not in text.removeprefix("#")
    for line in text.splitlines():
        if "@all" in line:
            assert line.count("``") >= 2


def test_json_has_decimal_strings_and_null_for_what_is_unknown():
    found = json.loads(in_json(history(step("\ud800ü", part="chat", cause=cause(Kind.OUTPUT, "chat"), after_usd=None))))
    (one,) = found["commits"]
    assert (one["before_usd"], one["after_usd"], one["change_usd"]) == ("100", None, "50")
    assert one["subject"] == "\ud800ü"
    assert one["cause"] == {
        "kind": "output",
        "subject": "chat",
        "before": "1",
        "after": "2",
        "monthly_usd": "50.0",
        "location": None,
        "test": "t.py::test_t",
        "detail": None,
    }
    in_json(history(step("\ud800ü"))).encode("utf-8")
