"""Discounts in a report: what a capacity adds to a month, and what is to be known about the declared ones."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core_values import GPT_4O, PRICE, TEST, baseline, call, feature, profile, run, settings
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.budget import RunBudget
from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.currency import Currency
from pytest_llmcost.core.discount import Discount, strongest
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.settings import Embedding, Settings

PAID = Discount(committed_usd_per_month=Decimal(4000))
TEN = Discount(percent=Decimal(10))
CLAIMED = {"openai": (False, 6)}


def by_host(product, usage):
    """OpenAI sells no Claude."""
    known = product.provider != "openai" or "claude" not in product.model
    return PRICE(product, usage) if known else Cost(None, "")


BOOK = Book(price=by_host, prices=Prices(source="book", version="1", as_of="2026-11-21"))


def of(discounts, *calls, claims=CLAIMED, against=None, **changes):
    price = changes.pop("price", PRICE)
    chosen = replace(settings(feature(tests=(TEST,))), discounts=discounts, **changes)
    book = replace(BOOK, price=price, claims=lambda product: claims if product == GPT_4O else {})
    made = run(*(calls or (call(),)))
    return build_report(made, chosen, Against(against, "nothing to compare with"), book)


def told(report, *rules):
    return [(one.rule, one.severity.value, one.subject, one.message) for one in report.findings if one.rule in rules]


def test_committed_capacity_is_a_fixed_cost_of_every_scenario_whatever_its_traffic():
    plain, paid = of({}), of({"openai": PAID})
    for name, month in paid.scenarios.items():
        assert month.fixed_usd == {"committed: openai": 4000}
        assert month.inference_usd == plain.scenarios[name].inference_usd
        assert month.monthly_usd == plain.scenarios[name].monthly_usd + 4000


amounts = st.decimals(0, 10**9, places=12)


@given(amounts, amounts, st.decimals(0, 5, places=7))
def test_a_month_is_the_sum_of_its_parts_with_capacities_too(one, other, share):
    terms = {"a": replace(PAID, committed_usd_per_month=one), "b": replace(PAID, committed_usd_per_month=other)}
    for month in of(terms, overheads={"retries": share}).scenarios.values():
        parts = [month.inference_usd, *month.overheads_usd.values(), *month.fixed_usd.values()]
        assert month.monthly_usd == sum(parts)
        assert min(parts) >= 0


def test_a_capacity_does_not_make_an_unknown_month_known():
    report = of({"openai": PAID}, price=lambda *_: Cost(None, "nobody knows"))
    assert {month.monthly_usd for month in report.scenarios.values()} == {None}


def test_a_capacity_that_does_not_hold_on_the_day_costs_nothing():
    for days in ({"until": date(2026, 11, 20)}, {"starts": date(2026, 11, 22)}):
        report = of({"openai": replace(PAID, **days)})
        assert report.discounts == {}
        assert all(not month.fixed_usd for month in report.scenarios.values())


def test_a_capacity_counts_for_the_budget_of_the_whole_application_and_for_no_comparison():
    known = baseline({TEST: (profile(),)})
    report = of({"openai": PAID}, against=known, budget=RunBudget(monthly_usd=Decimal(5000)))
    assert report.comparison.before_usd == report.comparison.after_usd == 3500
    (use,) = report.budgets
    assert use.actual == 7500
    (finding,) = [one for one in report.findings if one.rule == "budget.monthly_usd"]
    assert finding.message == "`total` uses $7,500.00 of $5,000.00 (dollars a month)"


def test_what_a_finding_draws_is_in_the_currency_of_the_settings():
    euro = Currency(code="EUR", per_usd=Decimal("0.5"))
    report = of({}, budget=RunBudget(monthly_usd=Decimal(3000)), currency=euro)
    (finding,) = [one for one in report.findings if one.rule == "budget.monthly_usd"]
    assert finding.message == "`total` uses €1,750.00 of €1,500.00 (EUR a month)"
    assert (finding.limit, finding.actual) == ("€1,500.00", "€1,750.00")
    assert report.currency == euro
    assert report.totals.cost_usd == Decimal("0.0035")


def test_a_discount_that_no_call_is_to_is_a_notice_with_what_is_called():
    report = of({"opnai": TEN, "openai": TEN})
    assert told(report, "discount") == [
        (
            "discount",
            "notice",
            "opnai",
            "no call is to `opnai`, which the discount is for; 1 model in this run: `openai/gpt-4o`",
        )
    ]


def test_a_call_that_only_the_baseline_knows_uses_a_discount():
    other = replace(profile(), product=replace(GPT_4O, model="other"))
    assert told(of({"openai": TEN}, call(other)), "discount")
    known = baseline({"tests/gone.py::test_x": (profile(),)})
    assert not told(of({"openai": TEN}, call(other), against=known), "discount")


def test_a_discount_on_what_only_production_buys_is_used():
    def claims(product):
        return {"anthropic": (False, 9)} if product.model in ("claude-third", "embedder") else {}

    served = Production(routes=(("claude-third", Decimal("0.5")),))
    routed = feature(tests=(TEST,), production=served)
    embedded = {"docs": Embedding(model="embedder", tokens=9)}
    book, terms = replace(BOOK, claims=claims), {"openai": TEN, "anthropic": TEN}
    found = [
        build_report(run(call()), replace(chosen, discounts=terms), Against(None, ""), book)
        for chosen in (settings(routed), settings(feature(tests=(TEST,)), embeddings=embedded))
    ]
    assert [[one[2] for one in told(report, "discount")] for report in found] == [["openai"], ["openai"]]
    assert [one[3] for one in told(found[0], "discount")] == [
        "no call is to `openai`, which the discount is for; 2 models in this run: `claude-third`, `openai/gpt-4o`"
    ]


def test_a_weaker_claim_is_a_use_all_the_same():
    both = {"openai": (False, 6), "openai/gpt-4o": (True, 13)}
    assert not told(of({"openai": TEN, "openai/gpt-4o": TEN}, claims=both), "discount", "equal-claim")


def test_a_discount_that_is_over_is_a_notice_and_not_an_unused_one():
    report = of({"openai": replace(TEN, until=date(2026, 11, 20))}, claims={})
    assert told(report, "discount") == [
        (
            "discount",
            "notice",
            "openai",
            "`openai` ended on 2026-11-20, so its calls are at the list price again; renew it",
        )
    ]
    assert not told(of({"openai": replace(TEN, until=date(2026, 11, 21))}), "discount")


def test_two_discounts_of_equal_claim_are_an_error():
    report = of({"gpt-4*": TEN, "gpt*4": TEN}, claims={"gpt-4*": (True, 5), "gpt*4": (True, 5)})
    assert told(report, "equal-claim") == [
        (
            "equal-claim",
            "error",
            "openai/gpt-4o",
            (
                "the discounts `gpt*4`, `gpt-4*` have equal claim to `openai/gpt-4o`, so none of them applies;"
                " make one of them longer"
            ),
        )
    ]
    assert not told(report, "discount")


def test_a_run_without_calls_says_nothing_about_discounts():
    chosen = Settings(discounts={"openai": TEN})
    book = Book(price=PRICE, prices=Prices(source="book", version="1", as_of="2026-11-21"))
    assert not told(build_report(run(), chosen, Against(None, ""), book), "discount")


def test_the_terms_are_one_phrase():
    kinds = Discount(
        input_percent=Decimal("20.50"), output_percent=Decimal(0), cache_read_percent=Decimal(5), reason="a contract"
    )
    assert kinds.terms == "20.5% off input, 0% off output, 5% off cache reads (a contract)"
    assert Discount(percent=Decimal(100)).terms == "100% off"
    assert replace(PAID, reason="PTU").terms == "covered by committed capacity (PTU)"


def test_the_strongest_claim_names_a_model_then_has_more_letters():
    claims = {"openai-long-name": (False, 16), "o3": (True, 2), "o3*": (True, 2), "o": (True, 1)}
    assert strongest(claims) == ("o3", "o3*")
    assert strongest({}) == ()
