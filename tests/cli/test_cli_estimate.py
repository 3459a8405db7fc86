"""`llmcost estimate`: the published calculations again, by the command; what it draws; and what it refuses."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcost.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Estimate = Callable[[str], dict[str, Any]]

TABLE = """
[tool.llmcost]
prices_as_of = 2026-11-27
[tool.llmcost.prices."openai/gpt-4o"]
input = 2.50
output = 10
cache_read = 1.25
[tool.llmcost.prices."openai/gpt-4o-mini"]
input = 0.15
output = 0.60
[tool.llmcost.prices."openai/gpt-4"]
input = 30
output = 60
[tool.llmcost.prices."anthropic/claude-sonnet"]
input = 3
output = 15
cache_read = 0.30
cache_write = 3.75
[tool.llmcost.prices."anthropic/claude-sonnet-without-premium"]
input = 3
output = 15
cache_read = 0.30
[tool.llmcost.prices."anthropic/claude-third"]
input = 1
output = 5
cache_read = 0.10
cache_write = 1.25
[tool.llmcost.prices."openai/text-embedding-3-small"]
input = 0.02
output = 0
"""
"""The prices that the articles name."""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Estimate:
    """Return the run file of an estimate, by its options in one text; the numbers in it are exact."""

    def estimated(options: str) -> dict[str, Any]:
        status = main(["estimate", *options.split(), "--format", "json"])
        out, err = capsys.readouterr()
        assert (status, err) == (0, "")
        found: dict[str, Any] = json.loads(out, parse_float=Decimal)
        return found

    return estimated


@pytest.fixture
def text(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Return what is drawn."""

    def drawn(options: str) -> str:
        assert main(["estimate", *options.split()]) == 0
        return capsys.readouterr().out

    return drawn


def month(found: dict[str, Any], scenario: str = "measured") -> Decimal:
    return Decimal(found["scenarios"][scenario]["monthly_usd"])


CHAT = "--model gpt-4o --input-tokens 2000 --output-tokens 300"
USERS = "--users 50000 --sessions 1 --turns 10 --tokens-per-turn 0"
EXCHANGE = "--model gpt-4o --input-tokens 2000 --output-tokens 500 --requests-per-day 50000"
BESIDE = "--overhead evaluation=0.15 --overhead retries=0.10 --overhead waste=0.20 --fixed infrastructure=500"
BOT = "--model claude-sonnet --input-tokens 4200 --system-tokens 4000 --output-tokens 300 --requests 30000 --turns 30"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(f"{CHAT} {USERS}", "4000", id="1: half a million requests"),
        pytest.param("--model gpt-4o --input-tokens 0 --output-tokens 300 --requests 500000", "1500", id="1: output"),
        pytest.param(
            "--model gpt-4o --input-tokens 2000 --system-tokens 2000 --output-tokens 0 --requests 500000",
            "2500",
            id="2: the system prompt",
        ),
        pytest.param(
            "--model gpt-4o --input-tokens 1500 --output-tokens 0 --requests 500000", "1875", id="3: retrieval"
        ),
        pytest.param(
            "--model gpt-4o --input-tokens 2300 --output-tokens 0 --requests 500000", "2875", id="4: before routing"
        ),
        pytest.param(
            "--model gpt-4o --input-tokens 2300 --output-tokens 0 --requests 500000 --route gpt-4o-mini=0.7",
            "983.25",
            id="4: routing",
        ),
        pytest.param(
            "--model claude-sonnet-without-premium --input-tokens 3000 --system-tokens 3000 --output-tokens 0"
            " --requests 500000 --cache 0.8",
            "1260",
            id="5: prefix cache",
        ),
        pytest.param(
            "--model claude-sonnet --input-tokens 3000 --system-tokens 3000 --output-tokens 0 --requests 500000"
            " --cache 0.8",
            "1485",
            id="6: prefix cache, with paid writes",
        ),
        pytest.param(
            "--model gpt-4o --input-tokens 168000 --output-tokens 0 --users 2000 --sessions 1", "840", id="8: users"
        ),
        pytest.param(
            "--model gpt-4o --input-tokens 168000 --output-tokens 0 --users 50000 --sessions 1",
            "21000",
            id="8: more users",
        ),
        pytest.param(
            "--model gpt-4o --input-tokens 2000 --output-tokens 0 --requests-per-day 100000", "15000", id="10: a day"
        ),
        pytest.param(
            "--model gpt-4o --input-tokens 2000 --output-tokens 0 --requests-per-day 1000000", "150000", id="10: more"
        ),
        pytest.param(EXCHANGE, "15000", id="13: conversations"),
        pytest.param(f"{EXCHANGE} {BESIDE}", "22250", id="14: overheads and fixed costs"),
        pytest.param(
            f"{EXCHANGE.replace('2000', '800')} {BESIDE} --route gpt-4o-mini=0.7 --response-cache 0.3",
            "4144.865",
            id="15: shorter, routed and cached",
        ),
        *(
            pytest.param(
                f"--model gpt-4 --input-tokens {tokens} --output-tokens 0 --requests-per-day 100000",
                str(30 * a_day),
                id=f"16: {tokens} tokens",
            )
            for tokens, a_day in ((4_000, 12_000), (500, 1_500), (800, 2_400))
        ),
        pytest.param(
            "--model text-embedding-3-small --operation embeddings --input-tokens 500 --output-tokens 0"
            " --requests 100000",
            "1",
            id="19: embeddings",
        ),
    ],
)
def test_a_published_calculation_comes_out(run: Estimate, options: str, expected: str) -> None:
    assert month(run(options)) == Decimal(expected)


