"""What a month buys: amounts at a rate each, of whom."""

from decimal import Decimal
from fractions import Fraction

from core_values import GPT_4O, PRICE, profile, sample_of

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.explanation import INPUT, OUTPUT, Bought, bought
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.production import Production, SideCall
from pytest_llmcost.core.scenario import MEASURED
from pytest_llmcost.core.served import request_of


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
