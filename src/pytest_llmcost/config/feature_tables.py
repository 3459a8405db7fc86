"""The keys of `[tool.llmcost.features.<name>]`: traffic, how production serves it, and limits."""

from __future__ import annotations

from pytest_llmcost.config.production_checks import HISTORY, TIERED
from pytest_llmcost.config.shapes import AMOUNT, COUNT, FLAG, SHARE, TEXT, TEXTS, Key, Named, Table, choice, number
from pytest_llmcost.core.budget import LEVELS

TRAFFIC_FORMS = ("requests_per_month", "requests_per_day", "monthly_users")
"""The key that each form of traffic starts with; a feature declares one."""

TURNS = number(ge=1, le=1000)
"""Requests of one session."""

TIER = Table(
    keys={
        "share": Key(shape=SHARE, about="Share of monthly_users; those of all tiers add up to 1.", required=True),
        "sessions_per_user": Key(shape=AMOUNT, about="Sessions per user of the tier and month.", required=True),
        "turns_per_session": Key(shape=TURNS, about="Requests per session of the tier.", default=1),
        "revenue_per_user": Key(shape=AMOUNT, about="US dollars per user of the tier and month."),
    },
    expects="a table such as { share = 0.9, sessions_per_user = 4 }",
)

_TRAFFIC = {
    "requests_per_month": Key(shape=AMOUNT, about="Requests per month in production."),
    "requests_per_day": Key(shape=AMOUNT, about="Requests per day in production; times days_per_month."),
    "monthly_users": Key(
        shape=AMOUNT,
        about="Users per month; traffic is monthly_users x sessions_per_user x turns_per_session.",
    ),
    "sessions_per_user": Key(shape=AMOUNT, about="Sessions per user and month; goes with monthly_users."),
    "tiers": Key(
        shape=Named(each=TIER, names={"pattern": r"\S"}),
        about="Kinds of users by name, in place of sessions_per_user and turns_per_session; goes with monthly_users.",
    ),
}

_SUMMARY = Table(
    keys={
        "model": Key(shape=TEXT, about="The model that writes the summary anew in each turn.", required=True),
        "tokens": Key(shape=AMOUNT, about="Tokens of the summary.", required=True),
    },
    expects='a table such as { model = "gpt-4o-mini", tokens = 150 }',
)

_CONVERSATION = {
    "sample": Key(
        shape=choice("request", "session"),
        about="What one test stands for: one request or a whole session.",
        default="request",
    ),
    "turns_per_session": Key(
        shape=TURNS,
        about="Requests per session: later ones carry the history; with monthly_users also a factor of the traffic.",
    ),
    "tokens_per_turn": Key(
        shape=AMOUNT,
        about="Tokens that each turn adds to the history; as measured (the user's text and the answer) when unset.",
    ),
    "history_turns": Key(
        shape=COUNT,
        about="Turns that the history keeps, at most turns_per_session; unlimited when unset.",
    ),
    "history_tokens": Key(
        shape=COUNT, about="Tokens of the history that are selected at most for a request; all of them when unset."
    ),
    "history_summary": Key(shape=_SUMMARY, about="A summary in place of the turns that history_turns drops."),
}

_LOOKUP = Table(
    keys={
        "model": Key(shape=TEXT, about="The embedding model.", required=True),
        "input_tokens": Key(shape=AMOUNT, about="Tokens that it embeds; what the user writes when unset."),
    },
    expects='a table such as { model = "text-embedding-3-small" }',
)

_ROUTER = Table(
    keys={
        "model": Key(shape=TEXT, about="The model that chooses the route of every request.", required=True),
        "input_tokens": Key(shape=AMOUNT, about="Input tokens of its call; what the user writes when unset."),
        "output_tokens": Key(shape=AMOUNT, about="Output tokens of its call.", default=0),
    },
    expects='a table such as { model = "gpt-4o-mini", input_tokens = 300, output_tokens = 5 }',
)

_FALLBACK = Table(
    keys={
        "model": Key(shape=TEXT, about="The model that is asked once more.", required=True),
        "share": Key(shape=SHARE, about="Share of requests that are asked once more.", required=True),
    },
    expects='a table such as { model = "gpt-4o", share = 0.05 }',
)

