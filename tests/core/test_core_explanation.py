"""Explanation: amounts at their rates add up to the month, and what no rate shows is told as such."""

from decimal import Decimal
from fractions import Fraction

from core_production import by_model, productions, samples, scenarios
from core_values import EXACT, GPT_4O, PRICE, profile, rates, sample_of, unpriced
from hypothesis import given

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.explanation import HOUR, INPUT, OUTPUT, READ, REST, WRITE, Bought, bought, tokens
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import total
from pytest_llmcost.core.production import PLAIN, Production, SideCall
from pytest_llmcost.core.projection import cost_per_request, month
from pytest_llmcost.core.scenario import MEASURED
from pytest_llmcost.core.served import request_of
from pytest_llmcost.core.usage import Usage

D = Decimal
MANY = Fraction(1_000_000)


def tiered(product, usage):
    """Twice the price for all tokens of a prompt above 2,000; a third model charges a fee for each request."""
    price = rates("2.50", "10") if usage.input_tokens <= 2_000 else rates("5", "20")
    fee = D("0.001") if product.model == "m" else D(0)
    return Cost(EXACT.add(price(product, usage).usd, fee), "as stated")


def cheaper(_product, usage):
    """A fifth of the price for all tokens of a prompt above 2,000."""
    return (rates("2.50", "10") if usage.input_tokens <= 2_000 else rates("0.50", "2"))(_product, usage)


def by_the_hour(product, usage):
    """As `rates`, and a write for an hour costs twice what input does."""
    hour = usage.cache_write_1h_tokens or 0
    plain = rates("3", "15", read="0.30", write="3.75")(product, usage).usd
    return Cost(EXACT.fma(D("0.00000225"), hour, plain), "as stated")


def test_a_write_for_an_hour_has_a_rate_of_its_own():
    wrote = Usage(input_tokens=2_100, cache_write_tokens=2_000, cache_write_1h_tokens=2_000)
    rows = of(profile(2_100, usage=wrote), price=by_the_hour)
    found = {row.kind: (row.amount, row.usd_per_million) for row in rows}
    assert found == {INPUT: (MANY * 100, 3), HOUR: (MANY * 2_000, 6)}


def of(*profiles, production=PLAIN, price=PRICE, times=MANY):
    request = request_of([sample_of(*profiles)], production)
    return bought(request, times, Meter(price, MEASURED, production), price)


def rows(found):
    return [(one.kind, one.amount, one.usd_per_million, one.usd) for one in found]


def adds_up(group, production, scenario, price):
    request, meter = request_of(group, production), Meter(price, scenario, production)
    found = bought(request, MANY * Fraction(scenario.traffic), meter, price)
    assert total(one.usd for one in found) == month(cost_per_request(request, meter), MANY, scenario)
    for one in found:
        assert (one.usd_per_million is None) == (one.kind == REST)
        if one.kind != REST:
            assert abs(Fraction(one.amount) * Fraction(one.usd_per_million) / 10**6 - Fraction(one.usd)) < Fraction(
                1, 10**9
            )
    return found


@given(samples, productions, scenarios)
def test_amounts_at_their_rates_add_up_to_the_month_to_the_last_digit(group, production, scenario):
    adds_up(group, production, scenario, by_model)


@given(samples, productions, scenarios)
def test_so_do_they_with_prices_by_size_and_fees(group, production, scenario):
    adds_up(group, production, scenario, tiered)
    adds_up(group, production, scenario, cheaper)


def test_each_kind_of_token_has_its_own_row():
    usage = Usage(input_tokens=2_000, output_tokens=100, cache_read_tokens=500, cache_write_tokens=300)
    found = of(profile(2_000, 100, usage=usage), price=rates("2.50", "10", read="0.25", write="3"))
    million = 10**6
    assert rows(found) == [
        (INPUT, 1_200 * million, D("2.5"), 3_000),
        (READ, 500 * million, D("0.25"), 125),
        (WRITE, 300 * million, D(3), 900),
        (OUTPUT, 100 * million, D(10), 1_000),
    ]
    assert {one.model for one in found} == {"openai/gpt-4o"}


def test_a_fee_by_request_is_no_price_of_a_token():
    routed = Production(routes=(("m", D(1)),))
    assert rows(of(profile(1_000, 0), production=routed, price=tiered)) == [
        (INPUT, 10**9, D("2.5"), 2_500),
        (REST, 10**6, None, 1_000),
    ]


def test_where_one_more_token_is_in_another_bracket_the_whole_price_is_told_as_such():
    for price in (tiered, cheaper):
        assert rows(of(profile(2_000, 100), price=price)) == [(REST, 10**6, None, 6_000)]
    assert rows(of(profile(2_001, 0), price=tiered)) == [(INPUT, 2_001 * 10**6, 5, 10_005)]


def test_audio_has_no_row_of_tokens_though_all_input_is_audio_or_cached():
    usage = Usage(input_tokens=100, output_tokens=0, input_audio_tokens=100, cache_read_tokens=50)
    found = of(profile(100, 0, usage=usage), price=rates("2.50", "10", read="0.25"))
    assert all(one.amount > 0 for one in found)
    assert total(one.usd for one in found) == D("137.5")


def test_batch_is_said_with_the_model():
    (one, _) = of(profile(1_000, 100), production=Production(batch=True), price=by_model)
    assert (one.model, one.usd_per_million) == ("openai/gpt-4o (batch)", D("1.25"))


def test_nothing_is_bought_while_a_price_is_unknown():
    assert of(profile(), price=unpriced) == ()


def test_tokens_of_a_month_are_counted_whatever_they_cost():
    for price in (PRICE, tiered, unpriced):
        for production, expected in (
            (PLAIN, 2_100),
            (Production(turns_per_session=D(2), tokens_per_turn=D(400)), 2_300),
        ):
            request = request_of([sample_of(profile(2_000, 100))], production)
            assert tokens(request, MANY, Meter(price, MEASURED, production)) == expected * MANY


def by_host(product, usage):
    """OpenAI sells no Claude."""
    return Cost(None, "") if product.model == "claude" and product.provider == "openai" else PRICE(product, usage)


def row(model, kind, amount, rate):
    usd = Decimal(amount) * Decimal(rate) / 1_000_000
    return Bought(model=model, kind=kind, amount=Decimal(amount), usd_per_million=Decimal(rate), usd=usd)


def test_amounts_have_their_rate_and_a_model_of_which_only_the_name_is_declared_has_no_host():
    served = Production(
        routes=(("claude", Decimal("0.5")),),
        router=SideCall(model="small", input_tokens=Decimal(10), output_tokens=Decimal(1)),
    )
    request = request_of([sample_of(profile(100, output_tokens=20))], served)
    found = bought(request, Fraction(1_000), Meter(by_host, MEASURED, served), by_host)
    assert (GPT_4O.name, found) == (
        "openai/gpt-4o",
        (
            row("claude", INPUT, 50_000, "2.5"),
            row("claude", OUTPUT, 10_000, 10),
            row("openai/gpt-4o", INPUT, 50_000, "2.5"),
            row("openai/gpt-4o", OUTPUT, 10_000, 10),
            row("small", INPUT, 10_000, "2.5"),
            row("small", OUTPUT, 1_000, 10),
        ),
    )
