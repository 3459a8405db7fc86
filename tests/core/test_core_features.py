"""Features: units, forecast, peak and spread of a month, and budgets at a percentile."""

from dataclasses import astuple
from decimal import Decimal

import pytest
from core_values import PRICE, call, changed, feature, profile, report, rules, run, settings, unpriced

from pytest_llmcost.core.budget import FeatureBudget
from pytest_llmcost.core.production import Production, Tier
from pytest_llmcost.core.settings import Settings
from pytest_llmcost.core.traffic import Traffic

D = Decimal
FIVE = (400, 800, 1_200, 1_600, 4_000)
"""Input tokens of five tests, at $2.50 per million: 1,600 on average, so $0.004 a request."""


def sampled(*sizes):
    return run(*(call(profile(size, 0), test=f"tests/test_chat.py::test_{at}") for at, size in enumerate(sizes)))


def of(*sizes, chosen: Settings | None = None, price=PRICE, **changes):
    (found,) = report(sampled(*sizes), chosen or settings(feature(**changes)), price=price).features
    return found


def held(*sizes, requests: int | None = 1_000, price=PRICE, **budget):
    """The uses of the budgets by key, and the messages of their findings."""
    declared = feature(requests=requests, budget=FeatureBudget(**budget), revenue_per_month=D(10))
    got = report(sampled(*sizes), settings(declared), price=price)
    uses = {use.key: (use.actual, use.at) for use in got.features[0].budgets}
    return uses, [one.message for one in got.findings if one.rule.startswith("budget.")]


def per_user(users, sessions, turns, **more):
    traffic = Traffic(monthly_users=D(users), sessions_per_user=D(sessions), turns_per_session=D(turns))
    return {"traffic": traffic, "production": Production(turns_per_session=D(turns), tokens_per_turn=D(0)), **more}


def declared(**changes):
    return settings(changed(feature(), **changes))


def test_a_month_is_shared_out_among_requests_sessions_users_conversions_and_revenue():
    chosen = declared(**per_user(2_000, 5, 2, conversion_rate=D("0.04"), revenue_per_month=D(160)))
    # 20,000 requests at $0.004 are $80: 10,000 sessions, 2,000 users, 400 conversions.
    assert astuple(of(1_600, chosen=chosen).units) == (D("0.004"), D("0.008"), D("0.04"), D("0.2"), D("0.5"))


def test_traffic_of_the_scenario_moves_units_that_grow_with_it_and_not_the_revenue():
    chosen = declared(**per_user(2_000, 5, 2, revenue_per_month=D(160)))
    got = report(sampled(1_600), Settings(features=chosen.features, scenario="conservative"))
    assert astuple(got.features[0].units) == (D("0.004"), D("0.008"), D("0.04"), None, D("0.1"))


def test_requests_alone_are_no_sessions():
    assert astuple(of(1_600).units) == (D("0.004"), None, None, None, None)


def test_who_declares_conversions_counts_sessions_even_of_one_turn():
    assert of(1_600, conversion_rate=D("0.02")).units.per_conversion == D("0.2")
    one = Production(is_session=True)
    assert of(1_600, production=one).units.per_session == D("0.004")


def test_tiers_have_users_and_sessions_of_their_own():
    tiers = (
        Tier(name="free", share=D("0.5"), sessions_per_user=D(1), turns_per_session=D(1)),
        Tier(name="pro", share=D("0.5"), sessions_per_user=D(3), turns_per_session=D(3)),
    )
    traffic = Traffic(monthly_users=D(100), tiers=tiers)
    found = of(1_600, chosen=declared(traffic=traffic, production=Production(tiers=tiers, tokens_per_turn=D(0))))
    # 50 sessions of one turn and 150 of three: 500 requests, $2.
    assert astuple(found.units)[:3] == (D("0.004"), D("0.01"), D("0.02"))


