"""`[tool.llmcost.discounts]` and `[tool.llmcost.currency]`: what they become, and every way to get them wrong."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import jsonschema
import pytest
import tomli

from pytest_llmcost.config import parse, schema
from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.errors import ConfigurationError


def test_a_table_becomes_discounts_and_a_currency() -> None:
    settings = parse(
        tomli.loads(
            """
            [discounts]
            openai = { percent = 12.5, from = 2026-01-01, until = "2027-12-31", reason = "a contract" }
            "a/b*" = { input_percent = 20, output_percent = 10, cache_read_percent = 0, cache_write_percent = 5,
                batch = false }
            azure = { committed_usd_per_month = 4000 }
            [currency]
            code = "EUR"
            per_usd = 0.92
            as_of = 2026-11-02
            """.replace("\n                ", " "),
            parse_float=Decimal,
        ),
        file="x",
    )
    assert settings.discounts == {
        "openai": Discount(
            percent=Decimal("12.5"), starts=date(2026, 1, 1), until=date(2027, 12, 31), reason="a contract"
        ),
        "a/b*": Discount(
            input_percent=Decimal(20),
            output_percent=Decimal(10),
            cache_read_percent=Decimal(0),
            cache_write_percent=Decimal(5),
            batch=False,
        ),
        "azure": Discount(committed_usd_per_month=Decimal(4000)),
    }
    assert settings.currency == Currency(code="EUR", per_usd=Decimal("0.92"), as_of=date(2026, 11, 2))


def test_without_them_there_is_no_discount_and_amounts_are_in_dollars() -> None:
    settings = parse({"days_per_month": 30}, file="x")
    assert settings.discounts == {}
    assert settings.currency is USD


DISCOUNTS = "[tool.llmcost.discounts]"
BAD = [
    ("discounts.openai = 0.15", f"{DISCOUNTS} openai must be a table such as {{ percent = 15 }}, got 0.15", True),
    ("discounts.o.percent = 101", "[tool.llmcost.discounts.o] percent must be a number from 0 to 100, got 101", True),
    (
        "discounts.o.percnt = 1",
        '[tool.llmcost.discounts.o] unknown key "percnt"; did you mean "percent"?',
        True,
    ),
    (
        "discounts.o = { batch = false, until = 2027-01-01 }",
        "[tool.llmcost.discounts.o] it says nothing: add percent, a percent of one kind, or committed_usd_per_month",
        True,
    ),
    (
        "discounts.o = { committed_usd_per_month = 1, output_percent = 2 }",
        (
            "[tool.llmcost.discounts.o] committed_usd_per_month and output_percent exclude each other: committed"
            " capacity has no price by token"
        ),
        True,
    ),
    (
        "discounts.o = { percent = 1, from = 2026-02-02, until = '2026-02-01' }",
        "[tool.llmcost.discounts.o] from (2026-02-02) must not be after until (2026-02-01)",
        False,
    ),
    (
        "discounts.o = { percent = 1, until = 'soon' }",
        '[tool.llmcost.discounts.o] until must be a date such as 2026-11-01, got "soon"',
        True,
    ),
    (
        "discounts.openai.percent = 1\ndiscounts.OpenAI.percent = 2",
        f"{DISCOUNTS} openai and OpenAI have equal claim to the same calls; keep one",
        False,
    ),
    (
        "discounts.gpt.percent = 1\nprices.GPT = { input = 1, output = 1 }",
        f"{DISCOUNTS} gpt also has a price of its own, which no discount applies to; keep one",
        False,
    ),
    ("discounts.' '.percent = 1", f"{DISCOUNTS} the name of a provider or model must not be empty", True),
    (
        "currency = { code = 'euro', per_usd = 1 }",
        '[tool.llmcost.currency] code must be a code of three capital letters such as "EUR", got "euro"',
        True,
    ),
    (
        "currency = { code = 'EUR', per_usd = 0 }",
        "[tool.llmcost.currency] per_usd must be a number above 0, got 0",
        True,
    ),
    (
        "currency.code = 'EUR'",
        "[tool.llmcost.currency] per_usd is missing; it must be a number above 0",
        True,
    ),
    (
        "currency = { code = 'USD', per_usd = 0.9 }",
        "[tool.llmcost.currency] per_usd must be 1 for USD, got 0.9; name the currency that amounts are to be drawn in",
        True,
    ),
]


@pytest.mark.parametrize(("toml", "lines", "schema_says_so"), BAD)
def test_what_is_wrong_is_told_in_one_line_and_refused_by_the_schema(toml, lines, schema_says_so) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(tomli.loads(toml, parse_float=Decimal), file="pyproject.toml")
    assert caught.value.problems == tuple(f"pyproject.toml: {line}" for line in lines.split("\n"))
    if schema_says_so:
        table = json.loads(json.dumps(tomli.loads(toml), default=str))
        assert not jsonschema.Draft202012Validator(schema()).is_valid(table)


def test_dollars_may_be_named() -> None:
    toml = {"currency": {"code": "USD", "per_usd": 1}}
    assert parse(toml, file="x").currency == USD
    jsonschema.validate(toml, schema())
