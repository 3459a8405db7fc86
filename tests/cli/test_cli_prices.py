"""`llmcost prices MODEL`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_llmcost.cli import main

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
[tool.llmcost]
prices_as_of = 2026-11-27
[tool.llmcost.models]
"prod" = "azure/gpt-4.1-mini"
[tool.llmcost.prices."acme/llama-70b"]
input = 0.20
output = 0.60
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_the_rates_of_a_model_are_drawn_with_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "anthropic/claude-sonnet-5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "anthropic/claude-sonnet-5"
    assert lines[1] == "prices: genai-prices 0.2.3 of 2026-11-27, its newest price 18 days old"
    assert "input                      $2.00  $1.00     $2.20" in lines
    assert lines[-2:] == [
        "standard, batch: genai-prices: anthropic/claude-sonnet-5",
        "regional: genai-prices: anthropic/claude-sonnet-5; regional: 10 % more",
    ]


def test_the_projects_names_and_prices_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "prod"]) == 0
    assert "mapped to azure/gpt-4.1-mini" in capsys.readouterr().out
    assert main(["prices", "acme/llama-70b"]) == 0
    assert "standard: your price: acme/llama-70b" in capsys.readouterr().out


def test_the_day_and_the_provider_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "gemini-4-argon", "--provider", "gemini", "--as-of", "2026-12-02", "--format", "json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert main(["prices", "gemini-4-argon", "--provider", "gemini", "--format", "json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert (before["name"], before["prices"]["as_of"]) == ("google/gemini-4-argon", "2026-11-27")
    assert float(after["tiers"][0]["rates"][0]["usd"]) == 2 * float(before["tiers"][0]["rates"][0]["usd"])
    assert before["tiers"][0]["doubts"] == ["another price from 2026-12-01 on is announced"]


def test_an_empty_name_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", " "]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the name of a model must not be empty" in line


def test_markdown_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "openai/gpt-4o", "--format", "markdown", "--output", str(tmp_path / "gpt-4o.md")]) == 0
    text = (tmp_path / "gpt-4o.md").read_text(encoding="utf-8")
    assert text.startswith("### `openai/gpt-4o`\n\n| Rate | standard | batch |")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("model", ["openai/gpt-4q", "azure/my-deployment", "ft:gpt-4.1-mini:acme::x"])
def test_a_model_without_a_price_is_one_line_with_the_nearest_names(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prices", model]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"llmcost: {model}: no price: add [tool.llmcost.prices.")
    assert err.count("\n") == 1
    assert ("nearest: openai/gpt-4" in err) == (model == "openai/gpt-4q")


@pytest.mark.parametrize("arguments", [["--as-of", "tomorrow"], ["--format", "html"], ["two"]])
def test_wrong_use_is_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "gpt-4o", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


EURO = """
[tool.llmcost.discounts]
anthropic = { percent = 10, reason = "an agreement" }
[tool.llmcost.currency]
code = "EUR"
per_usd = 0.5
"""


def test_a_discount_is_shown_with_the_price_after_it_and_the_lists_in_the_currency(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE + EURO, encoding="utf-8")
    assert main(["prices", "claude-sonnet-5"]) == 0
    out = capsys.readouterr().out
    assert "EUR per million tokens" in out
    assert "€0.90 (list €1.00)" in out
    assert "€0.0045 (list €0.005)" in out
    assert "; 10% off (an agreement)" in out
    assert "amounts in EUR at 0.5 per USD, declared" in out
    assert "$" not in out
    assert main(["prices", "claude-sonnet-5", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["currency"]["code"] == "EUR"
    assert found["tiers"][0]["rates"][0] == {
        "what": "input",
        "above": 0,
        "per": "million tokens",
        "usd": "1.8",
        "list_usd": "2",
    }


def test_a_rate_of_many_digits_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE + EURO.replace("0.5", "0.912345"), encoding="utf-8")
    assert main(["prices", "groq/whisper-large-v3"]) == 0
    assert "audio, per second" in capsys.readouterr().out