@pytest.mark.parametrize(("scenario", "expected"), [("conservative", 800), ("base", 4_750), ("aggressive", 15_750)])
def test_case_7_the_three_scenarios(run: Estimate, scenario: str, expected: int) -> None:
    assert month(run(f"{CHAT} {USERS}"), scenario) == expected


def bought(found: dict[str, Any], kind: str = "input") -> Decimal:
    """Return the tokens of a kind that a month buys, of whatever model."""
    rows = found["features"][0]["bought"]
    return sum((Decimal(one["amount"]) for one in rows if one["kind"] == kind), Decimal(0))


def session(run: Estimate, turns: int, each: int, tokens: int) -> Decimal:
    options = f"--model gpt-4o --input-tokens {tokens} --output-tokens 0 --requests {turns} --turns {turns}"
    return bought(run(f"{options} --tokens-per-turn {each}" if turns > 1 else options))


def test_case_2_the_tokens_of_a_system_prompt(run: Estimate) -> None:
    options = "--model gpt-4o --input-tokens 2000 --system-tokens 2000 --output-tokens 0 --requests 500000"
    assert bought(run(options)) == 10**9


def test_case_3_the_tokens_of_retrieval(run: Estimate) -> None:
    assert bought(run("--model gpt-4o --input-tokens 1500 --output-tokens 0 --requests 500000")) == 750_000_000


def test_case_9_a_turn_adds_200_tokens(run: Estimate) -> None:
    sent = [session(run, turn, 200, 0) - session(run, turn - 1, 200, 0) for turn in (2, 5, 10)]
    assert sent == [200, 800, 1_800]
    assert (session(run, 1, 200, 0), session(run, 10, 200, 0)) == (0, 9_000)


def test_cases_11_and_12_thirty_messages_against_five(run: Estimate) -> None:
    whole = {turns: session(run, turns, 500, 500) for turns in (1, 4, 5, 19, 20, 29, 30)}
    assert [whole[1], whole[5] - whole[4], whole[20] - whole[19], whole[30] - whole[29]] == [500, 2_500, 10_000, 15_000]
    assert whole[30] == 31 * whole[5]