_PRODUCTION = {
    "cache_hit_rate": Key(
        shape=SHARE,
        about="Share of requests that read the provider's prefix cache; as measured when unset.",
    ),
    "response_cache_hit_rate": Key(
        shape=SHARE,
        about="Share of requests answered from your own cache, which never reach the provider.",
    ),
    "response_cache_lookup": Key(
        shape=_LOOKUP, about="The embedding that each request pays to look into response_cache_hit_rate's cache."
    ),
    "batch": Key(shape=FLAG, about="Price at the provider's batch rate.", default=False),
    "routing": Key(
        shape=Named(each=SHARE, names={"pattern": r"\S"}),
        about="Models that other shares of the requests go to, together at most 1; the rest stays where it is.",
    ),
    "router": Key(shape=_ROUTER, about="The call that chooses the route of each request."),
    "fallback": Key(shape=_FALLBACK, about="Requests that are asked once more, of another model."),
}

_BUSINESS = {
    "growth_percent_per_month": Key(
        shape=number(gt=-100), about="Growth of the traffic, percent per month, for the forecast.", default=0
    ),
    "peak_factor": Key(
        shape=number(ge=1), about="Requests at the busiest time, as a multiple of the average.", default=1
    ),
    "revenue_per_month": Key(shape=AMOUNT, about="US dollars per month, for cost as a share of it."),
    "conversion_rate": Key(shape=SHARE, about="Share of sessions that convert, for the cost of a conversion."),
}

FEATURE_BUDGET = Table(
    keys={
        "monthly_usd": Key(shape=AMOUNT, about="Limit in US dollars per month under the headline scenario."),
        "request_usd": Key(shape=AMOUNT, about="Limit in US dollars of one request: the weighted mean over samples."),
        "input_tokens": Key(shape=COUNT, about="Limit on the input tokens of any one call: the prompt size."),
        "system_tokens": Key(
            shape=COUNT,
            about="Limit on the system prompt and tool definitions of any one call, in tokens.",
        ),
        "output_tokens": Key(shape=COUNT, about="Limit on the output tokens of any one call."),
        "calls": Key(shape=COUNT, about="Limit on the LLM calls of one request."),
        "share_of_revenue": Key(
            shape=SHARE,
            about="Limit on the monthly cost as a share of revenue_per_month.",
        ),
        "at": Key(
            shape=choice(*LEVELS),
            about="What request_usd and monthly_usd are held against: the mean, or a percentile over samples.",
            default=LEVELS[0],
        ),
    },
    rules={"dependentSchemas": {"at": {"anyOf": [{"required": [key]} for key in ("request_usd", "monthly_usd")]}}},
)

_LONG = {
    "anyOf": [
        {"required": ["turns_per_session"], "properties": {"turns_per_session": {"exclusiveMinimum": 1}}},
        {"required": ["tiers"]},
    ]
}
_SESSION = {"required": ["sample"], "properties": {"sample": {"const": "session"}}}


def _any(keys: tuple[str, ...]) -> dict[str, object]:
    return {"anyOf": [{"required": [key]} for key in keys]}


FEATURE = Table(
    keys={
        "tests": Key(shape=TEXTS, about="Tests that sample the feature: node-id prefixes or globs; a marker wins."),
        "call_sites": Key(
            shape=TEXTS,
            about="Files whose calls belong to the feature, whichever test runs them: paths from the root, or globs.",
        ),
        **_TRAFFIC,
        **_CONVERSATION,
        **_PRODUCTION,
        **_BUSINESS,
        "budget": Key(shape=FEATURE_BUDGET, about="Limits of the feature; equal to the limit passes."),
    },
    rules={
        "allOf": [
            *(
                {"not": {"required": [one, other]}}
                for index, one in enumerate(TRAFFIC_FORMS)
                for other in TRAFFIC_FORMS[index + 1 :]
            ),
            {"if": {"required": ["monthly_users"]}, "then": _any(("sessions_per_user", "tiers"))},
            {
                "if": {"required": ["budget"], "properties": {"budget": {"required": ["share_of_revenue"]}}},
                "then": {"required": ["revenue_per_month"]},
            },
            {"if": _any(HISTORY), "then": _LONG | {"not": _SESSION}},
        ],
        "dependentRequired": {
            "sessions_per_user": ["monthly_users"],
            "tiers": ["monthly_users"],
            "history_summary": ["history_turns"],
            "response_cache_lookup": ["response_cache_hit_rate"],
            "router": ["routing"],
        },
        "dependentSchemas": {"tiers": {"not": _any(TIERED)}},
    },
)
