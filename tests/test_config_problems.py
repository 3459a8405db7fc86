"""What is wrong with a table: one line per problem, all of them at once, and the schema agrees where it can."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NamedTuple

import jsonschema
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.config import parse, schema
from pytest_llmcost.errors import ConfigurationError


class Bad(NamedTuple):
    toml: str
    line: str
    schema_says_so: bool = True


CHAT = "[tool.llmcost.features.chat]"
BAD = [
    Bad("featurs.chat.calls = 1", '[tool.llmcost] unknown key "featurs"; did you mean "features"?'),
    Bad('budget."a b" = 1', '[tool.llmcost.budget] unknown key "a b"; valid keys: monthly_usd, run_usd, test_usd'),
    Bad("features.chat.budgets.calls = 1", f'{CHAT} unknown key "budgets"; did you mean "budget"?'),
    Bad("features.chat.monthly_usd = 1", f'{CHAT} unknown key "monthly_usd"; did you mean "budget.monthly_usd"?'),
    Bad(
        'features."my chat".x = 1',
        '[tool.llmcost.features."my chat"] unknown key "x"; valid keys: tests, call_sites, requests_per_month, '
        "requests_per_day, monthly_users, sessions_per_user, tiers, sample, turns_per_session, tokens_per_turn, "
        "history_turns, history_tokens, history_summary, cache_hit_rate, response_cache_hit_rate, "
        "response_cache_lookup, batch, routing, router, fallback, growth_percent_per_month, peak_factor, "
        "revenue_per_month, conversion_rate, budget, history_summary.model, history_summary.tokens, "
        "response_cache_lookup.model, "
        "response_cache_lookup.input_tokens, router.model, router.input_tokens, router.output_tokens, fallback.model, "
        "fallback.share, budget.monthly_usd, budget.request_usd, budget.input_tokens, budget.system_tokens, "
        "budget.output_tokens, budget.calls, budget.share_of_revenue, budget.at",
    ),
    Bad("budget.qqq = 1", '[tool.llmcost.budget] unknown key "qqq"; valid keys: monthly_usd, run_usd, test_usd'),
    Bad(
        "scenarios.base.weight = 1",
        '[tool.llmcost.scenarios.base] unknown key "weight"; valid keys: extends, traffic, context_growth, caching',
    ),
    Bad(
        'features.chat.requests_per_month = "many"',
        f'{CHAT} requests_per_month must be a number above or equal to 0, got "many"',
    ),
    Bad(
        "features.chat.requests_per_month = -1",
        f"{CHAT} requests_per_month must be a number above or equal to 0, got -1",
    ),
    Bad(
        "features.chat.requests_per_day = true",
        f"{CHAT} requests_per_day must be a number above or equal to 0, got true",
    ),
    Bad(
        "features.chat.requests_per_day = inf",
        f"{CHAT} requests_per_day must be a number above or equal to 0, got Infinity",
        schema_says_so=False,
    ),
    Bad(
        "features.chat.requests_per_day = nan",
        f"{CHAT} requests_per_day must be a number above or equal to 0, got NaN",
        schema_says_so=False,
    ),
    Bad(
        "features.chat.requests_per_day = 1e999999999",
        f"{CHAT} requests_per_day must be a number above or equal to 0 and at most 1e15, got 1E+999999999",
        schema_says_so=False,
    ),
    Bad(
        "features.chat.requests_per_day = 1e-999999999",
        f"{CHAT} requests_per_day must be a number above or equal to 0 with at most 12 decimal places, "
        "got 1E-999999999",
        schema_says_so=False,
    ),
    Bad(
        f"features.chat.budget.calls = 0x{'f' * 5000}",
        "[tool.llmcost.features.chat.budget] calls must be a whole number above or equal to 0 and at most 1e15, "
        "got a number of more than 30 digits",
        schema_says_so=False,
    ),
    Bad(
        "features.chat.budget.input_tokens = 1.5",
        "[tool.llmcost.features.chat.budget] input_tokens must be a whole number above or equal to 0, got 1.5",
    ),
    Bad("features.chat.cache_hit_rate = 1.1", f"{CHAT} cache_hit_rate must be a number from 0 to 1, got 1.1"),
    Bad(
        "features.chat.response_cache_hit_rate = -0.1",
        f"{CHAT} response_cache_hit_rate must be a number from 0 to 1, got -0.1",
    ),
    Bad("features.chat.turns_per_session = 0", f"{CHAT} turns_per_session must be a number from 1 to 1000, got 0"),
    Bad("features.chat.batch = 1", f"{CHAT} batch must be true or false, got 1"),
    Bad(
        'features.chat.sample = "sesion"',
        f'{CHAT} sample must be one of "request", "session", got "sesion"; did you mean "session"?',
    ),
    Bad('features.chat.tests = "tests/a.py"', f'{CHAT} tests must be a list of strings, got "tests/a.py"'),
    Bad("features.chat.tests = ['a', 3]", f"{CHAT} tests[1] must be a non-empty string, got 3"),
    Bad("features.chat.tests = ['']", f'{CHAT} tests[0] must be a non-empty string, got ""'),
    Bad("features.chat.tests = [['a']]", f"{CHAT} tests[0] must be a non-empty string, got a list"),
    Bad("features.chat = 3", "[tool.llmcost.features] chat must be a table, got 3"),
    Bad("features = []", "[tool.llmcost] features must be a table, got a list"),
    Bad('features."" = {}', "[tool.llmcost.features] the name of a feature must not be empty"),
    Bad('features." " = {}', "[tool.llmcost.features] the name of a feature must not be empty"),
    Bad("scenario = {}", "[tool.llmcost] scenario must be a non-empty string, got a table"),
    Bad('scenario = ""', '[tool.llmcost] scenario must be a non-empty string, got ""'),
    Bad(f'models.m = ["{"x" * 99}"]', "[tool.llmcost.models] m must be a non-empty string, got a list"),
    Bad(
        f'days_per_month = "{"x" * 99}"',
        '[tool.llmcost] days_per_month must be a number above 0 and below or equal to 31, got "' + "x" * 59 + "...",
    ),
    Bad(
        "days_per_month = 0",
        "[tool.llmcost] days_per_month must be a number above 0 and below or equal to 31, got 0",
    ),
    Bad("warn_at_percent = 101", "[tool.llmcost] warn_at_percent must be a number from 0 to 100, got 101"),
    Bad('prices_as_of = "soon"', '[tool.llmcost] prices_as_of must be a date such as 2026-11-01, got "soon"'),
    Bad('prices_as_of = "20261101"', '[tool.llmcost] prices_as_of must be a date such as 2026-11-01, got "20261101"'),
    Bad(
        "prices_as_of = 2026-11-01T00:00:00",
        "[tool.llmcost] prices_as_of must be a date such as 2026-11-01, got 2026-11-01 00:00:00",
    ),
    Bad("prices_as_of = 20261101", "[tool.llmcost] prices_as_of must be a date such as 2026-11-01, got 20261101"),
    Bad(
        'fail_on = ["budget", "uncoverd"]',
        '[tool.llmcost] fail_on[1] must be one of "budget", "regression", "unpriced", "unsampled", "estimated", '
        '"live", "stale-reply", "uncovered", got "uncoverd"; did you mean "uncovered"?',
    ),
    Bad('fail_on = "budget"', '[tool.llmcost] fail_on must be a list of finding groups, got "budget"'),
    Bad(
        "prices.m = { input = -1, output = 1 }",
        "[tool.llmcost.prices.m] input must be a number above or equal to 0, got -1",
    ),
    Bad(
        'prices."acme/m" = { input = 1 }',
        '[tool.llmcost.prices."acme/m"] output is missing; it must be a number above or equal to 0',
    ),
    Bad(
        "prices.m = { input = 1, output = 1, cached = 1 }",
        '[tool.llmcost.prices.m] unknown key "cached"; did you mean "cache_read"?',
    ),
    Bad(
        'prompts."*.md" = {}',
        '[tool.llmcost.prompts."*.md"] max_tokens is missing; it must be a whole number above or equal to 0',
    ),
    *(
        Bad(
            f"prompts.'{pattern}' = {{ max_tokens = 1 }}",
            f'[tool.llmcost.prompts] "{shown}" must be a path from the root of the project,'
            ' with "/" and without "." or ".."',
        )
        for pattern, shown in (
            *((one, one) for one in ("../prompts/*.md", "/srv/*.md", "a/../b.md", "./a.md", "..", "C:/a.md", "", " ")),
            ("a\\b.md", "a\\\\b.md"),
        )
    ),
    Bad("overheads.retries = 'x'", '[tool.llmcost.overheads] retries must be a number above or equal to 0, got "x"'),
    Bad(
        "fixed_monthly_usd.db = -1", "[tool.llmcost.fixed_monthly_usd] db must be a number above or equal to 0, got -1"
    ),
    Bad(
        "features.chat = { requests_per_month = 1, requests_per_day = 1 }",
        f"{CHAT} requests_per_month and requests_per_day declare the same traffic in different ways; keep one",
    ),
    Bad(
        "features.chat = { requests_per_day = 1, monthly_users = 1, sessions_per_user = 1 }",
        f"{CHAT} requests_per_day and monthly_users declare the same traffic in different ways; keep one",
    ),
    Bad(
        "features.chat.monthly_users = 1",
        f"{CHAT} monthly_users needs sessions_per_user: traffic is users x sessions x turns",
    ),
    Bad(
        "features.chat.sessions_per_user = 1",
        f"{CHAT} sessions_per_user needs monthly_users: traffic is users x sessions x turns",
    ),
    Bad(
        "features.chat = { history_turns = 11, turns_per_session = 10 }",
        f"{CHAT} history_turns (11) must not be longer than turns_per_session (10)",
        schema_says_so=False,
    ),
    Bad(
        'scenario = "agressive"',
        '[tool.llmcost] scenario "agressive" does not exist; did you mean "aggressive"?',
        schema_says_so=False,
    ),
    Bad(
        'scenario = "x"\nscenarios.launch.traffic = 2',
        '[tool.llmcost] scenario "x" does not exist; scenarios: measured, base, conservative, aggressive, launch',
        schema_says_so=False,
    ),
    Bad(
        'scenarios.launch.extends = "agressive"',
        '[tool.llmcost.scenarios.launch] extends "agressive", which does not exist; did you mean "aggressive"?',
        schema_says_so=False,
    ),
    Bad(
        'scenarios.base.extends = "base"',
        "[tool.llmcost.scenarios.base] a scenario cannot extend itself; name another",
        schema_says_so=False,
    ),
    Bad("scenarios.base.extends = 3", "[tool.llmcost.scenarios.base] extends must be a non-empty string, got 3"),
    Bad(
        'fine_tuning.t = { feature = "chta", model = "m", training_usd = 1 }\nfeatures.chat.tests = ["t.py"]',
        '[tool.llmcost.fine_tuning.t] there is no feature "chta"; did you mean "chat"?',
        schema_says_so=False,
    ),
    Bad(
        'fine_tuning.t = { feature = "chat", model = "m", training_usd = 1 }',
        '[tool.llmcost.fine_tuning.t] there is no feature "chat"; declare it',
        schema_says_so=False,
    ),
    Bad(
        "price_decline_percent_per_year = 100",
        "[tool.llmcost] price_decline_percent_per_year must be a number above or equal to 0 and below 100, got 100",
    ),
    Bad(
        "self_hosting = { usd_per_month = 1, tokens_per_day = 0 }",
        "[tool.llmcost.self_hosting] tokens_per_day must be a number above 0, got 0",
    ),
    Bad("features.chat.peak_factor = 0.5", f"{CHAT} peak_factor must be a number above or equal to 1, got 0.5"),
    Bad(
        "features.chat.growth_percent_per_month = -100",
        f"{CHAT} growth_percent_per_month must be a number above -100, got -100",
    ),
    Bad("features.chat.conversion_rate = 2", f"{CHAT} conversion_rate must be a number from 0 to 1, got 2"),
    Bad(
        "features.chat.budget.share_of_revenue = 0.2",
        "[tool.llmcost.features.chat.budget] share_of_revenue needs revenue_per_month in the table of the feature",
    ),
    Bad(
        'features.chat.budget = { at = "p95", calls = 3 }',
        "[tool.llmcost.features.chat.budget] at needs monthly_usd or request_usd: it says what these are held against",
    ),
    Bad(
        'features.chat.budget = { at = "p96", monthly_usd = 3 }',
        '[tool.llmcost.features.chat.budget] at must be one of "mean", "p50", "p95", got "p96"; did you mean "p95"?',
    ),
    Bad(
        "scenarios.measured.traffic = 2",
        '[tool.llmcost.scenarios] "measured" is what the tests saw and cannot be declared; choose another name',
    ),
    Bad(
        "features.a.tests = ['t.py', 'u.py']\nfeatures.'b c'.tests = ['u.py']",
        '[tool.llmcost.features] tests: "u.py" is claimed by a and by "b c"; keep one',
        schema_says_so=False,
    ),
    Bad(
        "features.a.call_sites = ['s.py']\nfeatures.b.call_sites = ['s.py']",
        '[tool.llmcost.features] call_sites: "s.py" is claimed by a and by b; keep one',
        schema_says_so=False,
    ),
]


def problems_of(toml: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        parse(tomli.loads(toml, parse_float=Decimal), file="pyproject.toml")
    return caught.value.problems


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.toml[:60])
def test_a_problem_is_one_line_that_names_file_table_and_key(bad: Bad) -> None:
    assert problems_of(bad.toml) == (f"pyproject.toml: {bad.line}",)


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad.schema_says_so], ids=lambda bad: bad.toml[:60])
def test_the_schema_refuses_what_the_plugin_refuses(bad: Bad) -> None:
    table = json.loads(json.dumps(tomli.loads(bad.toml), default=str))
    assert not jsonschema.Draft202012Validator(schema()).is_valid(table)


def test_a_circle_of_scenarios_is_told_to_each_in_it_alone() -> None:
    toml = 'scenarios = { a = { extends = "b" }, b = { extends = "c" }, c = { extends = "b" } }'
    assert problems_of(toml) == (
        'pyproject.toml: [tool.llmcost.scenarios.b] extends itself by way of "c"; break the circle',
        'pyproject.toml: [tool.llmcost.scenarios.c] extends itself by way of "b"; break the circle',
    )


AMBIGUOUS = (
    "[tool.llmcost.features.b] requests_per_month and requests_per_day declare the same traffic in different ways; "
    "keep one"
)


def test_all_problems_are_told_at_once_table_by_table() -> None:
    assert problems_of("""
        scenario = "bse"
        warn_at_percent = -1
        [features.b]
        requests_per_month = "many"
        requests_per_day = 3
        [features.a]
        tests = "x"
        [budget]
        calls = 1
    """) == (
        "pyproject.toml: [tool.llmcost] warn_at_percent must be a number from 0 to 100, got -1",
        'pyproject.toml: [tool.llmcost] scenario "bse" does not exist; did you mean "base"?',
        'pyproject.toml: [tool.llmcost.budget] unknown key "calls"; valid keys: monthly_usd, run_usd, test_usd',
        'pyproject.toml: [tool.llmcost.features.a] tests must be a list of strings, got "x"',
        'pyproject.toml: [tool.llmcost.features.b] requests_per_month must be a number above or equal to 0, got "many"',
        f"pyproject.toml: {AMBIGUOUS}",
    )


def test_the_error_reads_as_its_lines() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse({"a": 1, "b": 2}, file="ci.toml")
    assert [line.split(" unknown")[0] for line in str(caught.value).splitlines()] == ["ci.toml: [tool.llmcost]"] * 2


def test_a_text_with_a_line_break_stays_on_one_line() -> None:
    (problem,) = problems_of('max_increase_usd = "5\\n6"')
    assert problem.endswith('got "5\\n6"')


def test_a_budget_without_tests_and_call_sites_is_no_problem() -> None:
    (feature,) = parse({"features": {"chat": {"budget": {"calls": 1}}}}, file="x").features
    assert feature.budget.calls == 1


def test_a_pattern_twice_in_one_feature_is_no_problem() -> None:
    (feature,) = parse({"features": {"chat": {"tests": ["a", "a"]}}}, file="x").features
    assert feature.tests == ("a", "a")


NAMES = ["features", "tests", "monthly_users", "budget", "calls", "scenarios", "scenario", "base", "prices", "input"]


def tables(below: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(NAMES) | st.text(), below, max_size=4)


VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.decimals(), st.floats(), st.dates(), st.datetimes(), st.text()),
    lambda below: st.lists(below, max_size=3) | tables(below),
)


@given(table=tables(VALUES))
def test_any_table_is_settings_or_a_list_of_one_line_problems(table: dict[str, object]) -> None:
    problems: tuple[str, ...] | None = None
    try:
        parse(table, file="pyproject.toml")
    except ConfigurationError as error:
        problems = error.problems
    assert problems is None or (problems and all(len(problem.splitlines()) == 1 for problem in problems))
