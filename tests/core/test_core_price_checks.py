"""What is told of the prices of a run: what was assumed, what replies state, how old the list is."""

from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import OTHER, PRICE, call, profile, report, rules, run, settings, unpriced

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.call import OWN, STATED, Cost, Outcome, Product, cost
from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.currency import Currency
from pytest_llmcost.core.finding import Severity
from pytest_llmcost.core.levers import reading
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.scenario import Scenario, under
from pytest_llmcost.core.step import step
from pytest_llmcost.core.usage import UNITS, Provenance, Usage

FREE = settings(fail_on=())
STATES = {"stated_usd": Decimal("0.5")}


def doubtful(product, usage):
    return replace(PRICE(product, usage), doubts=("no flex price known: standard price",))


def owned(_product, _usage):
    return Cost(Decimal(1), f"{OWN}: acme/x")


def aged(days):
    prices = Prices(source="book", version="1", as_of="2026-11-21", dated="2026-01-01", age_days=days)
    return build_report(run(call()), settings(), Against(None, "nothing"), Book(price=PRICE, prices=prices))


# What a reply states.


def test_a_cost_that_the_reply_states_goes_before_the_list():
    assert cost(call(**STATES), PRICE) == Cost(Decimal("0.5"), STATED)
    assert cost(call(**STATES), unpriced) == Cost(Decimal("0.5"), STATED)


def test_the_users_own_price_goes_before_what_the_reply_states():
    assert cost(call(**STATES), owned) == Cost(Decimal(1), f"{OWN}: acme/x")


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": Outcome.PARTIAL},
        {"one": profile(usage_source=Provenance.ADJUSTED)},
        {"one": profile(usage_source=Provenance.SCALED)},
    ],
)
def test_what_is_stated_of_another_request_or_of_a_part_is_not_used(changed):
    assert cost(call(**STATES, **changed), PRICE).note == "as stated"


def test_a_refused_call_costs_nothing_whatever_its_reply_states():
    assert cost(call(**STATES, outcome=Outcome.REFUSED), PRICE).usd == 0


def test_a_call_costs_what_it_states_beside_one_of_the_same_profile_that_states_nothing():
    shared = profile()
    got = report(run(call(shared), call(shared, index=1, **STATES), call(shared, index=2)), FREE)
    assert [one.cost.usd for one in got.calls] == [Decimal("0.0035"), Decimal("0.5"), Decimal("0.0035")]


def test_a_statement_that_is_not_the_lists_price_is_told_as_months_go_by_the_list():
    got = report(run(call(**STATES), call(index=1, **STATES)), FREE)
    (found,) = got.findings
    assert (found.rule, found.severity, found.subject) == ("price-assumed", Severity.NOTICE, "openai/gpt-4o")
    assert found.message == (
        "2 calls of `openai/gpt-4o`: the replies state $1.00 and the price list says $0.0070,"
        " by which months are projected"
    )
    assert got.features[0].cost_per_request_usd == Decimal("0.007")


def test_a_statement_is_told_in_the_currency():
    chosen = settings(fail_on=(), currency=Currency(code="EUR", per_usd=Decimal("0.5")))
    (found,) = report(run(call(**STATES)), chosen).findings
    assert "the replies state €0.25 and the price list says €0.0018" in found.message


@pytest.mark.parametrize("stated", ["0.0035", "0.003534", "0.003466"])
def test_a_statement_that_agrees_within_one_percent_is_not_worth_a_word(stated):
    assert report(run(call(stated_usd=Decimal(stated))), FREE).findings == ()


def test_a_month_of_calls_that_only_their_replies_price_is_unknown_and_fails():
    got = report(run(call(**STATES)), price=unpriced)
    assert rules(got) == [("unpriced", "error")]
    assert (got.calls[0].cost.usd, got.features[0].cost_per_request_usd) == (Decimal("0.5"), None)


def test_without_traffic_a_stated_cost_leaves_nothing_open():
    got = report(run(call(**STATES)), settings(replace(settings().features[0], traffic=None)), price=unpriced)
    assert rules(got) == [("no-traffic", "notice")]


# What was assumed.


def test_an_assumption_is_told_once_for_each_product():
    calls = [call(), call(index=1), call(profile(product=Product("acme", "x")), test=OTHER)]
    got = report(run(*calls), FREE, price=doubtful)
    told = [(found.subject, found.message.partition(":")[0]) for found in got.findings]
    assert [found.rule for found in got.findings] == ["price-assumed"] * 2
    assert told == [("acme/x", "1 call of `acme/x`"), ("openai/gpt-4o", "2 calls of `openai/gpt-4o`")]
    assert got.findings[0].location == "src/app.py:7"


# The age of the list.


@pytest.mark.parametrize(("days", "told"), [(None, 0), (0, 0), (60, 0), (61, 1), (1_000, 1)])
def test_a_list_older_than_sixty_days_is_told(days, told):
    found = [one for one in aged(days).findings if one.rule == "price-book"]
    assert len(found) == told
    if told:
        assert (found[0].severity, found[0].limit, found[0].actual) == (Severity.NOTICE, "60 days", f"{days:,} days")
        assert "upgrade book" in found[0].message


def test_without_calls_the_list_was_not_used():
    prices = Prices(source="book", version="1", as_of="2026-11-21", age_days=99)
    got = build_report(run(), settings(), Against(None, "nothing"), Book(price=PRICE, prices=prices))
    assert "price-book" not in [one.rule for one in got.findings]


# What is billed by the piece.


def test_pieces_add_up():
    one = Usage(web_searches=2, document_pages=3)
    assert one + one == Usage(web_searches=4, document_pages=6)


@pytest.mark.parametrize(
    ("unit", "kind"),
    [("web_searches", Kind.OUTPUT), ("document_pages", Kind.MEDIA), ("audio_seconds", Kind.MEDIA)],
)
def test_a_change_of_pieces_has_a_cause(unit, kind):
    then = profile()
    now = replace(then, usage=replace(then.usage, **{unit: 2}))
    found = step(then, now, lambda _, usage: Decimal(getattr(usage, unit) or 0))
    assert (found.before_usd, found.after_usd) == (0, 2)
    assert [(term.kind, term.usd) for term in found.terms] == [(kind, 2)]


@pytest.mark.parametrize("unit", UNITS)
def test_pieces_stay_what_they_are_under_every_assumption(unit):
    usage = Usage(input_tokens=100, output_tokens=9, cache_read_tokens=50, **{unit: 7})
    grown = under(usage, Scenario(name="s", context_growth=Decimal("0.5"), caching=False))
    cached = reading(usage, 80)
    assert [getattr(one, unit) for one in (grown, cached)] == [7, 7]
