"""Outlook: what a month leads to, from the report of a run."""

from dataclasses import astuple, replace
from decimal import Decimal

import pytest
from core_values import PRICE, call, feature, profile, report, run, settings, unpriced
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.break_even import Machine
from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.money import total
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED
from pytest_llmcost.core.settings import FineTuning

D = Decimal
TWO = ("chat", "search")
shares = st.decimals(min_value=0, max_value=2, places=3)


def by_model(product, usage):
    """PRICE, a tenth of it for `small`, none for `secret`; half in a batch."""
    if product.model == "secret":
        return unpriced(product, usage)
    usd = PRICE(product, usage).usd / (10 if product.model == "small" else 1)
    return Cost(usd / 2 if product.service_tier == "batch" else usd, "as stated")


def asked(*features, chosen=None, **changes):
    """A report of features with one test each, of 1,000 tokens in and 100 out: $3,500 for a million requests."""
    names = [one.name for one in features]
    calls = [call(profile(), test=f"tests/test_{name}.py::test_a") for name in names]
    mine = [replace(one, tests=(f"tests/test_{one.name}.py",)) for one in features]
    got = report(run(*calls), chosen or settings(*mine, **changes), price=by_model)
    return got.outlook, got


def test_the_layers_of_everything_add_up_to_the_month_with_overheads_and_fixed_costs():
    routed = feature("chat", production=Production(routes=(("small", D("0.5")),)))
    batched = feature("search", production=Production(turns_per_session=D(2), tokens_per_turn=D(400), batch=True))
    found, got = asked(
        routed, batched, overheads={"retries": D("0.1")}, fixed_monthly_usd={"vector_db": D(500)}, scenario="aggressive"
    )
    # Naive: twice $3,500. Three times the traffic. Chat: half of it at a tenth; then growth of half the input, $2.50.
    # Search: half of the turns send 400 tokens more, in a batch all at half.
    assert [(one.name, one.usd) for one in found.layers] == [
        ("as tested", 7_000),
        ("traffic x3", 14_000),
        ("conversation", 1_500),
        ("context growth", 3_750),
        ("batch", -6_000),
        ("routing", D("-6412.5")),
        ("no caching", 0),
        ("overhead: retries", D("1383.75")),
        ("fixed: vector_db", 500),
    ]
    assert total(one.usd for one in found.layers) == got.scenarios["aggressive"].monthly_usd


