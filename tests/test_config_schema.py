"""The JSON Schema of the table: valid itself, true to the defaults, and it accepts what the plugin accepts."""

from __future__ import annotations

import json

import jsonschema
import tomli
from test_config_load import EVERY_KEY

from pytest_llmcost.config import schema
from pytest_llmcost.core.settings import Settings


def test_the_schema_is_a_valid_draft_2020_12_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_accepts_the_documented_example() -> None:
    table = tomli.loads(EVERY_KEY)["tool"]["llmcost"]
    jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(table, default=str)))


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(schema())) == schema()


def test_the_defaults_of_the_schema_are_those_of_the_settings() -> None:
    defaults = {name: key["default"] for name, key in schema()["properties"].items() if "default" in key}
    scenarios = defaults.pop("scenarios")
    settings = Settings()
    assert defaults.pop("store_text") is defaults.pop("subprocesses") is False
    assert defaults.pop("fail_on") == list(settings.fail_on)
    assert defaults == {name: getattr(settings, name) for name in defaults}
    assert set(defaults) == {
        "scenario", "days_per_month", "max_increase_percent", "ignore_below_usd", "warn_at_percent",
        "price_decline_percent_per_year",
    }  # fmt: skip
    assert scenarios == {
        "base": {"traffic": 1, "context_growth": 0.3, "caching": True},
        "conservative": {"traffic": 0.2, "context_growth": 0, "caching": True},
        "aggressive": {"traffic": 3, "context_growth": 0.5, "caching": False},
    }
