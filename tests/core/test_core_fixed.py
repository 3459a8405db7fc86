"""Fixed costs and what is paid once: corpora, the test suite, and names that two costs share."""

from decimal import Decimal

from core_values import call, feature, profile, rates, report, rules, run, settings, unpriced

from pytest_llmcost.core.call import Origin, Product
from pytest_llmcost.core.fixed import fixed_costs, paid_once
from pytest_llmcost.core.settings import Embedding

D = Decimal
SMALL = rates("0.02", "0")
CORPUS = Embedding(model="text-embedding-3-small", tokens=50_000_000)
REFRESHED = Embedding(model="text-embedding-3-small", tokens=50_000_000, refreshes_per_month=D("1.5"))
ZERO = D(0)
LIVE = call(origin=Origin.LIVE)
"""$0.0035 at the price of core_values."""


def fixed(spend=ZERO, price=SMALL, committed=(), **declared):
    return fixed_costs(settings(**declared), dict(committed), spend, price)


def knows(*models):
    """A book that has a price for some models only."""
    return lambda product, usage: (SMALL if product.model in models else unpriced)(product, usage)


def test_a_corpus_is_paid_once_and_its_refreshes_each_month():
    assert fixed(embeddings={"docs": REFRESHED}) == {"embeddings: docs": D("1.5")}
    assert paid_once(settings(embeddings={"docs": REFRESHED}), SMALL) == {"embeddings: docs": 1}


def test_a_corpus_that_is_not_refreshed_is_in_no_month():
    assert fixed(embeddings={"docs": CORPUS}) == {}
    assert paid_once(settings(embeddings={"docs": CORPUS}), SMALL) == {"embeddings: docs": 1}


def test_a_model_without_a_price_leaves_its_corpus_unknown():
    assert fixed(price=unpriced, embeddings={"docs": REFRESHED}) == {"embeddings: docs": None}
    assert paid_once(settings(embeddings={"docs": CORPUS}), unpriced) == {"embeddings: docs": None}


def test_an_unknown_corpus_leaves_the_month_unknown_and_is_a_finding():
    chosen = settings(feature(), embeddings={"docs": REFRESHED}, fixed_monthly_usd={"vector_db": D(500)})
    got = report(run(call()), chosen, price=knows("gpt-4o"))
    month = got.scenarios["measured"]
    assert month.fixed_usd == {"vector_db": 500, "embeddings: docs": None}
    assert (month.monthly_usd, month.inference_usd) == (None, 20)  # a million requests of 1,000 tokens at $0.02
    assert rules(got) == [("unpriced", "error")]
    assert got.findings[0].subject == "embeddings: docs"
    assert got.findings[0].message == "the embeddings `docs` by `text-embedding-3-small`: no price: nobody knows it"
    assert (got.outlook.forecast_usd, got.outlook.year_usd) == ((), None)


def test_the_test_suite_costs_what_a_run_really_spends_times_the_runs_of_a_month():
    assert fixed(D("0.25"), runs_per_month=D(400)) == {"test suite": 100}
    assert fixed(D("0.25")) == {}
    got = report(run(LIVE, call(index=1)), settings(feature(), runs_per_month=D(400)))
    assert got.scenarios["measured"].fixed_usd == {"test suite": D("1.4")}  # the replayed call costs nothing


def test_a_suite_that_spends_nothing_costs_nothing():
    assert report(run(call()), settings(feature(), runs_per_month=D(400))).scenarios["measured"].fixed_usd == {
        "test suite": 0
    }


def test_a_live_call_without_a_price_leaves_the_bill_of_the_suite_unknown():
    elsewhere = call(profile(product=Product("openai", "secret")), origin=Origin.LIVE, test=None)
    got = report(run(call(), elsewhere), settings(feature(), runs_per_month=D(400)), price=knows("gpt-4o"))
    assert got.scenarios["measured"].fixed_usd == {"test suite": None}
    assert rules(got)[0] == ("unpriced", "warning")


def test_all_that_is_fixed_stands_beside_each_other_in_order():
    found = fixed(
        D(1),
        committed={"committed: gpt": D(4_000)},
        fixed_monthly_usd={"vector_db": D(500)},
        embeddings={"docs": REFRESHED},
        runs_per_month=D(2),
    )
    assert list(found.items()) == [
        ("committed: gpt", 4_000),
        ("vector_db", 500),
        ("embeddings: docs", D("1.5")),
        ("test suite", 2),
    ]


def test_a_name_that_a_user_gave_to_another_cost_holds_both():
    declared = {"test suite": D(30), "embeddings: docs": D(10)}
    found = fixed(D(1), fixed_monthly_usd=declared, embeddings={"docs": REFRESHED}, runs_per_month=D(2))
    assert found == {"test suite": 32, "embeddings: docs": D("11.5")}
    once = settings(one_time_usd={"embeddings: docs": D(10)}, embeddings={"docs": CORPUS})
    assert paid_once(once, SMALL) == {"embeddings: docs": 11}
    assert paid_once(once, unpriced) == {"embeddings: docs": None}


def test_what_is_declared_to_be_paid_once_is_in_no_month():
    chosen = settings(feature(), one_time_usd={"development": D(12_000)})
    got = report(run(call()), chosen)
    assert got.outlook.one_time_usd == {"development": 12_000}
    assert got.scenarios["measured"].monthly_usd == got.scenarios["measured"].inference_usd == 3_500
