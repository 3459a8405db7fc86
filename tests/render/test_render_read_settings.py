"""The configuration that a run file states comes back as settings, and its run as a baseline."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pytest_llmcost.core.break_even import Machine
from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.discount import Discount, in_force
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario
from pytest_llmcost.core.settings import Embedding, Feature, FineTuning, Rates, Settings
from pytest_llmcost.core.traffic import Traffic
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.render.run_config import declared
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.storage.run_baseline import baseline
from pytest_llmcost.storage.run_report import report
from pytest_llmcost.storage.run_settings import prices_date, settings

SETTINGS = Settings(
    days_per_month=Decimal("30.5"),
    prices_as_of=date(2026, 11, 1),
    features=(
        Feature(name="support_chat", traffic=Traffic(requests_per_day=Decimal(1000))),
        Feature(
            name="summarize",
            traffic=Traffic(requests_per_month=Decimal("7903.225")),
            growth_percent_per_month=Decimal("-2.5"),
            peak_factor=Decimal(3),
            revenue_per_month=Decimal(0),
            conversion_rate=Decimal("0.02"),
        ),
        Feature(name="search", production=Production(is_session=True, turns_per_session=Decimal(4))),
        Feature(name="admin"),
    ),
    scenarios=(MEASURED, *DEFAULTS, Scenario(name="winter", traffic=Decimal("1.25"), caching=False)),
    overheads={"retries": Decimal("0.10"), "monitoring": Decimal("0.00002")},
    fixed_monthly_usd={"vector_db": Decimal(500)},
    one_time_usd={"development": Decimal("12000.50")},
    embeddings={"kb": Embedding(model="e", tokens=50_000_000, refreshes_per_month=Decimal("0.5"))},
    runs_per_month=Decimal(0),
    price_decline_percent_per_year=Decimal(20),
    self_hosting=Machine(usd_per_month=Decimal(2000), tokens_per_day=Decimal(20_000_000)),
    fine_tuning={"small": FineTuning(feature="search", model="m", training_usd=Decimal(500))},
    models={"my-deployment": "azure/gpt-4.1-mini"},
    prices={"acme/llama-70b": Rates(input=Decimal("0.20"), output=Decimal("0.6"), cache_read=Decimal("0.02"))},
    discounts={
        "openai": Discount(percent=Decimal("12.5"), until=date(2027, 1, 1), reason="an agreement"),
        "azure/*": Discount(
            input_percent=Decimal(20),
            output_percent=Decimal(10),
            cache_read_percent=Decimal(0),
            cache_write_percent=Decimal(100),
            batch=False,
            starts=date(2026, 1, 1),
        ),
        "aws": Discount(committed_usd_per_month=Decimal(4000)),
    },
    currency=Currency(code="EUR", per_usd=Decimal("0.92"), as_of=date(2026, 11, 2)),
)


def written(report):
    return json.loads("".join(chunks(replace(report, currency=SETTINGS.currency), declared(SETTINGS))))


def test_what_prices_and_projects_a_run_comes_back(kept_run):
    back = settings(written(kept_run))
    monthly = [Traffic(requests_per_month=Decimal(count)) for count in ("30500", "7903.225")]
    expected = [replace(one, traffic=traffic) for one, traffic in zip(SETTINGS.features, monthly, strict=False)]
    assert back == replace(SETTINGS, features=(*expected, *SETTINGS.features[2:]))


def test_what_is_drawn_comes_back_with_the_report(kept_run):
    back = report(written(kept_run))
    assert back.currency == SETTINGS.currency
    assert back.discounts == in_force(SETTINGS.discounts, "2026-11-21")


def test_a_file_from_before_there_were_discounts_is_read_as_one_without(kept_run):
    data = written(kept_run)
    del data["config"]["discounts"], data["config"]["currency"]
    assert (settings(data).discounts, settings(data).currency) == ({}, USD)
    assert (report(data).discounts, report(data).currency) == ({}, USD)


def test_costs_that_nobody_declares_are_not_in_the_file(kept_run):
    plain = declared(Settings(features=(Feature(name="chat"),)))
    assert not plain.keys() & {
        "fixed_monthly_usd", "one_time_usd", "embeddings", "runs_per_month", "price_decline_percent_per_year",
        "self_hosting", "fine_tuning", "business",
    }  # fmt: skip
    data = written(kept_run)
    data["config"] = {key: value for key, value in data["config"].items() if key in plain or key == "scenario"}
    back = settings(data)
    assert (back.runs_per_month, back.self_hosting, back.embeddings) == (None, None, {})
    assert {one.peak_factor for one in back.features} == {1}


def test_a_file_from_before_production_was_declared_is_as_the_tests_saw_it(kept_run):
    data = written(kept_run)
    del data["config"]["production"]
    assert settings(data).production == {}


def test_what_production_does_comes_back_in_the_baseline_of_a_run_file(kept_run):
    found = baseline(written(kept_run), source="before.json")
    assert found.header.production == {"search": Production(is_session=True, turns_per_session=Decimal(4))}


def test_the_day_of_the_prices_comes_back(kept_run):
    assert prices_date(written(kept_run)) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("days_per_month", 30, "config.days_per_month is not an amount"),
        ("prices_as_of", "soon", "config.prices_as_of is not a date"),
        ("models", {"a": 1}, "config.models.a is not a text"),
        ("prices", {"a": {"input": "1"}}, "config.prices.a.output is not an amount"),
        ("scenarios", {"a": {"traffic": "-1"}}, "config.scenarios.a.traffic is not an amount"),
        ("overheads", {"a": 0.1}, "config.overheads.a is not an amount"),
        ("overheads", None, "config.overheads is not an object"),
        ("discounts", {"a": {"percent": "101"}}, "config.discounts.a.percent is not at most 100"),
        ("discounts", {"a": {"until": "soon"}}, "config.discounts.a.until is not a date"),
        ("currency", {"code": "</b>", "per_usd": "1"}, "config.currency.code is not three capital letters"),
        ("currency", {"code": "EUR", "per_usd": "0"}, "config.currency.per_usd is not an amount above 0"),
        ("requests_per_month", {"a": "1"}, "config.requests_per_month.a is not a number"),
        ("fixed_monthly_usd", {"a": 5}, "config.fixed_monthly_usd.a is not an amount"),
        ("one_time_usd", [], "config.one_time_usd is not an object"),
        ("embeddings", {"a": {"model": "m", "tokens": -1}}, "config.embeddings.a.tokens is not a count"),
        ("runs_per_month", "-1", "config.runs_per_month is not an amount"),
        ("price_decline_percent_per_year", "100", "config.price_decline_percent_per_year is not below 100"),
        (
            "self_hosting",
            {"usd_per_month": "1", "tokens_per_day": "0"},
            "config.self_hosting.tokens_per_day is not above 0",
        ),
        ("fine_tuning", {"a": {"feature": "b"}}, "config.fine_tuning.a.model is not a text"),
        (
            "business",
            {"search": {"growth_percent_per_month": "-100"}},
            "config.business.search.growth_percent_per_month is not above -100",
        ),
        ("business", {"search": {"peak_factor": "0.5"}}, "config.business.search.peak_factor is not at least 1"),
        ("business", {"search": {"conversion_rate": "2"}}, "config.business.search.conversion_rate is not a share"),
        ("production", {"a": []}, "config.production.a is not what a configuration can declare: it must be an object"),
        (
            "production",
            {"a": {"cache_hit_rate": "1.5"}},
            "can declare: cache_hit_rate must be a number from 0 to 1 in quotes",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(kept_run, key, value, place):
    data = written(kept_run)
    data["config"][key] = value
    with pytest.raises(RunFileError) as refusal:
        settings(data)
    assert place in str(refusal.value)


def test_a_run_file_gives_the_baseline_that_its_run_would_have_left(kept_run):
    found = baseline(written(kept_run), source="before.json")
    direct = renew(None, kept_run.run, kept_run, settings(written(kept_run)), estimator="2")
    assert found.tests == direct.tests
    assert found.tests  # the last attempts of tests that passed
    requests = {"support_chat": Decimal(30_500), "summarize": Decimal("7903.225")}
    assert found.header == replace(direct.header, commit=kept_run.origins.commit, requests_per_month=requests)
    assert found.header.overheads == SETTINGS.overheads
    assert (found.source, found.header.estimator) == ("before.json", "2")


def test_a_run_file_without_a_session_gives_no_baseline(rich):
    with pytest.raises(RunFileError, match=r"^before.json does not say which tests ran"):
        baseline(written(rich), source="before.json")