def test_case_13_an_exchange_a_conversation_and_a_day(run: Estimate, project: Path) -> None:
    options = f"{EXCHANGE} --turns 5 --tokens-per-turn 0"
    found = run(options)
    units = found["features"][0]["units"]
    assert (units["per_request_usd"], units["per_session_usd"]) == ("0.01", "0.05")
    assert bought(found, "output") == 30 * 25_000_000
    (project / "day.toml").write_text(TABLE.replace("[tool.llmcost]", "[tool.llmcost]\ndays_per_month = 1", 1))
    assert month(run(f"{options} --config day.toml")) == 500


def test_case_14_each_overhead_has_its_amount(run: Estimate) -> None:
    whole = run(f"{EXCHANGE} {BESIDE}")["scenarios"]["measured"]
    assert whole["overheads_usd"] == {"evaluation": "2250", "retries": "1500", "waste": "3000"}
    assert whole["fixed_usd"] == {"infrastructure": "500"}


@pytest.mark.parametrize(
    "options",
    [
        "--model gpt-4o",
        "--model gpt-4o --route gpt-4o-mini=0.5",
        "--model claude-sonnet-4-5 --cache 0.8 --system-tokens 1500",
    ],
)
def test_case_18_a_batch_costs_half_by_the_price_list(run: Estimate, options: str, project: Path) -> None:
    (project / "pyproject.toml").unlink()
    options += " --input-tokens 2000 --output-tokens 300 --requests 500000 --as-of 2026-11-27"
    assert month(run(f"{options} --batch")) == month(run(options)) / 2


def test_case_19_the_tokens_of_documents(run: Estimate) -> None:
    options = "--model text-embedding-3-small --operation embeddings --input-tokens 500 --output-tokens 0"
    found = run(f"{options} --requests 100000")
    assert bought(found) == 50_000_000
    assert found["calls"][0]["operation"] == "embeddings"


def test_case_20_a_support_bot_costs_a_tenth(run: Estimate) -> None:
    before = month(run(BOT))
    levers = "--history-turns 8 --cache 0.8 --route claude-third=0.78 --response-cache 0.34"
    assert before == Decimal("1165.5")
    assert Decimal("0.05") <= month(run(f"{BOT} {levers}")) / before <= Decimal("0.15")


