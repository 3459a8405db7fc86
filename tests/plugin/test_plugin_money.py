"""Discounts and another currency in a whole run: prices, notes, limits, and what later commands draw of its file."""

import subprocess
import sys
from decimal import Decimal

import pytest

FEATURE = """
[tool.llmcost.features.chat]
tests = ["test_it.py"]
requests_per_month = 1_000_000

[tool.llmcost]
prices_as_of = 2026-11-01
baseline = "b.json"
"""
EURO = "[tool.llmcost.currency]\ncode = 'EUR'\nper_usd = 0.5\nas_of = 2026-11-02\n"
RATE = "amounts in EUR at 0.5 per USD, declared, as of 2026-11-02"

ASKS = """
    from app import ask

    def test_it():
        ask(usage=(1000, 100), model="gpt-4o")
"""
# At list price $0.0035: $3,500 a month.


@pytest.fixture
def priced(project):
    """The project at list prices, with discounts and whatever else a test declares."""
    project.write("test_it.py", ASKS)
    return lambda toml: project.configure(FEATURE + toml, prices="")


def llmcost(project, *arguments):
    whole = [sys.executable, "-m", "pytest_llmcost", *arguments]
    done = subprocess.run(whole, cwd=project.root, capture_output=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.stdout


def test_a_discount_is_in_every_figure_and_said_with_the_prices(project, priced):
    priced('[tool.llmcost.discounts]\nopenai = { percent = 20, reason = "an agreement" }')
    ran = project.cost()
    assert ran.status == 0
    (call,) = ran.json["calls"]
    assert Decimal(call["cost_usd"]) == Decimal("0.0028")
    assert call["price_note"].endswith("; 20% off (an agreement)")
    assert ran.json["scenarios"]["measured"]["monthly_usd"] == "2800"
    assert ran.has("discount: openai 20% off (an agreement)")
    assert "discount" not in ran.rules()


def test_a_discount_that_is_changed_changes_no_side_of_the_comparison_alone(project, priced):
    priced("")
    assert project.cost("--llmcost-update-baseline").status == 0
    priced("[tool.llmcost.discounts]\nopenai.percent = 20")
    ran = project.cost()
    assert ran.json["comparison"]["monthly_before_usd"] == ran.json["comparison"]["monthly_after_usd"] == "2800"
    assert ran.rules("error") == []


def test_committed_capacity_makes_calls_free_and_months_dearer(project, priced):
    priced("[tool.llmcost.discounts]\n'openai/gpt-4o' = { committed_usd_per_month = 4000 }")
    ran = project.cost()
    (call,) = ran.json["calls"]
    assert Decimal(call["cost_usd"]) == 0
    assert "covered by committed capacity" in call["price_note"]
    for month in ran.json["scenarios"].values():
        assert (month["inference_usd"], month["monthly_usd"]) == ("0", "4000")
        assert month["fixed_usd"] == {"committed: openai/gpt-4o": "4000"}
    assert ran.line("LLM cost: $4,000.00 a month", "$4,000.00 of it fixed")
    assert ran.line(f"fixed: committed: openai/gpt-4o{' ' * 32}$4,000.00")
    assert ran.line(f"fixed: committed: openai/gpt-4o{'  $4,000.00' * 2}")


def test_a_typing_mistake_and_a_discount_that_is_over_are_notices(project, priced):
    priced("[tool.llmcost.discounts]\nopnai.percent = 20\nopenai = { percent = 20, until = 2026-10-31 }")
    ran = project.cost()
    assert [(one["rule"], one["subject"]) for one in ran.json["findings"] if one["rule"] == "discount"] == [
        ("discount", "openai"),
        ("discount", "opnai"),
    ]
    assert ran.json["totals"]["cost_usd"] == "0.0035"


def test_a_run_and_its_file_are_drawn_in_the_currency_and_keep_dollars(project, priced):
    priced(EURO + "[tool.llmcost.budget]\nmonthly_usd = 3000")
    ran = project.cost("--llmcost-report=term", "--llmcost-update-baseline")
    assert ran.status == 1
    assert ran.line("LLM cost: €1,750.00 a month")
    assert ran.finding("budget.monthly_usd")["message"] == "`total` uses €1,750.00 of €1,500.00 (EUR a month)"
    assert ran.line("baseline written to b.json: €1,750.00 a month")
    assert not ran.has("$")
    assert ran.json["scenarios"]["measured"]["monthly_usd"] == "3500"
    assert ran.json["config"]["currency"] == {"code": "EUR", "per_usd": "0.5", "as_of": "2026-11-02"}
    for verb in ("report", "check", "diff"):
        text = llmcost(project, verb, *(["b.json"] if verb == "diff" else []), "llmcost.json")
        assert "$" not in text
        assert "€1,750.00" in text
    assert RATE in llmcost(project, "report", "llmcost.json")


def test_a_broken_limit_of_a_test_is_told_in_the_currency(project, priced):
    priced(EURO)
    project.write(
        "test_it.py",
        """
        import pytest
        from app import ask

        @pytest.mark.llmcost(max_cost=0.002)
        def test_it():
            ask(usage=(1000, 100), model="gpt-4o")
        """,
    )
    assert project.run("--tb=short", "-rN").line("llmcost: max_cost=€0.0010, but €0.0018 at app.py:")