@given(st.lists(shares, max_size=3), st.sampled_from([MEASURED, *DEFAULTS]), st.integers(0, 10**7), st.booleans())
def test_whatever_is_declared_the_layers_add_up_to_the_month(overheads, scenario, requests, batch):
    found, got = asked(
        feature("chat", requests, production=Production(batch=batch)),
        feature("search", requests // 3, production=Production(response_cache_hit_rate=D("0.3"))),
        overheads={f"o{number}": share for number, share in enumerate(overheads)},
        fixed_monthly_usd={"vector_db": D("0.01")},
        scenario=scenario.name,
    )
    assert total(one.usd for one in found.layers) == got.scenarios[scenario.name].monthly_usd


def test_layers_of_one_name_stand_together_with_what_each_saves_alone():
    both = [feature(name, production=Production(batch=True)) for name in TWO]
    found, _ = asked(*both)
    assert [astuple(one) for one in found.layers] == [("as tested", 7_000, None), ("batch", -3_500, -3_500)]


def test_the_forecast_grows_by_feature_and_carries_overheads_and_fixed_costs():
    found, got = asked(
        feature("chat", growth_percent_per_month=D(10)),
        feature("search"),
        overheads={"retries": D("0.1")},
        fixed_monthly_usd={"vector_db": D(500)},
    )
    assert got.scenarios["measured"].monthly_usd == 7_000 * D("1.1") + 500
    assert found.forecast_usd[:2] == ((3_850 + 3_500) * D("1.1") + 500, (4_235 + 3_500) * D("1.1") + 500)
    assert found.year_usd == total(found.forecast_usd)


def test_falling_prices_leave_fixed_costs_alone():
    found, _ = asked(feature(), price_decline_percent_per_year=D(40), fixed_monthly_usd={"vector_db": D(500)})
    assert found.forecast_usd[-1] == 3_500 * D("0.6") + 500


def test_without_growth_each_month_is_this_one():
    found, _ = asked(feature())
    assert (set(found.forecast_usd), found.year_usd) == ({D(3_500)}, 42_000)


def test_a_feature_without_samples_takes_nothing_from_the_forecast_of_the_others():
    found, got = asked(feature("chat"), chosen=settings(feature("chat"), feature("search", tests=("elsewhere",))))
    assert got.features[1].uncovered
    assert found.forecast_usd[0] == got.scenarios["measured"].monthly_usd == 3_500


def test_an_unknown_month_has_no_forecast():
    found, _ = asked(feature(production=Production(routes=(("secret", D("0.5")),))))
    assert (found.forecast_usd, found.year_usd, found.layers[-1].usd) == ((), None, None)


def test_without_traffic_there_is_no_outlook():
    found, _ = asked(feature(requests=None))
    assert found is None


@pytest.mark.parametrize(("overheads", "usd"), [({}, 3_500 * D("3.75")), ({"retries": D(0)}, None)])
def test_the_rule_of_thumb_is_of_the_naive_month_and_for_who_declares_no_overheads(overheads, usd):
    found, _ = asked(feature(production=Production(batch=True)), overheads=overheads)
    assert found.rule_of_thumb_usd == usd


def test_machines_are_held_against_the_inference_of_all_features():
    machine = Machine(usd_per_month=D(3_000), tokens_per_day=D(100_000_000))
    found, _ = asked(feature("chat"), feature("search"), self_hosting=machine, overheads={"retries": D(1)})
    # 2 million requests of 1,100 tokens are 73.3 million a day, for $7,000.
    assert (found.hosting.machines, found.hosting.usd, found.hosting.saving_usd) == (1, 3_000, 4_000)
    assert round(found.hosting.break_even) == 31_428_571  # $3,000 of $7,000
    assert found.hosting.is_within_reach


def test_machines_serve_all_tokens_whatever_price_list_they_have():
    def by_size(product, usage):
        usd = PRICE(product, usage).usd
        return Cost(usd * 2 if usage.input_tokens > 1_000 else usd, "as stated")

    machine = Machine(usd_per_month=D(3_000), tokens_per_day=D(10_000_000))
    got = report(run(call()), settings(feature(), self_hosting=machine), price=by_size)
    assert got.outlook.hosting.machines == 4  # 1,100 million tokens a month, 36.7 million a day


def test_machines_serve_what_the_caches_leave():
    machine = Machine(usd_per_month=D(1), tokens_per_day=D(11_000_000))
    found, _ = asked(feature(production=Production(response_cache_hit_rate=D("0.7"))), self_hosting=machine)
    assert found.hosting.machines == 1  # 330 million a month


def test_without_a_month_nothing_is_held_against_machines():
    machine = Machine(usd_per_month=D(1), tokens_per_day=D(1))
    found, _ = asked(feature(production=Production(routes=(("secret", D(1)),))), self_hosting=machine)
    assert found.hosting is None


def trained(model, usd=700, **changes):
    """The training of a model; overheads, which are shares of everything, are on neither side of it."""
    tuned = {"tuned": FineTuning(feature="chat", model=model, training_usd=D(usd))}
    found, _ = asked(feature(**changes), fine_tuning=tuned, overheads={"retries": D(1)})
    return found.trainings


def test_a_training_is_paid_back_by_what_its_model_saves():
    (one,) = trained("small", usd=6_300)
    assert (one.before_usd, one.after_usd, one.months) == (3_500, 350, 2)
    assert (one.name, one.feature, one.model, one.once_usd) == ("tuned", "chat", "small", 6_300)


def test_a_training_takes_the_place_of_routes_and_leaves_the_other_levers():
    (one,) = trained("small", production=Production(batch=True, routes=(("small", D("0.5")),)))
    assert (one.before_usd, one.after_usd) == (D("962.5"), 175)


def test_a_model_that_saves_nothing_never_pays_back():
    (one,) = trained("gpt-4o")
    assert (one.after_usd, one.months) == (3_500, None)


def test_a_tuned_model_without_a_price_pays_back_nobody_knows_when():
    (one,) = trained("secret")
    assert (one.before_usd, one.after_usd, one.months) == (3_500, None, None)


def test_a_training_for_a_feature_without_a_month_is_left_out():
    chosen = settings(
        feature("chat"),
        feature("search", tests=("elsewhere",)),
        fine_tuning={"tuned": FineTuning(feature="search", model="small", training_usd=D(1))},
    )
    assert asked(feature("chat"), chosen=chosen)[0].trainings == ()
