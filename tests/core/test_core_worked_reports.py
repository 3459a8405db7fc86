"""Published calculations that a whole report makes, by their numbers; the figures are theirs, checked by hand."""

from decimal import Decimal

import pytest
from core_values import block, call, changed, feature, profile, rates, report, run, settings

from pytest_llmcost.core.break_even import Machine
from pytest_llmcost.core.call import Product
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.settings import Embedding
from pytest_llmcost.core.traffic import Traffic

D = Decimal
GPT_4O = rates("2.50", "10", read="1.25")
MINI = rates("0.15", "0.60")
EMBEDDING = rates("0.02", "0")


def price(product, usage):
    """The prices of the articles."""
    if product.model.startswith("text-embedding"):
        return EMBEDDING(product, usage)
    return (MINI if product.model == "gpt-4o-mini" else GPT_4O)(product, usage)


def app(production=None, traffic=None, calls=1, one=None, **changes):
    """The report of an application whose test makes some calls of 2,000 tokens in and 500 out, a cent each."""
    asked = [call(one or profile(2_000, 500), index=at) for at in range(calls)]
    traffic = traffic or Traffic(requests_per_day=D(50_000))
    declared = feature(production=production or Production(), **changes.pop("feature", {}))
    return report(run(*asked), settings(changed(declared, traffic=traffic), **changes), price=price)


def test_case_13_and_14_what_a_naive_month_of_fifteen_thousand_dollars_becomes():
    """The waste of context is a share of the whole bill in the article, as the other two are."""
    got = app(
        overheads={"evaluation": D("0.15"), "retries": D("0.10"), "context waste": D("0.20")},
        fixed_monthly_usd={"vector_db": D(500)},
    )
    month = got.scenarios["measured"]
    assert month.inference_usd == 15_000
    assert month.overheads_usd == {"evaluation": 2_250, "retries": 1_500, "context waste": 3_000}
    assert month.monthly_usd == 22_250
    assert [(one.name, one.usd) for one in got.outlook.layers] == [
        ("as tested", 15_000),
        ("overhead: evaluation", 2_250),
        ("overhead: retries", 1_500),
        ("overhead: context waste", 3_000),
        ("fixed: vector_db", 500),
    ]
    assert round((month.monthly_usd / 15_000 - 1) * 100) == 48


def test_case_17_the_rule_of_thumb_on_a_naive_estimate():
    assert app().outlook.rule_of_thumb_usd == 15_000 * D("3.75") == 56_250


def test_case_19_a_hundred_thousand_documents_are_embedded_for_a_dollar():
    corpus = Embedding(model="text-embedding-3-small", tokens=100_000 * 500)
    assert app(embeddings={"docs": corpus}).outlook.one_time_usd == {"embeddings: docs": 1}
    monthly = Embedding(model="text-embedding-3-small", tokens=50_000_000, refreshes_per_month=D(1))
    assert app(embeddings={"docs": monthly}).scenarios["measured"].fixed_usd == {"embeddings: docs": 1}


def test_case_20_a_support_bot_of_thirty_turns():
    claude = rates("3", "15", read="0.30", write="3.75")
    third = rates("1", "5", read="0.10", write="1.25")
    blocks = (block(Segment.SYSTEM, 4_000), block(Segment.USER, 200))
    asked = call(profile(4_200, 300, product=Product("anthropic", "claude-sonnet-4-5"), blocks=blocks))
    thread = {"turns_per_session": D(30), "tokens_per_turn": D(500)}
    levers = {
        "history_turns": 8,
        "cache_hit_rate": D("0.8"),
        "routes": (("third", D("0.78")),),
        "response_cache_hit_rate": D("0.34"),
    }

    def session(**production):
        chosen = settings(feature(requests=30, production=Production(**thread, **production)))
        got = report(
            run(asked), chosen, price=lambda one, usage: (third if one.model == "third" else claude)(one, usage)
        )
        return got.scenarios["measured"].monthly_usd

    before, after = session(), session(**levers)
    assert before == D("1.1655")  # (30 x 4,200 + 500 x 435) x $3 and 30 x 300 x $15 per million
    assert after == D("0.1741113792")
    assert D("0.05") < after / before < D("0.15")


def test_case_21_four_cents_a_session_of_which_two_percent_convert():
    got = app(
        production=Production(turns_per_session=D(4), tokens_per_turn=D(0)), feature={"conversion_rate": D("0.02")}
    )
    units = got.features[0].units
    assert (units.per_session, units.per_conversion) == (D("0.04"), 2)


@pytest.mark.parametrize("calls", [5, 15])
def test_case_22_an_agent_of_many_calls_costs_as_many_times_as_much(calls):
    one, many = (app(calls=number).features[0] for number in (1, calls))
    assert many.calls_per_request == calls
    assert many.cost_per_request_usd == calls * one.cost_per_request_usd == calls * D("0.01")


def test_case_22_and_more_where_each_call_carries_the_last():
    asked = [call(profile(2_000 + 500 * at, 500), index=at) for at in range(5)]
    (got,) = report(run(*asked), settings(feature()), price=price).features
    assert got.input_tokens == 5 * 2_000 + 500 * (1 + 2 + 3 + 4)
    assert got.cost_per_request_usd == D("0.0625") > 5 * D("0.01")


@pytest.mark.parametrize(
    ("requests_per_day", "saving", "machines"),
    [(40_000, 9_000, 1), (10_000, 0, 1), (9_000, -300, 1), (50_000, 9_000, 2)],
)
def test_case_23_a_machine_breaks_even_where_the_bill_of_the_api_passes_its_price(requests_per_day, saving, machines):
    """40,000 requests a day of 2,500 tokens are the 100 million that it serves, for $12,000 of the API."""
    machine = Machine(usd_per_month=D(3_000), tokens_per_day=D(100_000_000))
    got = app(traffic=Traffic(requests_per_day=D(requests_per_day)), self_hosting=machine)
    found = got.outlook.hosting
    assert (found.machines, found.saving_usd) == (machines, saving)
    assert found.break_even == 25_000_000  # tokens a day: 10,000 requests, $3,000 a month
    assert found.is_within_reach


def test_case_23_as_published():
    """15,000 dollars for 100 million tokens a day are $5 per million."""
    machine = Machine(usd_per_month=D(3_000), tokens_per_day=D(100_000_000))
    got = report(
        run(call(profile(1_000, 0))),
        settings(feature(requests=3_000_000), self_hosting=machine),
        price=rates("5", "5"),
    )
    assert got.scenarios["measured"].monthly_usd == 15_000
    assert got.outlook.hosting.saving_usd == 12_000
    assert got.outlook.hosting.break_even == 20_000_000  # a fifth of the tokens, where the API's bill is $3,000


@pytest.mark.parametrize(("percent", "usd"), [(40, 6_000), (60, 4_000)])
def test_case_24_prices_that_fall_by_half_in_a_year(percent, usd):
    got = report(
        run(call(profile(4_000, 0))),
        settings(feature(), price_decline_percent_per_year=D(percent)),
        price=price,
    )
    assert got.scenarios["measured"].monthly_usd == 10_000
    assert got.outlook.forecast_usd[-1] == usd
