"""load() and parse(): which file is read, and what a valid table becomes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import tomli

from pytest_llmcost.config import load, parse
from pytest_llmcost.core.break_even import Machine
from pytest_llmcost.core.budget import FeatureBudget, RunBudget
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario
from pytest_llmcost.core.settings import Embedding, Feature, FineTuning, PromptLimit, Rates, Settings
from pytest_llmcost.core.traffic import Traffic
from pytest_llmcost.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

EVERY_KEY = """
[tool.llmcost]
scenario = "measured"                # headline and budgets; "measured" = exactly what the tests saw, times traffic
baseline = "llmcost-baseline.json"
fail_on = ["budget", "regression", "unpriced", "unsampled"]   # also: "estimated", "live", "stale-reply", "uncovered"
evaluation = ["tests/judges/**", "deepeval", "ragas"]   # calls made from these files or packages judge the product
days_per_month = 30
prices_as_of = 2026-11-01            # optional: pin the price book to a date
max_increase_percent = 10            # of the monthly total, this run against the baseline
max_increase_usd = 500               # either one, when set, fails the run
ignore_below_usd = 1                 # smaller changes are neither findings nor a reason to comment
warn_at_percent = 90                 # of a budget
store_text = false                   # keep prompt text in run files, for text diffs
subprocesses = false                 # also record in processes that tests start

[tool.llmcost.features.support_chat]
tests = ["tests/test_support.py", "tests/chat/*::test_turn*"]   # node-id prefixes or globs; a marker wins over them
call_sites = ["src/app/support.py"]  # or: calls made from these files, whichever test runs them
requests_per_month = 500_000         # or requests_per_day, or monthly_users x sessions_per_user x turns_per_session
sample = "request"                   # what one test stands for: "request" or a whole "session"
turns_per_session = 10               # with sample = "request": later turns carry the history
tokens_per_turn = 200                # what each turn adds to it; default: as measured (user + assistant tokens)
history_turns = 8                    # sliding window; default unlimited
cache_hit_rate = 0.8                 # provider prefix cache in production; default: as measured
response_cache_hit_rate = 0.34       # exact or semantic cache: requests that never reach the provider
batch = false                        # priced at the provider's batch rate
growth_percent_per_month = 5         # for the 12-month forecast
revenue_per_month = 6000             # for cost as a share of revenue
[tool.llmcost.features.support_chat.budget]
monthly_usd = 3000
request_usd = 0.02
input_tokens = 4000                  # of any one call: the prompt size
system_tokens = 1500                 # of that, the system prompt and tool definitions
output_tokens = 800
calls = 6                            # per request
share_of_revenue = 0.20

[tool.llmcost.budget]                # the whole application
monthly_usd = 5000
run_usd = 2.00                       # real spend of one test run
test_usd = 0.05                      # any one test

[tool.llmcost.scenarios.base]        # the three defaults, all replaceable; more can be added
traffic = 1.0
context_growth = 0.30
[tool.llmcost.scenarios.conservative]
traffic = 0.2
[tool.llmcost.scenarios.aggressive]
traffic = 3.0
context_growth = 0.50
caching = false

[tool.llmcost.overheads]             # shares of inference cost, none by default
retries = 0.10
evaluation = 0.15
[tool.llmcost.fixed_monthly_usd]
vector_db = 500
[tool.llmcost.embeddings.knowledge_base]
model = "text-embedding-3-small"
tokens = 50_000_000
refreshes_per_month = 1

[tool.llmcost.prompts]               # files held to a size without any test
"prompts/*.md" = { max_tokens = 1200, model = "gpt-4o" }

