"""The terminal report: what is told, in which order, and that nothing foreign acts on the terminal."""

import unicodedata
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.comparison import Change
from pytest_llmcost.core.finding import Finding, Severity, Verdict, ranked
from pytest_llmcost.core.report import Group, Month
from pytest_llmcost.render.html import html
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.terminal import lines
from pytest_llmcost.render.text import columns


def drawn(report, detail="features", width=80):
    return [line.text for line in lines(report, width=width, detail=detail)]


def whole(report, detail="features"):
    return "\n".join(drawn(report, detail))


def styles(report, start):
    return next(line.styles for line in lines(report, width=80, detail="features") if line.text.startswith(start))


def test_the_first_line_is_the_month_and_its_change(rich):
    assert drawn(rich)[0] == (
        "LLM cost: $3,238.00 a month at declared traffic (measured),"
        " +24% against llmcost-baseline.json ($2,613.00); 1 of 3 features without samples"
    )


def test_without_traffic_the_first_line_is_the_run(no_traffic):
    assert drawn(no_traffic)[0] == "LLM cost: $0.055 for this run's 4 calls in 2 tests"


def test_an_unchanged_month_says_so(rich):
    same = replace(rich.comparison, before_usd=rich.comparison.after_usd)
    assert "(measured), unchanged against llmcost-baseline.json" in drawn(replace(rich, comparison=same))[0]


def test_a_baseline_without_cost_gives_no_percentage(rich):
    free = replace(rich.comparison, before_usd=Decimal(0))
    assert "(measured), against $0.00 in llmcost-baseline.json" in drawn(replace(rich, comparison=free))[0]


def test_a_month_with_an_unknown_price_is_unknown(rich):
    unknown = replace(
        rich,
        scenarios={"measured": Month(monthly_usd=None, inference_usd=None, requests=Decimal(1))},
        comparison=replace(rich.comparison, after_usd=None),
    )
    assert drawn(unknown)[0].startswith("LLM cost: ? a month")


def test_a_month_without_any_sample_is_unknown_and_not_0(rich):
    zero = Month(monthly_usd=Decimal(0), inference_usd=Decimal(0), requests=Decimal(90))
    empty = replace(rich, features=rich.features[2:3], scenarios={"measured": zero}, comparison=None)
    assert drawn(empty)[0].startswith("LLM cost: ? a month")


def test_a_run_with_unknown_prices_is_a_lower_bound(no_traffic):
    some = replace(no_traffic, totals=replace(no_traffic.totals, unpriced_calls=1))
    none = replace(no_traffic, totals=replace(no_traffic.totals, unpriced_calls=4, cost_usd=Decimal(0)))
    assert drawn(some)[0].startswith("LLM cost: at least $0.055 for this run's 4 calls in 2 tests, 1 without a price")
    assert drawn(none)[0].startswith("LLM cost: ? for")


def test_the_last_line_is_the_verdict(rich, no_traffic):
    assert drawn(rich)[-1] == "LLM cost check: fail (1 error, 2 warnings, 7 notices)"
    assert styles(rich, "LLM cost check") == ("bold", "red")
    assert drawn(no_traffic)[-1] == "LLM cost check: pass"
    assert styles(no_traffic, "LLM cost check") == ("bold", "green")


def test_how_the_numbers_are_known_is_told(rich):
    told = drawn(rich)
    for line in (
        "usage: 3 reported, 1 scaled",
        "prices: genai-prices 0.2.3 of 2026-11-21",
        "1 call of 1 test reached the network, real spend $0.046",
        "support_chat: 2 of 5 samples carried from the baseline",
        "summarize: 1 test gave no sample",
    ):
        assert line in told


def test_a_run_that_stayed_off_the_network_says_so(no_traffic):
    assert "no call reached the network" in drawn(no_traffic)


def test_without_features_one_line_says_how_to_declare_traffic(no_traffic):
    told = [line for line in drawn(no_traffic) if "no traffic is declared" in line]
    assert len(told) == 1
    assert not told[0].startswith("NOTICE")


def test_a_feature_over_its_budget_is_red_and_never_drawn_as_100_percent(rich):
    close = replace(rich.features[0].budgets[0], actual=Decimal("2800.01"))
    over = replace(rich, features=(replace(rich.features[0], budgets=(close,)),))
    assert next(line for line in drawn(over) if line.startswith("support_chat  ")).endswith("101%")
    assert styles(over, "support_chat  ") == ("red",)


def test_a_budget_that_is_not_quite_used_up_is_not_drawn_as_100_percent(rich):
    close = replace(rich.features[0].budgets[0], actual=Decimal("2799.99"))
    under = replace(rich, features=(replace(rich.features[0], budgets=(close,)),))
    assert next(line for line in drawn(under) if line.startswith("support_chat  ")).endswith(" 99%")


def test_every_error_is_shown_and_others_are_counted_after_five(rich):
    errors = [replace(rich.findings[0], subject=f"feature_{number}") for number in range(9)]
    told = drawn(replace(rich, findings=ranked([*rich.findings, *errors])))
    assert sum(line.startswith("ERROR budget.monthly_usd") for line in told) == 10
    assert sum(line.startswith("NOTICE stale-reply") for line in told) == 5
    assert "NOTICE and 2 more stale-reply" in told


def test_a_finding_names_its_place_once(rich):
    finding = Finding(
        rule="equal-claim", severity=Severity.ERROR, subject="a.py::test", message="two claims", location="a.py::test"
    )
    assert "ERROR equal-claim a.py::test: two claims" in drawn(replace(rich, findings=(finding,)))


def test_a_failed_verdict_comes_from_the_report_alone(rich):
    assert drawn(replace(rich, verdict=Verdict.PASS))[-1].startswith("LLM cost check: pass")


