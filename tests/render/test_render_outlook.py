"""What a month leads to: which tables and sentences it has, what they say, and that no name breaks out of them."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import outlook_reports
import pytest
import story_reports

from pytest_llmcost.core.break_even import Hosting
from pytest_llmcost.core.outlook import Outlook
from pytest_llmcost.core.spread import Spread
from pytest_llmcost.render import outlook_tables
from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.explained import bought, unfolded
from pytest_llmcost.render.html import html
from pytest_llmcost.render.outlook_tables import AHEAD, forecast, layers, spread, told, units
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.render.terminal import lines
from pytest_llmcost.storage import untrusted
from pytest_llmcost.storage.run_report import run as run_back

D = Decimal
HOSTILE = "</summary></td><script>alert(1)</script> `@octocat` | a |\n# x \x1b[31m https://x.org "


def drawn(report, **more):
    return [line.text for line in lines(report, width=80, detail="features", **more)]


def planned(report, **changes):
    return replace(report, outlook=replace(report.outlook, **changes))


def rows(table):
    return [row[0] for row in table.rows]


def test_without_an_outlook_there_is_nothing_to_say(no_traffic):
    assert [table(no_traffic).rows for table in AHEAD] == [()] * 4
    assert list(told(no_traffic)) == []


def test_layers_are_shown_where_production_or_the_scenario_change_the_month(produced):
    assert rows(layers(produced))[:3] == ["as tested", "traffic x1.2", "conversation"]
    plain = tuple(replace(one, layers=one.layers[:1]) for one in produced.features)
    assert layers(replace(produced, features=plain)).rows == ()


def test_the_month_so_far_ends_with_the_month(produced):
    assert layers(produced).rows[-1][2] == produced.currency.draw(produced.scenarios["launch"].monthly_usd)


def test_units_are_of_features_that_declare_some(produced):
    assert units(produced).rows == (("support_chat", "$2.58", "$0.021", "$0.031", "$1.03", "11.6%"),)


def test_the_spread_is_shown_where_there_is_one(produced):
    assert rows(spread(produced)) == ["support_chat"]
    few = Spread(samples=2, p50_usd=D("0.001"), p95_usd=D("0.002"), low_usd=None, high_usd=None, month_p95_usd=None)
    (row,) = spread(replace(produced, features=(replace(produced.features[0], spread=few),))).rows
    assert row == ("support_chat", "2", "$1.00", "$2.00", "-")


def test_the_forecast_is_shown_where_something_moves(produced):
    assert forecast(produced).rows == (("$3,602.81", "$3,812.85", "$4,308.41", "$46,399.40"),)
    month = produced.scenarios["launch"].monthly_usd
    assert forecast(planned(produced, forecast_usd=(month,) * 12, year_usd=month * 12)).rows == ()
    assert forecast(planned(produced, forecast_usd=(), year_usd=None)).rows == ()


def test_a_forecast_that_moves_in_cents_only_is_still_one(produced):
    month = produced.scenarios["launch"].monthly_usd
    assert forecast(planned(produced, forecast_usd=(month,) * 11 + (month + 1,))).rows


@pytest.mark.parametrize(
    ("hosting", "said"),
    [
        (
            Hosting(machines=1, usd=D(3_000), saving_usd=D(2_000), break_even=None, is_within_reach=False),
            "self-hosting: 1 machine at $3,000.00 a month, $2,000.00 less than the API",
        ),
        (
            Hosting(machines=2, usd=D(6_000), saving_usd=D(-5), break_even=D("1234.6"), is_within_reach=True),
            (
                "self-hosting: 2 machines at $6,000.00 a month, $5.00 more than the API; a machine breaks even at"
                " 1,235 tokens a day"
            ),
        ),
    ],
)
def test_machines_are_told_with_where_they_break_even(produced, hosting, said):
    assert said in told(planned(produced, hosting=hosting))


def test_the_rule_of_thumb_is_told_where_no_overheads_are_declared(produced):
    assert not any("rule of thumb" in one for one in told(produced))
    assert list(told(replace(produced, outlook=Outlook(rule_of_thumb_usd=D(15_000)), features=()))) == [
        "no overheads are declared: by a published rule of thumb (x 3.75) the naive month would become $15,000.00"
    ]


@pytest.mark.parametrize(("months", "end"), [(None, "never"), (D(1), "after 1 month"), (D("1.5"), "after 1.5 months")])
def test_a_training_is_told_with_when_it_is_paid_back(produced, months, end):
    (one,) = produced.outlook.trainings
    (said,) = (
        said for said in told(planned(produced, trainings=(replace(one, months=months),))) if said.startswith("own")
    )
    assert said == f"own: daily_digest with small: $477.00 -> $28.62 a month, $500.00 of training paid back {end}"


def test_a_training_of_unknown_cost_is_not_said_to_be_paid_back():
    (said,) = (one for one in told(outlook_reports.produced(unknown="unknown")) if one.startswith("own"))
    assert said == "own: daily_digest with small: ? -> $28.62 a month"


def test_a_part_of_the_tests_does_not_stand_for_the_bill_of_the_suite(produced):
    said = "`test suite` is what this run has spent, and some tests did not run: all of them may cost more"
    assert said not in told(produced)
    assert said in told(replace(produced, partial=True))


def test_a_month_that_cannot_be_unfolded_says_why(produced):
    empty = replace(produced.features[0], how=(), layers=(), bought=(), monthly_usd={})
    title, sentences, tables = unfolded(produced, empty)
    assert (title, tables) == ("support_chat", ())
    assert sentences == ("no month to explain: it has no traffic, or no test that samples it",)


def test_what_is_bought_adds_up_and_what_has_no_rate_counts_calls(produced):
    feature = produced.features[0]
    table = bought(produced, feature)
    assert table.rows[-1] == ("Total", "", "", "", "$1,854.50")
    rest = replace(feature.bought[0], kind="everything else", usd_per_million=None, amount=D(7))
    strange = replace(feature.bought[0], kind="a kind of tomorrow")
    (first, second) = bought(produced, replace(feature, bought=(strange, rest))).rows[:2]
    assert (first[1:4], second[1]) == (("everything else", "7 calls", "-"), "a kind of tomorrow")


def test_an_unpriced_month_is_unfolded_as_far_as_it_is_known():
    report = outlook_reports.produced(unknown="unknown")
    text = "\n".join(drawn(report, explain=["daily_digest"]))
    assert "daily_digest: ? a month of scenario launch" in text
    assert "10% of the requests go to unknown" in text
    assert "What is bought" not in text
    assert re.search(r"routing +\? +\?", text)


def test_a_comment_has_a_folded_outlook_only_where_something_is_declared(produced, rich):
    assert comment(produced, story_reports.PLACE).count("<b>Outlook</b> · $46,399.40 in 12 months") == 1
    assert "Outlook" not in comment(story_reports.changed(rich), story_reports.PLACE)
    plain = replace(produced, features=tuple(replace(one, layers=(), units=None) for one in produced.features))
    same = planned(plain, forecast_usd=(produced.scenarios["launch"].monthly_usd,) * 12)
    assert "Outlook" not in comment(same, story_reports.PLACE)


def test_a_comment_counts_the_rows_that_it_leaves_out(produced):
    many = tuple(replace(produced.features[0], name=f"chat_{number}") for number in range(25))
    assert "and 5 more rows" in comment(replace(produced, features=many), story_reports.PLACE)


def test_an_outlook_without_a_year_says_so():
    assert "<b>Outlook</b> · -" in comment(outlook_reports.produced(unknown="unknown"), story_reports.PLACE)


def test_the_outlook_is_left_out_before_what_changed(produced):
    text = comment(produced, story_reports.PLACE, at_most=1_900)
    assert "<b>Outlook</b>" not in text
    assert "outlook" in text.partition("Left out for its length: ")[2]


def test_no_name_breaks_out_of_a_page_a_terminal_or_markdown():
    spoiled = outlook_reports.produced(HOSTILE, unknown=HOSTILE)
    names = [one.name for one in spoiled.features]
    page = html(spoiled)
    assert "<script" not in page
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", "\n".join(drawn(spoiled, explain=names)))
    assert all("\n" not in line for line in drawn(spoiled, explain=names))


def test_a_run_file_with_an_outlook_can_be_read_without_trust(produced):
    text = "".join(chunks(produced, {"scenario": "launch"}))
    assert untrusted.recorded(text.encode(), source="a file").calls == run_back(json.loads(text)).calls


def test_the_tables_are_in_the_order_of_a_reader():
    assert (outlook_tables.layers, outlook_tables.units, outlook_tables.spread, outlook_tables.forecast) == AHEAD
