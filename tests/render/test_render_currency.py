"""Another currency than dollars: every renderer draws every amount in it, and says at which rate."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import story_reports
from story_reports import PLACE

from pytest_llmcost.core.currency import Currency
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.history import History
from pytest_llmcost.core.report import Prices
from pytest_llmcost.render import history
from pytest_llmcost.render.anchors import anchored
from pytest_llmcost.render.badge import badge
from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.comment_json import comment_json
from pytest_llmcost.render.diff_json import chunks as diff_chunks
from pytest_llmcost.render.html import html
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.render.sentences import headline, notes
from pytest_llmcost.render.summary import summary
from pytest_llmcost.render.tables import features
from pytest_llmcost.render.terminal import lines

EURO = Currency(code="EUR", per_usd=Decimal(1))
HALF = Currency(code="CHF", per_usd=Decimal("0.5"), as_of=date(2026, 11, 2))
BASIS = "amounts in EUR at 1 per USD, declared"

PAID = {"azure": Discount(committed_usd_per_month=Decimal(4000), reason="PTU"), "openai": Discount(percent=Decimal(15))}


def terminal(report):
    details = ("features", "tests", "calls", "changes")
    return "\n".join(line.text for detail in details for line in lines(report, width=300, detail=detail))


RENDERERS = {
    "terminal": terminal,
    "markdown": markdown,
    "html": html,
    "summary": summary,
    "comment": lambda report: comment(report, PLACE),
    "badge": lambda report: json.loads(badge(report))["message"],
}


def without_basis(text):
    """Leave out the line, or the item of a footer, that says what amounts rest on."""
    for around in (f"- {BASIS}\n", f"<li>{BASIS}</li>\n", f" · {BASIS}", f"{BASIS}\n"):
        text = text.replace(around, "")
    return text


@pytest.fixture(params=["rich", "explained", "explained_run", "per_run", "no_traffic", "changed", "unchanged"])
def report(request, rich):
    """Reports whose findings, which are drawn already, are left out."""
    stories = {"changed": story_reports.changed, "unchanged": story_reports.unchanged}
    name = request.param
    found = stories[name](rich) if name in stories else request.getfixturevalue(name)
    return replace(found, findings=())


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_at_a_rate_of_one_only_signs_and_words_differ(report, render):
    dollars, euros = render(report), render(replace(report, currency=EURO))
    assert "$" in dollars
    assert without_basis(euros) == dollars.replace("$", "€").replace("dollars", "EUR")
    assert (BASIS in euros) == (render is not RENDERERS["badge"])


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_no_amount_is_left_in_dollars(report, render):
    text = render(replace(report, currency=HALF))
    assert "$" not in text
    assert "dollar" not in text
    assert "CHF" in text


@pytest.mark.parametrize("render", [markdown, RENDERERS["comment"]], ids=["markdown", "comment"])
def test_no_cell_of_a_table_breaks_between_a_currency_and_its_amount(report, render):
    shown = replace(report, currency=HALF)
    drawn = f"{render(shown)}\n{render(replace(shown, comparison=None))}".splitlines()
    assert [line for line in drawn if line.startswith("|") and re.search(r"CHF [0-9]", line)] == []


def test_an_amount_is_converted_by_the_rate(rich):
    assert headline(rich).startswith("LLM cost: $3,238.00 a month")
    assert headline(replace(rich, currency=HALF)).startswith("LLM cost: CHF 1,619.00 a month")
    assert "amounts in CHF at 0.5 per USD, declared, as of 2026-11-02" in notes(replace(rich, currency=HALF))
    assert json.loads(badge(replace(rich, currency=HALF)))["message"] == "CHF 1,619/month"


def test_dollars_need_no_rate(rich):
    assert not any("per USD" in note for note in notes(rich))


def test_a_cause_that_an_annotation_names_is_in_the_currency(explained):
    finding = Finding(rule="regression", severity=Severity.ERROR, subject="total", message="more than allowed")
    (one,) = anchored(replace(explained, findings=(finding,), currency=HALF))
    assert ", +CHF " in one.message
    assert "$" not in one.message


def test_a_figure_with_a_code_is_bold_in_an_alert(rich):
    finding = Finding(
        rule="budget.monthly_usd",
        severity=Severity.ERROR,
        subject="chat",
        message="m",
        limit="CHF 5.00",
        actual="€9.20",
    )
    drawn = comment(replace(story_reports.changed(rich), findings=(finding,)), PLACE)
    assert "costs **€9.20** per month, its budget is **CHF 5.00**" in drawn


def test_json_stays_in_dollars_and_has_the_rate(explained):
    ours = {"code": "CHF", "per_usd": "0.5", "as_of": "2026-11-02"}
    shown = replace(explained, currency=HALF)
    run = json.loads("".join(chunks(shown, {})))
    assert run["config"].pop("currency") == ours
    plain = json.loads("".join(chunks(explained, {})))
    assert plain["config"].pop("currency") == {"code": "USD", "per_usd": "1", "as_of": None}
    assert run == plain
    assert json.loads("".join(diff_chunks(shown)))["currency"] == ours
    assert json.loads(comment_json(shown, PLACE))["currency"] == ours


def test_a_history_says_at_which_rate_and_with_which_discounts_it_is_priced():
    prices = Prices(source="genai-prices", version="1.2.3", as_of="2026-11-01")
    found = History(source="b.json", steps=(), prices=prices, scenario="measured", currency=HALF, discounts=PAID)
    drawn = [line.text for line in history.lines(found, width=80)]
    basis = "amounts in CHF at 0.5 per USD, declared, as of 2026-11-02"
    assert {basis, "discount: openai 15% off", "discount: azure covered by committed capacity (PTU)"} <= set(drawn)
    assert basis in history.markdown(found)
    assert json.loads(history.in_json(found))["currency"]["code"] == "CHF"


def test_discounts_stand_with_the_prices_and_a_capacity_with_its_amount(rich):
    paid = "CHF 2,000.00 a month: in the month above, in no comparison"
    assert [note for note in notes(replace(rich, discounts=PAID, currency=HALF)) if note.startswith("discount")] == [
        f"discount: azure covered by committed capacity (PTU), {paid}",
        "discount: openai 15% off",
    ]


def test_many_discounts_are_counted(rich):
    many = {f"p{number}": Discount(percent=Decimal(1)) for number in range(9)}
    assert "4 more discounts" in notes(replace(rich, discounts=many))


def test_the_heading_says_how_much_of_a_month_is_fixed(rich):
    month = replace(rich.scenarios["measured"], fixed_usd={"committed: azure": Decimal(2000)})
    report = replace(rich, scenarios=rich.scenarios | {"measured": month}, comparison=None)
    assert "(measured), $2,000.00 of it fixed" in headline(report)
    assert "fixed: committed: azure" in terminal(report)


@pytest.mark.parametrize("kept", [1, 9])
def test_what_stands_beside_features_is_a_row_above_their_total(rich, kept):
    month = replace(
        rich.scenarios["measured"],
        fixed_usd={"committed: azure": Decimal(2000)},
        overheads_usd={"retries": Decimal(90)},
    )
    report = replace(rich, features=rich.features[:kept], scenarios={"measured": month})
    shown = features(report)
    assert [row for row in shown.rows if ": " in row[0]] == [
        ("overhead: retries", "", "", "", "$90.00", ""),
        ("fixed: committed: azure", "", "", "", "$2,000.00", ""),
    ]
    assert shown.rows[-1][0] == "Total"
    assert shown.has_total
    assert len(shown.marks) == len(shown.rows)