def test_the_next_twelve_months_grow_with_the_traffic_and_fall_with_prices():
    found = of(1_600, growth_percent_per_month=D(10)).forecast_usd
    assert (len(found), found[0], found[1]) == (12, 4_400, 4_840)
    falling = settings(feature(), price_decline_percent_per_year=D(40))
    assert of(1_600, chosen=falling).forecast_usd[-1] == 2_400
    assert set(of(1_600).forecast_usd) == {D(4_000)}


def test_a_peak_is_a_month_of_nothing_but_the_busiest_time():
    assert of(1_600, peak_factor=D(3)).peak_usd == 12_000
    assert of(1_600).peak_usd is None


def test_the_spread_is_over_the_tests():
    found = of(*FIVE).spread
    assert (found.samples, found.p50_usd, found.p95_usd) == (5, D("0.003"), D("0.01"))
    assert found.low_usd < 4_000 < found.month_p95_usd <= found.high_usd
    few = of(*FIVE[:4]).spread
    assert (few.samples, few.low_usd, few.month_p95_usd) == (4, None, None)


def test_a_price_that_is_not_known_leaves_all_of_this_empty():
    found = of(1_600, price=unpriced, peak_factor=D(3))
    assert (found.spread, found.forecast_usd, found.peak_usd, found.bought) == (None, (), None, ())
    assert set(astuple(found.units)) == {None}
    assert found.how == ("1,000,000 requests a month",)


def test_without_traffic_there_is_nothing_to_unfold():
    found = of(*FIVE, requests=None)
    assert (found.how, found.layers, found.spread, found.units, found.forecast_usd) == ((), (), None, None, ())


LIMITS = {"monthly_usd": D(100), "request_usd": D(1), "share_of_revenue": D(1)}


def test_budgets_are_held_to_the_mean_unless_something_else_is_declared():
    uses, messages = held(*FIVE, **LIMITS | {"monthly_usd": D(3)})
    assert uses == {"monthly_usd": (4, "mean"), "share_of_revenue": (4, "mean"), "request_usd": (D("0.004"), "mean")}
    assert messages == ["`chat` uses $4.00 of $3.00 (dollars a month)"]


def test_with_five_samples_the_month_at_p95_is_that_of_the_interval():
    uses, messages = held(*FIVE, at="p95", **LIMITS | {"request_usd": D("0.005")})
    month = of(*FIVE, requests=1_000).spread.month_p95_usd
    assert 4 < month < 10
    assert uses == {
        "monthly_usd": (month, "p95"),
        "share_of_revenue": (month, "p95"),
        "request_usd": (D("0.01"), "p95"),
    }
    assert messages == ["`chat` uses $10.00 of $5.00 (dollars per 1,000 requests, at the p95 of the samples)"]


def test_with_fewer_samples_it_is_a_month_of_nothing_but_such_requests():
    uses, _ = held(400, 1_600, at="p95", **LIMITS)
    assert uses["monthly_usd"] == (4, "p95")


def test_the_median_holds_a_request_and_leaves_the_month_to_the_mean():
    uses, messages = held(*FIVE, at="p50", **LIMITS | {"request_usd": D("0.002")})
    assert uses == {"monthly_usd": (4, "mean"), "share_of_revenue": (4, "mean"), "request_usd": (D("0.003"), "p50")}
    assert messages == ["`chat` uses $3.00 of $2.00 (dollars per 1,000 requests, at the p50 of the samples)"]


@pytest.mark.parametrize(("level", "usd"), [("mean", "0.004"), ("p50", "0.003"), ("p95", "0.01")])
def test_a_request_is_held_to_a_percentile_without_traffic_too(level, usd):
    uses, _ = held(*FIVE, requests=None, at=level, request_usd=D(1))
    assert uses["request_usd"] == (D(usd), level)


def test_a_percentile_of_unknown_costs_is_unknown():
    uses, _ = held(*FIVE, at="p95", price=unpriced, **LIMITS)
    assert {actual for actual, _ in uses.values()} == {None}


def test_a_spread_does_not_break_a_run_without_budgets():
    assert rules(report(sampled(*FIVE), settings(feature()))) == []