[tool.llmcost.models]                # names the price book cannot know: deployments, gateways, fine-tunes
"my-deployment" = "azure/gpt-4.1-mini"
[tool.llmcost.prices."acme/llama-70b"]   # USD per million tokens
input = 0.20
output = 0.60
"""


def settings_of(toml: str) -> Settings:
    return parse(tomli.loads(toml, parse_float=Decimal), file="pyproject.toml")


def test_the_documented_example_becomes_settings_with_every_key(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(EVERY_KEY, encoding="utf-8")
    assert load(None, tmp_path) == Settings(
        scenario="measured",
        baseline="llmcost-baseline.json",
        fail_on=("budget", "regression", "unpriced", "unsampled"),
        evaluation=("tests/judges/**", "deepeval", "ragas"),
        days_per_month=Decimal(30),
        prices_as_of=date(2026, 11, 1),
        max_increase_percent=Decimal(10),
        max_increase_usd=Decimal(500),
        ignore_below_usd=Decimal(1),
        warn_at_percent=Decimal(90),
        features=(
            Feature(
                name="support_chat",
                tests=("tests/test_support.py", "tests/chat/*::test_turn*"),
                call_sites=("src/app/support.py",),
                traffic=Traffic(requests_per_month=Decimal(500_000)),
                production=Production(
                    turns_per_session=Decimal(10),
                    tokens_per_turn=Decimal(200),
                    history_turns=8,
                    cache_hit_rate=Decimal("0.8"),
                    response_cache_hit_rate=Decimal("0.34"),
                ),
                budget=FeatureBudget(
                    monthly_usd=Decimal(3000),
                    request_usd=Decimal("0.02"),
                    input_tokens=4000,
                    system_tokens=1500,
                    output_tokens=800,
                    calls=6,
                    share_of_revenue=Decimal("0.20"),
                ),
                growth_percent_per_month=Decimal(5),
                revenue_per_month=Decimal(6000),
            ),
        ),
        budget=RunBudget(monthly_usd=Decimal(5000), run_usd=Decimal("2.00"), test_usd=Decimal("0.05")),
        scenarios=(MEASURED, *DEFAULTS),
        overheads={"retries": Decimal("0.10"), "evaluation": Decimal("0.15")},
        models={"my-deployment": "azure/gpt-4.1-mini"},
        prices={"acme/llama-70b": Rates(input=Decimal("0.20"), output=Decimal("0.60"))},
        prompts=(PromptLimit(pattern="prompts/*.md", max_tokens=1200, model="gpt-4o"),),
        fixed_monthly_usd={"vector_db": Decimal(500)},
        embeddings={
            "knowledge_base": Embedding(
                model="text-embedding-3-small", tokens=50_000_000, refreshes_per_month=Decimal(1)
            )
        },
    )


@pytest.mark.parametrize("text", ["", "[project]\nname = 'app'\n", "[tool.other]\na = 1\n", "[tool.llmcost]\n"])
def test_a_project_without_settings_gets_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert load(None, tmp_path) == Settings()


def test_a_project_without_pyproject_gets_the_defaults(tmp_path: Path) -> None:
    assert load(None, tmp_path) == Settings()


def test_the_named_file_is_read_instead_of_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.llmcost]\ndays_per_month = 7\n", encoding="utf-8")
    other = tmp_path / "ci.toml"
    other.write_text("[tool.llmcost]\ndays_per_month = 22\n", encoding="utf-8")
    assert load(other, tmp_path).days_per_month == 22


def test_a_named_file_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    missing = tmp_path / "ci.toml"
    with pytest.raises(ConfigurationError) as caught:
        load(missing, tmp_path)
    assert caught.value.problems == (f"{missing}: cannot be read: No such file or directory",)


def test_a_named_file_without_the_table_is_a_problem(tmp_path: Path) -> None:
    other = tmp_path / "ci.toml"
    other.write_text("[llmcost]\ndays_per_month = 22\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"ci\.toml: there is no \[tool\.llmcost\] table in this file"):
        load(other, tmp_path)


def test_broken_toml_is_one_line_with_file_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.llmcost]\nscenario = \n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(None, tmp_path)
    assert caught.value.problems == ("pyproject.toml: Invalid value (at line 2, column 12)",)


def test_a_file_that_is_not_utf8_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b'[tool.llmcost]\nscenario = "\xff"\n')
    with pytest.raises(ConfigurationError, match=r"^pyproject\.toml: 'utf-8' codec can't decode byte 0xff.*$"):
        load(None, tmp_path)


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nllmcost = 3\n", "[[tool.llmcost]]\n"])
def test_a_table_that_is_none_is_a_problem(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"^pyproject\.toml: \[tool\.llmcost\] must be a table$"):
        load(None, tmp_path)


def test_fractions_are_kept_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.llmcost.budget]\ntest_usd = 0.1000\n", encoding="utf-8")
    assert str(load(None, tmp_path).budget.test_usd) == "0.1000"


def test_an_overhead_may_be_more_than_inference_itself() -> None:
    settings = settings_of("overheads = { development = 2.5, monitoring = 0 }")
    assert settings.overheads == {"development": Decimal("2.5"), "monitoring": Decimal(0)}


def test_a_float_of_another_reader_counts_as_it_was_written() -> None:
    assert parse({"budget": {"test_usd": 0.1}}, file="x").budget.test_usd == Decimal("0.1")


def test_a_date_may_be_a_string() -> None:
    assert settings_of('prices_as_of = "2026-11-01"').prices_as_of == date(2026, 11, 1)


def test_a_table_of_the_same_name_replaces_a_default_scenario_wholly() -> None:
    scenarios = settings_of("scenarios.aggressive.traffic = 5\nscenarios.launch.caching = false").scenarios
    assert [scenario.name for scenario in scenarios] == ["measured", "base", "conservative", "aggressive", "launch"]
    assert scenarios[3] == Scenario(name="aggressive", traffic=Decimal(5))
    assert scenarios[4] == Scenario(name="launch", caching=False)


@pytest.mark.parametrize("name", ["measured", "base", "launch"])
def test_the_headline_may_be_any_scenario_that_exists(name: str) -> None:
    assert settings_of(f'scenario = "{name}"\nscenarios.launch.traffic = 2').scenario == name


def test_traffic_by_users_takes_turns_as_a_factor() -> None:
    settings = settings_of("[features.chat]\nmonthly_users = 100\nsessions_per_user = 2.5\nturns_per_session = 4")
    traffic = settings.features[0].traffic
    assert traffic == Traffic(
        monthly_users=Decimal(100), sessions_per_user=Decimal("2.5"), turns_per_session=Decimal(4)
    )
    assert traffic.monthly(Decimal(30)) == 1000


def test_traffic_by_day_is_kept_by_day() -> None:
    assert settings_of("features.chat.requests_per_day = 10").features[0].traffic == Traffic(
        requests_per_day=Decimal(10)
    )


def test_a_feature_without_traffic_has_none() -> None:
    assert settings_of("features.chat.budget.calls = 3").features == (
        Feature(name="chat", budget=FeatureBudget(calls=3)),
    )


def test_a_feature_may_say_what_it_earns_and_how_it_grows() -> None:
    (feature,) = settings_of("""
        [features.chat]
        growth_percent_per_month = -2.5
        peak_factor = 3
        revenue_per_month = 6000
        conversion_rate = 0.02
        budget = { share_of_revenue = 0.2, monthly_usd = 5, at = "p95" }
    """).features
    assert feature == Feature(
        name="chat",
        growth_percent_per_month=Decimal("-2.5"),
        peak_factor=Decimal(3),
        revenue_per_month=Decimal(6000),
        conversion_rate=Decimal("0.02"),
        budget=FeatureBudget(share_of_revenue=Decimal("0.2"), monthly_usd=Decimal(5), at="p95"),
    )


def test_costs_beside_inference_are_kept_by_name() -> None:
    assert settings_of("""
        runs_per_month = 400
        price_decline_percent_per_year = 20.5
        fixed_monthly_usd = { vector_db = 500 }
        one_time_usd = { development = 12000 }
        embeddings.kb = { model = "e", tokens = 5 }
        self_hosting = { usd_per_month = 2000, tokens_per_day = 2e7 }
        fine_tuning.small = { feature = "chat", model = "m", training_usd = 500 }
        features.chat = {}
    """) == Settings(
        runs_per_month=Decimal(400),
        price_decline_percent_per_year=Decimal("20.5"),
        fixed_monthly_usd={"vector_db": Decimal(500)},
        one_time_usd={"development": Decimal(12000)},
        embeddings={"kb": Embedding(model="e", tokens=5)},
        self_hosting=Machine(usd_per_month=Decimal(2000), tokens_per_day=Decimal(20_000_000)),
        fine_tuning={"small": FineTuning(feature="chat", model="m", training_usd=Decimal(500))},
        features=(Feature(name="chat"),),
    )


def test_a_scenario_may_extend_another_by_way_of_others() -> None:
    scenarios = {
        one.name: one
        for one in settings_of("""
        [scenarios]
        peak = { extends = "launch", traffic = 9 }
        launch = { extends = "aggressive", context_growth = 0.1, traffic = 5 }
        base = { extends = "measured", traffic = 2 }
        calm = { extends = "base" }
    """).scenarios
    }
    assert list(scenarios) == ["measured", "base", "conservative", "aggressive", "peak", "launch", "calm"]
    assert scenarios["launch"] == Scenario(
        name="launch", traffic=Decimal(5), context_growth=Decimal("0.1"), caching=False
    )
    assert scenarios["peak"] == Scenario(name="peak", traffic=Decimal(9), context_growth=Decimal("0.1"), caching=False)
    assert scenarios["base"] == Scenario(name="base", traffic=Decimal(2))
    assert scenarios["calm"] == Scenario(name="calm", traffic=Decimal(2))


def test_own_rates_may_tell_the_cache_rates() -> None:
    settings = settings_of('prices."acme/m" = { input = 1, output = 2, cache_read = 0.1, cache_write = 1.25 }')
    assert settings.prices["acme/m"] == Rates(
        input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.1"), cache_write=Decimal("1.25")
    )


def test_no_group_at_all_may_fail_a_run() -> None:
    assert settings_of("fail_on = []").fail_on == ()