@pytest.mark.parametrize("calls", [5, 15])
def test_case_22_an_agent(run: Estimate, calls: int) -> None:
    task = "--model gpt-4o --input-tokens 1000 --output-tokens 200 --requests 1000"
    found = run(f"{task} --calls {calls} --tokens-per-call 200")
    assert Decimal(found["features"][0]["calls_per_request"]) == calls
    assert bought(found, "output") == calls * 200_000
    assert bought(found) == 1_000 * (calls * 1_000 + 200 * calls * (calls - 1) // 2)


def test_the_report_is_drawn_as_that_of_a_run_but_for_its_verdict(text: Callable[[str], str]) -> None:
    assert text(f"{CHAT} {USERS} --fixed vector_db=500 --growth 10") == (
        "LLM cost: $4,500.00 a month at declared traffic (measured), $500.00 of it fixed\n"
        "\n"
        "Features, a month of scenario measured\n"
        "Feature           Requests/month  $/1,000  Tokens in -> out      Month  Budget\n"
        "estimate                 500,000    $8.00      2,000 -> 300  $4,000.00       -\n"
        "fixed: vector_db                                               $500.00\n"
        "Total                                                        $4,500.00\n"
        "\n"
        "Scenarios, a month\n"
        "Feature            measured       base  conservative  aggressive\n"
        "estimate          $4,000.00  $4,750.00       $800.00  $15,750.00\n"
        "fixed: vector_db    $500.00    $500.00       $500.00     $500.00\n"
        "Total             $4,500.00  $5,250.00     $1,300.00  $16,250.00\n"
        "\n"
        "Unit economics, scenario measured\n"
        "Feature   1,000 requests  Session    User  Conversion  Of revenue\n"
        "estimate           $8.00   $0.080  $0.080           -           -\n"
        "\n"
        "Forecast, a month\n"
        "In 3 months  In 6 months  In 12 months  12 months together\n"
        "  $5,824.00    $7,586.24    $13,053.71         $100,090.85\n"
        "\n"
        "usage: 1 declared\n"
        "prices: genai-prices 0.2.3 of 2026-11-27, its newest price 18 days old\n"
        "no overheads are declared: by a published rule of thumb (x 3.75) the naive month would become $15,000.00\n"
    )


def test_a_forecast_follows_the_fall_of_prices_that_the_project_declares(project: Path, run: Estimate) -> None:
    own = TABLE.replace("[tool.llmcost]", "[tool.llmcost]\nprice_decline_percent_per_year = 50", 1)
    (project / "own.toml").write_text(own, encoding="utf-8")
    options = f"{CHAT} --requests 500000 --fixed db=100 --config own.toml"
    forecast = run(options)["outlook"]["forecast_usd"]
    assert (len(forecast), forecast[-1]) == (12, "2100")
    grown = run(f"{options} --growth 100")["outlook"]["forecast_usd"]
    assert Decimal(grown[-1]) == 2_000 * 2**12 + 100


def test_units_have_the_revenue_and_the_conversions_that_are_declared(text: Callable[[str], str]) -> None:
    drawn = text(f"{CHAT} {USERS} --revenue 16000 --conversion 0.1")
    assert re.search(r"^Feature +1,000 requests +Session +User +Conversion +Of revenue$", drawn, flags=re.MULTILINE)
    assert re.search(r"^estimate +\$8\.00 +\$0\.080 +\$0\.080 +\$0\.80 +25\.0%$", drawn, flags=re.MULTILINE)


def test_a_month_is_unfolded_where_that_is_asked(text: Callable[[str], str]) -> None:
    options = f"{BOT} --cache 0.8 --route gpt-4o-mini=0.5"
    drawn = text(f"{options} --explain")
    assert "\nestimate: $" in drawn
    assert "a session has 30 turns; each adds what the user writes (200 tokens) and the answer to the history" in drawn
    assert "80% of the requests read the cacheable prefix, the others do not\n" in drawn
    assert re.search(r"^gpt-4o-mini +cache read +[\d,]+ +\$0\.15 ", drawn, flags=re.MULTILINE)
    assert re.search(r"^anthropic/claude-sonnet +cache write +[\d,]+ +\$3\.75 ", drawn, flags=re.MULTILINE)
    assert "each adds 500 tokens to the history of the next" in text(f"{BOT} --tokens-per-turn 500 --explain")
    assert "What is bought" not in text(options)
    assert "\n| `anthropic/claude-sonnet` | `cache write` | " in text(f"{options} --explain --format markdown")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--cache 0.8", True),
        ("--cache 0.8 --system-tokens 1023", True),
        ("--cache 0.8 --system-tokens 1024", False),
        ("--cache 0.8 --turns 2", False),
        ("--cache 0", False),
        ("--cache 0.8 --scenario aggressive", False),
    ],
)
def test_a_prefix_cache_that_has_nothing_to_hold_is_told(text: Callable[[str], str], options: str, told: bool) -> None:
    assert text(f"{CHAT} --requests 500000 {options}").count("NOTICE cache-rate estimate: ") == told


def test_layers_that_are_those_of_the_one_feature_are_drawn_once(text: Callable[[str], str]) -> None:
    options = f"{CHAT} --requests 500000 --route gpt-4o-mini=0.5"
    for form, whole in (("term", "From naive to full"), ("markdown", "<b>From naive to full")):
        assert whole in text(f"{options} --format {form}")
        unfolded = text(f"{options} --format {form} --explain")
        assert whole not in unfolded
        assert "Layers, a month" in unfolded
        assert whole in text(f"{options} --format {form} --explain --fixed db=9")