def test_a_long_name_keeps_both_ends(rich):
    long = replace(rich.features[0], name="support_chat_of_the_very_large_enterprise_tier")
    row = next(line for line in drawn(replace(rich, features=(long,))) if line.startswith("support_"))
    assert "…" in row
    assert row.split("  ")[0].endswith("tier")
    assert len(row.split("  ")[0]) >= 12


def test_more_scenarios_than_fit_are_drawn_in_turns(rich):
    month = rich.scenarios["measured"]
    many = {f"scenario_{number}": month for number in range(12)}
    feature = replace(rich.features[0], monthly_usd=dict.fromkeys(many, Decimal("2870.5")))
    report = replace(rich, features=(feature,), scenarios=many, headline="scenario_0", findings=())
    table = drawn(report)[drawn(report).index("Scenarios, a month") :]
    headings = [line for line in table if line.startswith("Feature")]
    assert len(headings) > 1
    assert " ".join(headings).split().count("scenario_11") == 1
    assert max(map(len, table[: table.index("")])) <= 80


@pytest.mark.parametrize("width", [80, 100, 132])
@pytest.mark.parametrize("detail", ["features", "tests", "calls"])
def test_tables_fit_the_screen(rich, detail, width):
    tables = drawn(
        replace(rich, findings=(), comparison=None, tests=rich.tests[1:], calls=rich.calls[:2]), detail, width
    )
    last = tables.index("usage: 3 reported, 1 scaled")
    assert max(columns(line) for line in tables[1:last]) <= width


def test_wide_characters_keep_the_columns_straight(rich):
    feature = replace(rich.features[0], name="質問応答")
    told = drawn(replace(rich, features=(feature, rich.features[1]), findings=()))
    first = next(position for position, line in enumerate(told) if line.startswith("Feature"))
    assert len({columns(line) for line in told[first + 1 : first + 3]}) == 1


def test_a_test_has_a_row_with_its_calls_tokens_and_cost(rich):
    assert [row.split() for row in drawn(rich, "tests") if row.startswith("tests/te")] == [
        ["tests/te…u|gift]", "2", "2,468", "->", "420", "$0.0086", "passed", "support_chat"]
    ]  # fmt: skip


def test_without_features_the_dearest_tests_are_shown_unknown_costs_first(no_traffic):
    costs = [None, *(Decimal(number) for number in range(1, 15))]
    tests = tuple(
        replace(no_traffic.tests[0], test=f"test_{number}", cost_usd=cost) for number, cost in enumerate(costs)
    )
    told = drawn(replace(no_traffic, tests=tests))
    rows = [line.split()[0] for line in told if line.startswith("test_")]
    assert rows == ["test_0", *(f"test_{number}" for number in range(14, 5, -1))]
    assert "and 5 more tests" in told
    assert len([line for line in drawn(replace(no_traffic, tests=tests), "tests") if line.startswith("test_")]) == 15


def test_a_call_has_a_row_under_its_test(rich):
    told = drawn(rich, "calls", width=120)
    start = told.index("tests/test_support.py::test_a_refund_is_explained[eu|gift]")
    row = "0 openai/gpt-4.1-mini chat 1,234 -> 210 reported replayed $0.0043 src/app/support.py:41"
    assert " ".join(told[start + 1].split()) == row
    assert "(outside tests) shared" in told


@given(amount=st.decimals(min_value=Decimal("1e-12"), max_value=Decimal(1000), places=12).filter(bool))
def test_a_cost_above_zero_is_never_drawn_as_nothing(no_traffic, amount):
    report = replace(
        no_traffic,
        totals=replace(no_traffic.totals, cost_usd=amount, spend_usd=amount),
        tests=tuple(replace(test, cost_usd=amount) for test in no_traffic.tests),
        calls=tuple(replace(call, cost=Cost(amount, "")) for call in no_traffic.calls),
        groups=(Group(name="shared", calls=1, tests=0, cost_usd=amount),),
    )
    assert "$0.00 " not in f"{whole(report, 'calls')} ".replace("\n", " \n")
    assert "$0.00 " not in markdown(report)
    assert "$0.00<" not in html(report)


@given(amount=st.decimals(min_value=Decimal("1e-12"), max_value=Decimal(1), places=12).filter(bool))
def test_a_request_or_month_above_zero_is_never_drawn_as_nothing(rich, amount):
    feature = replace(rich.features[0], cost_per_request_usd=amount, monthly_usd={"measured": amount}, budgets=())
    month = Month(monthly_usd=amount, inference_usd=amount, requests=Decimal(1))
    change = Change(name="support_chat", before_usd=amount, after_usd=amount * 2)
    comparison = replace(rich.comparison, before_usd=amount, after_usd=amount * 2, features=(change,), gate=(change,))
    report = replace(
        rich, features=(feature,), scenarios={"measured": month}, comparison=comparison, findings=(), groups=()
    )
    assert "$0.00 " not in f"{whole(report)} ".replace("\n", " \n")
    assert "$0.00 " not in markdown(report).replace("&nbsp;", " ")
    assert "$0.00<" not in html(report)


@given(text=st.text(st.characters(codec=None), max_size=12))
def test_no_control_character_survives(rich, spoiled, text):
    hostile = spoiled(rich, text)
    for form in (whole(hostile, "calls"), whole(hostile, "tests"), html(hostile)):
        assert not {unicodedata.category(char) for char in form.replace("\n", "")} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    left = markdown(hostile).replace("\n", "").replace("\u200b", "")
    assert not {unicodedata.category(char) for char in left} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_foreign_line_break_adds_no_line(rich, spoiled):
    for detail in ("features", "tests", "calls"):
        assert not [line for line in drawn(spoiled(rich, "a\nb\r\u2028c"), detail) if "\n" in line or "\r" in line]
