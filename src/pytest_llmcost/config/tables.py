"""The keys of `[tool.llmcost]`: the one place that names them, with meaning, shape and default."""

from __future__ import annotations

from pytest_llmcost.config.cost_tables import COSTS
from pytest_llmcost.config.feature_tables import FEATURE
from pytest_llmcost.config.money_tables import CURRENCY, DISCOUNT
from pytest_llmcost.config.shapes import (
    AMOUNT,
    COUNT,
    DAY,
    FLAG,
    TEXT,
    TEXTS,
    Items,
    Key,
    Named,
    Table,
    choice,
    number,
)
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED
from pytest_llmcost.core.settings import DEFAULT_MODEL, FAIL_ON, FAIL_ON_CHOICES, OF_THE_PROJECT

SCENARIO = Table(
    keys={
        "extends": Key(shape=TEXT, about="The scenario whose values hold for every key that is not set here."),
        "traffic": Key(shape=AMOUNT, about="Factor on the declared traffic.", default=1),
        "context_growth": Key(
            shape=AMOUNT,
            about="Share of input tokens added to every request, at the uncached price.",
            default=0,
        ),
        "caching": Key(
            shape=FLAG, about="False prices cache reads as plain input and drops the response cache.", default=True
        ),
    },
)

RATES = Table(
    keys={
        "input": Key(shape=AMOUNT, about="US dollars per million input tokens.", required=True),
        "output": Key(shape=AMOUNT, about="US dollars per million output tokens.", required=True),
        "cache_read": Key(
            shape=AMOUNT,
            about="US dollars per million input tokens read from the cache; the input rate when unset.",
        ),
        "cache_write": Key(
            shape=AMOUNT,
            about="US dollars per million input tokens written to the cache; the input rate when unset.",
        ),
        "cache_write_1h": Key(
            shape=AMOUNT,
            about="US dollars per million input tokens kept in the cache for an hour; as `cache_write` when unset.",
        ),
        "request": Key(shape=AMOUNT, about="US dollars per call, beside its tokens."),
        "web_search": Key(shape=AMOUNT, about="US dollars per search in the web."),
        "rerank_search": Key(shape=AMOUNT, about="US dollars per search of a rerank."),
        "document_page": Key(shape=AMOUNT, about="US dollars per page of a document."),
        "audio_second": Key(shape=AMOUNT, about="US dollars per second of audio."),
        "input_character": Key(shape=AMOUNT, about="US dollars per character to be spoken."),
        "image": Key(shape=AMOUNT, about="US dollars per image of a reply that states no tokens."),
    },
    expects="a table such as { input = 0.20, output = 0.60 }",
)

PROMPT = Table(
    keys={
        "max_tokens": Key(shape=COUNT, about="Limit on the tokens of each file.", required=True),
        "model": Key(shape=TEXT, about="The model whose tokens are counted.", default=DEFAULT_MODEL),
    },
    expects="a table such as { max_tokens = 1200 }",
)

RUN_BUDGET = Table(
    keys={
        "monthly_usd": Key(shape=AMOUNT, about="Limit in US dollars per month under the headline scenario."),
        "run_usd": Key(shape=AMOUNT, about="Limit in US dollars that one test run may really spend."),
        "test_usd": Key(shape=AMOUNT, about="Limit in US dollars of any one test."),
    },
)

_DEFAULT_SCENARIOS = {
    scenario.name: {
        "traffic": scenario.traffic,
        "context_growth": scenario.context_growth,
        "caching": scenario.caching,
    }
    for scenario in DEFAULTS
}

ROOT = Table(
    keys={
        "scenario": Key(
            shape=TEXT,
            about='The scenario of the headline and the budgets; "measured" is what the tests saw, times traffic.',
            default=MEASURED.name,
        ),
        "baseline": Key(shape=TEXT, about="Path of the baseline file, from the root of the project."),
        "fail_on": Key(
            shape=Items(item=choice(*FAIL_ON_CHOICES), expects="a list of finding groups"),
            about="The groups of findings that fail the run.",
            default=FAIL_ON,
        ),
        "evaluation": Key(
            shape=TEXTS,
            about="Files (globs) or packages whose calls judge the product: shown apart, in no sample.",
        ),
        "days_per_month": Key(shape=number(gt=0, le=31), about="Days that a month counts.", default=30),
        "prices_as_of": Key(shape=DAY, about="Pins the prices to those of noon UTC on this date; today when unset."),
        "max_increase_percent": Key(
            shape=AMOUNT,
            about="Largest increase of the monthly total over the baseline, in percent.",
            default=10,
        ),
        "max_increase_usd": Key(
            shape=AMOUNT,
            about="Largest increase of the monthly total over the baseline, in US dollars.",
        ),
        "ignore_below_usd": Key(
            shape=AMOUNT,
            about="Changes smaller than this, in US dollars per month, are no finding.",
            default=1,
        ),
        "warn_at_percent": Key(
            shape=number(ge=0, le=100), about="Share of a budget from which on it warns, in percent.", default=90
        ),
        "store_text": Key(
            shape=FLAG,
            about="Keep the text of prompts, without keys, in run files: llmcost diff then shows text.",
            default=False,
        ),
        "subprocesses": Key(
            shape=FLAG,
            about="Also record in processes that tests start.",
            default=False,
        ),
        "features": Key(
            shape=Named(each=FEATURE, names={"pattern": r"\S"}),
            about="Product capabilities by name: their tests, traffic and limits.",
        ),
        "budget": Key(shape=RUN_BUDGET, about="Limits of the whole application; equal to the limit passes."),
        "scenarios": Key(
            shape=Named(each=SCENARIO, names={"not": {"const": MEASURED.name}}),
            about="Assumptions by name; one with the name of a default replaces it wholly, unless it extends another.",
            default=_DEFAULT_SCENARIOS,
        ),
        "overheads": Key(
            shape=Named(each=AMOUNT),
            about="Costs beside inference by name, each as a share of the inference cost of every scenario.",
        ),
        **COSTS,
        "prompts": Key(
            shape=Named(each=PROMPT, names={"pattern": OF_THE_PROJECT}),
            about="Files held to a size without any test: paths from the root, folders, or globs.",
        ),
        "models": Key(
            shape=Named(each=TEXT),
            about="Names that the price book cannot know, each with the provider/model that it stands for.",
        ),
        "prices": Key(
            shape=Named(each=RATES),
            about="Your own rates by model or provider/model, in US dollars per million tokens or a piece.",
        ),
        "discounts": Key(
            shape=Named(each=DISCOUNT, names={"pattern": r"\S"}),
            about="What is taken off the list price, by provider, model or provider/model, as a prefix or glob.",
        ),
        "currency": Key(
            shape=CURRENCY,
            about="What amounts are drawn in; budgets, limits and JSON stay in US dollars.",
        ),
    },
)