def test_overheads_are_not_cut_where_there_is_room_beside_them(text: Callable[[str], str]) -> None:
    drawn = text(f"{CHAT} --requests 500000 --overhead evaluation_of_all_the_answers_by_another_model=0.5")
    assert re.search(r"^overhead: evaluation_of_all_the_answers_by_another_model +\$2,000\.00$", drawn, re.MULTILINE)


def test_an_estimate_is_compared_with_nothing_and_does_not_say_so(text: Callable[[str], str]) -> None:
    drawn = text(f"{CHAT} --requests 500000 --explain --format markdown")
    assert drawn.startswith("### ⚪ LLM cost $4,000.00 / month\n")
    assert "\n#### estimate: $4,000.00 a month of scenario measured\n" in drawn
    odd = text(
        "--model gpt-4o --input-tokens 2001 --output-tokens 1 --route gpt-4o-mini=0.3 --requests 9 --explain"
        " --format markdown"
    )
    assert "\n- one request is the mean of 1 test, by weight: 1 call as tested, `$0.003" in odd


def test_markdown_has_the_same_tables(text: Callable[[str], str]) -> None:
    drawn = text(f"{CHAT} {USERS} --format markdown")
    assert drawn.startswith("### ")
    assert "| `estimate` | 500,000 | $8.00 | " in drawn
    assert "| `estimate` | $4,000.00 | $4,750.00 | $800.00 | $15,750.00 |" in drawn
    assert "<sub>traffic as declared, scenario `measured` · usage: 1 declared · " in drawn


