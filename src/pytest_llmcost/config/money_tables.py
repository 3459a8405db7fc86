"""The keys of `[tool.llmcost.discounts]` and `[tool.llmcost.currency]`: what is paid, and what it is drawn in."""

from __future__ import annotations

from pytest_llmcost.config.shapes import AMOUNT, CODE, DAY, FLAG, PERCENT, TEXT, Key, Table, number

PERCENTS = ("percent", "input_percent", "output_percent", "cache_read_percent", "cache_write_percent")
COMMITTED = "committed_usd_per_month"

DISCOUNT = Table(
    keys={
        "percent": Key(shape=PERCENT, about="Percent off the list price of all that a call is billed for."),
        "input_percent": Key(shape=PERCENT, about="Percent off input tokens; percent when unset."),
        "output_percent": Key(shape=PERCENT, about="Percent off output tokens; percent when unset."),
        "cache_read_percent": Key(
            shape=PERCENT, about="Percent off input tokens read from the cache; input_percent when unset."
        ),
        "cache_write_percent": Key(
            shape=PERCENT, about="Percent off input tokens written to the cache; input_percent when unset."
        ),
        "batch": Key(shape=FLAG, about="Whether it also holds for calls at the batch rate.", default=True),
        COMMITTED: Key(
            shape=AMOUNT,
            about="US dollars per month for committed capacity: its tokens cost nothing, it is a fixed cost instead.",
        ),
        "from": Key(shape=DAY, about="The first day of prices on which it holds."),
        "until": Key(shape=DAY, about="The last day of prices on which it holds."),
        "reason": Key(shape=TEXT, about="What it rests on, for whoever reads a report."),
    },
    rules={
        "anyOf": [{"required": [key]} for key in (*PERCENTS, COMMITTED)],
        "dependentSchemas": {
            COMMITTED: {"not": {"anyOf": [{"required": [key]} for key in (*PERCENTS, "batch")]}},
        },
    },
    expects="a table such as { percent = 15 }",
)

CURRENCY = Table(
    keys={
        "code": Key(shape=CODE, about="The currency that reports draw amounts in, after ISO 4217.", required=True),
        "per_usd": Key(shape=number(gt=0), about="What one US dollar is worth in it, as you declare.", required=True),
        "as_of": Key(shape=DAY, about="The day of this rate, shown with it."),
    },
    rules={"if": {"properties": {"code": {"const": "USD"}}}, "then": {"properties": {"per_usd": {"const": 1}}}},
    expects='a table such as { code = "EUR", per_usd = 0.92 }',
)
