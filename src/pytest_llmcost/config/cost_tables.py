"""The keys of `[tool.llmcost]` about what is paid beside inference, and what it is held against."""

from __future__ import annotations

from pytest_llmcost.config.shapes import AMOUNT, COUNT, TEXT, Key, Named, Table, number

_EMBEDDING = Table(
    keys={
        "model": Key(shape=TEXT, about="The embedding model.", required=True),
        "tokens": Key(shape=COUNT, about="Tokens of the whole corpus.", required=True),
        "refreshes_per_month": Key(
            shape=AMOUNT, about="How often a month the whole corpus is embedded again.", default=0
        ),
    },
    expects='a table such as { model = "text-embedding-3-small", tokens = 50_000_000 }',
)

_SELF_HOSTING = Table(
    keys={
        "usd_per_month": Key(shape=AMOUNT, about="US dollars per month of the machines.", required=True),
        "tokens_per_day": Key(shape=number(gt=0), about="Tokens that they can serve in a day.", required=True),
    },
    expects="a table such as { usd_per_month = 2000, tokens_per_day = 20_000_000 }",
)

_FINE_TUNING = Table(
    keys={
        "feature": Key(shape=TEXT, about="The feature that the tuned model would serve.", required=True),
        "model": Key(shape=TEXT, about="The tuned model, by a name that has a price.", required=True),
        "training_usd": Key(shape=AMOUNT, about="US dollars, once, for its training.", required=True),
    },
    expects='a table such as { feature = "support_chat", model = "gpt-4o-mini", training_usd = 500 }',
)

COSTS = {
    "fixed_monthly_usd": Key(shape=Named(each=AMOUNT), about="Fixed US dollars per month by name."),
    "one_time_usd": Key(shape=Named(each=AMOUNT), about="US dollars that are paid once, by name."),
    "embeddings": Key(shape=Named(each=_EMBEDDING), about="Corpora to embed, by name."),
    "runs_per_month": Key(
        shape=AMOUNT, about="How often CI runs the suite in a month; each time it spends what a run really spends."
    ),
    "price_decline_percent_per_year": Key(
        shape=number(ge=0, lt=100), about="How far prices fall in a year, in percent, for the forecast.", default=0
    ),
    "self_hosting": Key(shape=_SELF_HOSTING, about="Machines of your own that the month is held against."),
    "fine_tuning": Key(shape=Named(each=_FINE_TUNING), about="Tuned models that a feature is held against, by name."),
}