def test_the_run_file_is_read_by_other_verbs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", *f"{CHAT} {USERS} --name chat --format json --output run.json".split()]) == 0
    assert capsys.readouterr().out == ""
    assert main(["report", "run.json"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("LLM cost: $4,000.00 a month at declared traffic (measured)\n")
    assert "usage: 1 declared" in out
    assert main(["check", "run.json"]) == 0
    call = json.loads((project / "run.json").read_text(encoding="utf-8"))["calls"][0]
    assert (call["origin"], call["usage_source"], call["provider"], call["model"], call["feature"]) == (
        "recorded",
        "declared",
        "openai",
        "gpt-4o",
        "chat",
    )


MORE = """
[tool.llmcost.features.chat]
tests = ["tests"]
requests_per_month = 7
[tool.llmcost.budget]
monthly_usd = 1
[tool.llmcost.models]
prod = "openai/gpt-4o"
[tool.llmcost.overheads]
retries = 0.1
[tool.llmcost.scenarios.launch]
traffic = 2
[tool.llmcost.currency]
code = "EUR"
per_usd = 0.5
[tool.llmcost.discounts]
cohere = { committed_usd_per_month = 900 }
"""


def test_the_projects_prices_scenarios_overheads_and_currency_hold_and_its_features_do_not(
    project: Path, text: Callable[[str], str], run: Estimate
) -> None:
    (project / "own.toml").write_text(TABLE + MORE, encoding="utf-8")
    options = f"{CHAT.replace('gpt-4o', 'prod')} --requests 500000 --config own.toml"
    drawn = text(f"{options} --scenario launch")
    assert drawn.startswith("LLM cost: €4,400.00 a month at declared traffic (launch)\n")
    assert "amounts in EUR at 0.5 per USD, declared" in drawn
    found = run(options)
    assert [one["name"] for one in found["features"]] == ["estimate"]
    assert (found["verdict"], found["findings"], found["scenarios"]["measured"]["fixed_usd"]) == ("pass", [], {})
    assert found["scenarios"]["measured"]["overheads_usd"] == {"retries": "400"}


def test_overheads_of_the_command_line_go_before_the_projects(project: Path, run: Estimate) -> None:
    (project / "own.toml").write_text(TABLE + MORE, encoding="utf-8")
    found = run(f"{CHAT} --requests 500000 --config own.toml --overhead retries=0.2 --overhead tests=0.01")
    assert found["scenarios"]["measured"]["overheads_usd"] == {"retries": "800", "tests": "40"}


BESIDE_THE_CALLS = """
[tool.llmcost.one_time_usd]
build = 12000
[tool.llmcost.embeddings.docs]
model = "embedder"
tokens = 1_000_000_000
refreshes_per_month = 1
[tool.llmcost.self_hosting]
usd_per_month = 3000
tokens_per_day = 100_000_000
[tool.llmcost.models]
embedder = "cohere/embed-english-v3.0"
[tool.llmcost.discounts]
cohere = { percent = 10 }
mistral = { percent = 10 }
"""


def test_the_projects_corpora_one_time_costs_and_machines_are_in_the_report(
    project: Path, text: Callable[[str], str]
) -> None:
    (project / "own.toml").write_text(TABLE + BESIDE_THE_CALLS, encoding="utf-8")
    drawn = text(f"{CHAT} --requests 500000 --config own.toml")
    assert drawn.startswith("LLM cost: $4,090.00 a month at declared traffic (measured), $90.00 of it fixed\n")
    assert "paid once, in no month: build $12,000.00\n" in drawn
    assert "self-hosting: 1 machine at $3,000.00 a month, $1,000.00 less than the API" in drawn
    assert "discount: cohere 10% off\n" in drawn
    assert "mistral" not in drawn


def test_nothing_is_advised_about_prompts_that_nobody_has_seen(run: Estimate) -> None:
    assert run(f"{CHAT} --requests 500000 --calls 3 --system-tokens 1500")["advice"] == []


def test_a_name_is_priced_as_who_sells_it(project: Path, run: Estimate) -> None:
    (project / "pyproject.toml").unlink()
    found = run("--model claude-sonnet-4-5 --input-tokens 10 --output-tokens 0 --requests 1 --as-of 2026-11-27")
    assert found["calls"][0]["provider"] == "anthropic"
    assert found["prices"]["as_of"] == found["config"]["prices_as_of"] == "2026-11-27"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--cache 1.3", "argument --cache: must be a share from 0 to 1, got '1.3'"),
        ("--cache 80", "(for 80%, write 0.80)"),
        ("--cache nan", "argument --cache: must be a share from 0 to 1, got 'nan'"),
        ("--response-cache=-0.1", "argument --response-cache: must be a share from 0 to 1, got '-0.1'"),
        ("--requests=-5", "argument --requests: must be a number from 0 to 1,000,000,000,000,000, got '-5'"),
        ("--requests 1e99", "argument --requests: must be a number from 0 to 1,000,000,000,000,000, got '1e99'"),
        ("--requests inf", "argument --requests: must be a number"),
        ("--requests ten", "argument --requests: must be a number"),
        ("--requests 1e-20", "with at most 12 decimal places, got '1e-20'"),
        (f"--requests {'9' * 5_000}", f"got '{'9' * 40}...'"),
        ("--users 5", "argument --users: not allowed with argument --requests"),
        ("--requests-per-day 5", "argument --requests-per-day: not allowed with argument --requests"),
        ("--sessions 5", "--sessions needs --users: traffic is users x sessions x turns"),
        ("--input-tokens 1.5", "argument --input-tokens: must be a whole number from 0 to 1,000,000,000, got '1.5'"),
        ("--input-tokens 1e12", "argument --input-tokens: must be a whole number from 0 to 1,000,000,000, got '1e12'"),
        ("--output-tokens=-1", "argument --output-tokens: must be a whole number from 0 to 1,000,000,000, got '-1'"),
        ("--system-tokens 3000", "--system-tokens (3,000) are part of --input-tokens (2,000), so they cannot be more"),
        ("--turns 0.5", "argument --turns: must be a number from 1 to 1,000, got '0.5'"),
        ("--turns 1e6", "argument --turns: must be a number from 1 to 1,000, got '1e6'"),
        ("--turns 5 --history-turns 8", "--history-turns 8 is longer than a session of estimate, 5 turns"),
        ("--tokens-per-turn 5", "--tokens-per-turn needs --turns above 1: a first turn has no history"),
        ("--turns 5 --summary gpt-4o-mini:100", "--summary needs --history-turns: it stands in for the turns"),
        ("--turns 5 --summary gpt-4o", "argument --summary: must be MODEL:TOKENS, such as gpt-4o-mini:300, got"),
        ("--calls 0", "argument --calls: must be a whole number from 1 to 200, got '0'"),
        (
            "--calls 200 --turns 51",
            "--calls x --turns must be at most 10,000, for each is priced on its own; got 10,200",
        ),
        ("--tokens-per-call 5", "--tokens-per-call needs --calls above 1"),
        ("--route gpt-4o-mini", "argument --route: must be MODEL=SHARE, such as gpt-4o-mini=0.7, got 'gpt-4o-mini'"),
        ("--route gpt-4o-mini=1.1", "argument --route: must be a share from 0 to 1, got '1.1'"),
        ("--route gpt-4o-mini=0.6 --route gpt-4=0.6", "the shares of --route add up to 1.2, more than 1"),
        ("--route gpt-4=0.1 --route gpt-4=0.1", "--route gpt-4 is given 2 times; keep one"),
        ("--router gpt-4o-mini:9:1", "--router needs --route: it chooses among these routes"),
        ("--router gpt-4o-mini:9", "argument --router: must be MODEL:IN:OUT, such as gpt-4o-mini:300:5, got"),
        ("--cache-lookup gpt-4", "--cache-lookup needs --response-cache: it is the price of looking into that cache"),
        ("--fixed db=-1", "argument --fixed: must be a number from 0 to 1,000,000,000,000,000, got '-1'"),
        ("--overhead retries", "argument --overhead: must be NAME=SHARE, such as retries=0.1, got 'retries'"),
        ("--revenue=-1", "argument --revenue: must be a number from 0 to 1,000,000,000,000,000, got '-1'"),
        ("--conversion 0.1", "--conversion needs --users, or --turns above 1: it is a share of the sessions"),
        ("--turns 2 --conversion 10", "argument --conversion: must be a share from 0 to 1, got '10'"),
        ("--growth=-100", "argument --growth: must be a number from -99 to 1,000, got '-100'"),
        ("--scenario nope", "--scenario=nope: there is no such scenario; there are measured, base, conservative"),
        ("--as-of tomorrow", "argument --as-of: 'tomorrow' is no date such as 2026-11-01"),
        ("--operation embeddings --turns 2", "--turns needs --operation chat: embeddings calls send no history"),
        ("--config nowhere.toml", "nowhere.toml: cannot be read: No such file or directory"),
        ("--model gpt-4q", "--model gpt-4q: no price: add [tool.llmcost.prices."),
        ("--model gpt-4q", "; nearest: openai/gpt-4"),
        ("--route gpt-4o-minni=0.5", "--route gpt-4o-minni: no price: add"),
        ("--fallback gpt-4o-minni=0.5", "--fallback gpt-4o-minni: no price: add"),
        ("--turns 5 --tokens-per-turn 0 --history-turns 3", "--history-turns needs --tokens-per-turn above 0"),
        ("--model=", "--model must name a model"),
        ("--cache-lookup= --response-cache 0.1", "--cache-lookup must name a model"),
        ("--name= ", "--name must not be empty"),
    ],
)
def test_what_cannot_be_is_one_line_and_status_2(options: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [*CHAT.split(), "--requests", "500000", *options.split(" ")]
    assert main(["estimate", *(given if options != "--name= " else [*given[:-2], "--name", " "])]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.startswith("llmcost: ")
    assert err.count("\n") == 1


def test_a_model_without_a_batch_price_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").unlink()
    options = "--model groq/llama-3.3-70b-versatile --input-tokens 1 --output-tokens 1 --requests 1 --batch"
    assert main(["estimate", *options.split(), "--as-of", "2026-11-27"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(
        "llmcost: `estimate` buys of `llama-3.3-70b-versatile` in production: no price: no batch price known; "
    )


@pytest.mark.parametrize("missing", ["--model", "--input-tokens", "--output-tokens", "--requests"])
def test_what_is_needed_is_named(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [*CHAT.split(), "--requests", "5"]
    at = given.index(missing)
    assert main(["estimate", *given[:at], *given[at + 2 :]]) == 2
    err = capsys.readouterr().err
    assert missing in err
    assert "required" in err
    assert err.count("\n") == 1


def test_every_option_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--tokens-per-turn N" in out
    assert "examples:" in out


def test_no_traffic_costs_the_fixed_costs_only(run: Estimate) -> None:
    assert month(run(f"{CHAT} --requests 0")) == 0
    assert month(run(f"{CHAT} --requests 0 --fixed db=5")) == 5


def test_case_12_thirty_messages_against_five(run: Estimate) -> None:
    """The last call of the longer thread is six times that of the shorter one, and the thread 31 times."""

    def thread(turns: int) -> Decimal:
        messages = "--model gpt-4o --input-tokens 500 --output-tokens 0 --tokens-per-turn 500"
        return month(run(f"{messages} --turns {turns} --requests {turns}"))

    last = [thread(turns) - thread(turns - 1) for turns in (30, 5)]
    assert (last[0] / last[1], thread(30) / thread(5)) == (6, 31)


def test_case_17_the_rule_of_thumb_is_three_and_three_quarters_of_the_naive_month(
    run: Estimate, text: Callable[[str], str]
) -> None:
    assert Decimal(run(f"{CHAT} --requests 500000")["outlook"]["rule_of_thumb_usd"]) == 15_000
    assert "(x 3.75) the naive month would become $15,000.00" in text(f"{CHAT} --requests 500000")
    assert run(f"{CHAT} --requests 500000 --overhead retries=0.1")["outlook"]["rule_of_thumb_usd"] is None


def test_case_21_four_cents_a_session_of_which_two_percent_convert(run: Estimate) -> None:
    sessions = "--requests 400000 --turns 4 --tokens-per-turn 0 --conversion 0.02"
    found = run(f"--model gpt-4o --input-tokens 2000 --output-tokens 500 {sessions}")
    units = found["features"][0]["units"]
    assert (Decimal(units["per_session_usd"]), Decimal(units["per_conversion_usd"])) == (Decimal("0.04"), 2)


@pytest.mark.parametrize(("requests", "less"), [(3_000_000, 12_000), (600_000, 0), (300_000, -1_500)])
def test_case_23_a_machine_breaks_even_where_the_api_costs_what_it_does(
    project: Path, run: Estimate, requests: int, less: int
) -> None:
    """At $5 per million the API costs $15,000 for the 100 million tokens a day that a machine of $3,000 serves."""
    own = '[tool.llmcost.prices."acme/open"]\ninput = 5\noutput = 5\n'
    machine = "[tool.llmcost.self_hosting]\nusd_per_month = 3000\ntokens_per_day = 100_000_000\n"
    (project / "own.toml").write_text(own + machine, encoding="utf-8")
    found = run(f"--model acme/open --input-tokens 1000 --output-tokens 0 --requests {requests} --config own.toml")
    hosting = found["outlook"]["self_hosting"]
    assert (hosting["machines"], Decimal(hosting["saving_usd"])) == (1, less)
    assert Decimal(hosting["break_even_tokens_per_day"]) == 20_000_000


@pytest.mark.parametrize(("decline", "expected"), [(40, 6_000), (60, 4_000)])
def test_case_24_what_ten_thousand_dollars_are_in_twelve_months(
    project: Path, run: Estimate, decline: int, expected: int
) -> None:
    own = TABLE.replace("[tool.llmcost]", f"[tool.llmcost]\nprice_decline_percent_per_year = {decline}", 1)
    (project / "own.toml").write_text(own, encoding="utf-8")
    found = run("--model gpt-4o --input-tokens 2000 --output-tokens 500 --requests 1000000 --config own.toml")
    assert month(found) == 10_000
    assert Decimal(found["outlook"]["forecast_usd"][11]) == expected
