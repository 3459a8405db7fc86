"""`llmcost whatif`, on run files that pytest --llmcost has written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pytest_llmcost.cli import main

if TYPE_CHECKING:
    from pathlib import Path

ASSISTANT = """
[tool.llmcost]
prices_as_of = 2026-11-01
[tool.llmcost.features.chat]
tests = ["test_it.py"]
requests_per_day = 50_000
[tool.llmcost.overheads]
evaluation = 0.15
retries = 0.10
waste = 0.20
"""
ONE_CALL = """
def test_an_answer(llmcost):
    llmcost.record(provider="openai", model="gpt-4o", input_tokens={given}, output_tokens={made})
"""
"""10,000 conversations of 5 exchanges a day, $15,000 a month, and overheads of 45 %."""

MIXED = """
[tool.llmcost]
prices_as_of = 2026-11-01
[tool.llmcost.features.search]
tests = ["test_it.py::test_search"]
requests_per_month = 100_000
[tool.llmcost.features.agent]
tests = ["test_it.py::test_agent"]
requests_per_month = 20_000
[tool.llmcost.features.quiet]
tests = ["test_it.py::test_quiet"]
[tool.llmcost.features.unseen]
tests = ["test_it.py::test_unseen"]
requests_per_month = 7
"""
MIXED_TESTS = """
import httpx

TOOL = {"type": "function", "function": {"name": "look_up", "description": "Looks an order up.", "parameters": {
    "type": "object", "properties": {"order": {"type": "string"}}}}}
USED = {"prompt_tokens": 100_000, "completion_tokens": 40_000, "total_tokens": 140_000}
SAID = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}


def ask(**more):
    reply = {"id": "1", "object": "chat.completion", "model": "gpt-4.1", "choices": [SAID], "usage": USED}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=reply))
    with httpx.Client(transport=transport) as client:
        client.post("https://api.openai.com/v1/chat/completions", json={"model": "gpt-4.1", **more})


def test_agent():
    ask(messages=[{"role": "user", "content": "Where is my order?"}], tools=[TOOL])


def test_search(llmcost):
    llmcost.record(
        provider="openai", model="text-embedding-3-small", input_tokens=1_000, output_tokens=0, operation="embeddings"
    )
    llmcost.record(provider="openai", model="gpt-4o", input_tokens=3_000, output_tokens=200, cache_read_tokens=2_048)


def test_search_again(llmcost):
    llmcost.record(provider="openai", model="gpt-4o-mini", input_tokens=1_000, output_tokens=100)


def test_quiet(llmcost):
    llmcost.record(provider="openai", model="gpt-4o", input_tokens=10, output_tokens=10)
"""


def written(folder: Path, table: str, tests: str) -> Path:
    (folder / "pyproject.toml").write_text(table, encoding="utf-8")
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-record-only"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "GITHUB_"))}
    done = subprocess.run(
        [*command, "--llmcost-report=json"], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    return folder / "llmcost.json"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    return written(tmp_path_factory.mktemp("assistant"), ASSISTANT, ONE_CALL.format(given=2_000, made=500))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    tests = MIXED_TESTS.replace("def test_search_again", "def test_search_more")
    table = MIXED.replace('["test_it.py::test_search"]', '["test_it.py::test_search*"]')
    return written(tmp_path_factory.mktemp("mixed"), table, tests)


@pytest.fixture
def whatif(capsys):
    """Runs the verb and returns its JSON."""

    def run(path, *options):
        assert main(["whatif", str(path), *options, "--format", "json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return run


def months(found):
    return Decimal(found["before"]["monthly_usd"]), Decimal(found["after"]["monthly_usd"])


def month_of(tmp_path_factory, whatif, table, tests, *options):
    return months(whatif(written(tmp_path_factory.mktemp("one"), table, tests), *options))


@pytest.mark.parametrize("scenario", ["measured", "base", "conservative", "aggressive"])
def test_without_a_lever_the_month_is_that_of_the_file(scenario, assistant, mixed, whatif):
    for path in (assistant, mixed):
        stated = json.loads(path.read_text(encoding="utf-8"))["scenarios"][scenario]
        found = whatif(path, "--scenario", scenario)
        assert found["before"] == found["after"] == stated
        assert found["levers"] == []
        assert not any("the file itself states" in note for note in found["notes"])


def test_an_assistant_is_made_cheaper_by_a_shorter_prompt_routing_and_a_response_cache(assistant, whatif):
    """Worked example 15 on example 13 with the overheads of 14; fixed costs of $500 come on top of both months."""
    found = whatif(assistant, "--trim", "60", "--route", "gpt-4o-mini=0.7", "--response-cache", "0.3")
    assert months(found) == (Decimal(21_750), Decimal("3644.865"))
    names = [one["name"] for one in found["levers"]]
    assert names == ["shorter prompt", "routing", "response cache"]
    assert found["after"]["overheads_usd"] == {"evaluation": "377.055", "retries": "251.37", "waste": "502.74"}


def test_what_the_levers_save_in_order_adds_up_and_each_alone_is_its_own(assistant, whatif):
    options = {"--trim": "60", "--route": "gpt-4o-mini=0.7", "--response-cache": "0.3", "--max-output": "400"}
    found = whatif(assistant, *(word for pair in options.items() for word in pair))
    before, after = months(found)
    assert sum(Decimal(one["usd"]) for one in found["levers"]) == after - before
    for option, name in zip(options, ("shorter prompt", "routing", "response cache", "output limit"), strict=True):
        (row,) = [one for one in found["levers"] if one["name"] == name]
        own = months(whatif(assistant, option, options[option]))
        assert Decimal(row["alone_usd"]) == own[1] - own[0] < 0


def test_routing_of_input_alone(tmp_path_factory, whatif):
    """Worked example 4."""
    table = '[tool.llmcost]\nprices_as_of = 2026-11-01\n[tool.llmcost.features.chat]\ntests = ["test_it.py"]\n'
    calls = ONE_CALL.format(given=2_300, made=0)
    before, after = month_of(
        tmp_path_factory, whatif, f"{table}requests_per_month = 500_000\n", calls, "--route", "gpt-4o-mini=0.7"
    )
    assert (before, after) == (Decimal(2_875), Decimal("983.25"))


def test_more_users_cost_as_much_each(tmp_path_factory, whatif):
    """Worked example 8: $840 for 2,000 users, and 50,000 of them."""
    table = '[tool.llmcost]\nprices_as_of = 2026-11-01\n[tool.llmcost.features.chat]\ntests = ["test_it.py"]\n'
    calls = ONE_CALL.format(given=128_000, made=10_000)  # $0.42
    found = month_of(tmp_path_factory, whatif, f"{table}requests_per_month = 2_000\n", calls, "--traffic", "25")
    assert found == (Decimal(840), Decimal(21_000))


BOT = """
[tool.llmcost]
prices_as_of = 2026-11-01
[tool.llmcost.features.bot]
tests = ["test_it.py"]
requests_per_month = 30_000
[tool.llmcost.prices."claude-third"]
input = 1
output = 5
cache_read = 0.1
cache_write = 1.25
"""
BOT_TESTS = """
import httpx


def test_a_turn():
    reply = {
        "id": "1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "yes"}], "usage": {"input_tokens": 4_200, "output_tokens": 300},
    }
    body = {
        "model": "claude-sonnet-4-5", "max_tokens": 500, "system": "Be kind to all who ask. " * 660,
        "messages": [{"role": "user", "content": "Where is the order that I have made? " * 25}],
    }
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=reply))
    with httpx.Client(transport=transport) as client:
        client.post("https://api.anthropic.com/v1/messages", json=body)
"""


def test_a_support_bot_with_all_levers_costs_a_tenth(tmp_path_factory, whatif):
    """Worked example 20: from everything at the full price to between 5 % and 15 % of it."""
    run = written(tmp_path_factory.mktemp("bot"), BOT, BOT_TESTS)
    session = ("--turns", "30", "--tokens-per-turn", "500")
    levers = ("--history-turns", "8", "--cache", "0.8", "--route", "claude-third=0.78", "--response-cache", "0.34")
    before, after = (months(whatif(run, *session, *more))[1] for more in ((), levers))
    assert before == 1_000 * 30 * (Decimal("0.0126") + Decimal("0.0045") + Decimal("0.003") * 500 * 29 / 2 / 1_000)
    assert Decimal("0.05") < after / before < Decimal("0.15")


def test_a_model_is_routing_of_all_and_its_month_is_that_of_the_candidate(mixed, whatif):
    found = whatif(mixed, "--model", "gpt-4.1-mini", "--candidates")
    routed = whatif(mixed, "--route", "gpt-4.1-mini=1")
    (candidate,) = [one for one in found["candidates"] if one["name"] == "openai/gpt-4.1-mini"]
    assert found["after"] == routed["after"]
    assert candidate["monthly_usd"] == found["after"]["monthly_usd"]
    assert candidate["offered"] is False  # its answers are shorter than those that were recorded


def test_what_is_not_routed_goes_to_the_model(assistant, whatif):
    found = whatif(assistant, "--route", "gpt-4o-mini=0.7", "--model", "gpt-4.1")
    both = whatif(assistant, "--route", "gpt-4o-mini=0.7", "--route", "gpt-4.1=0.3")
    assert found["after"] == both["after"]


def test_only_the_feature_that_is_named_is_changed(mixed, whatif):
    found = whatif(mixed, "--feature", "agent", "--batch", "--traffic", "2")
    rows = {one["name"]: one for one in found["features"]}
    assert rows["search"]["before_usd"] == rows["search"]["after_usd"]
    assert rows["agent"]["before_usd"] == rows["agent"]["after_usd"]  # twice as much at half of the price
    assert [one["name"] for one in found["levers"]] == ["traffic", "batch"]
    assert found["levers"][0]["alone_usd"] is None


def test_a_candidate_is_cheapest_first_and_what_cannot_do_it_is_below_with_the_reason(mixed, whatif):
    found = whatif(mixed, "--feature", "agent", "--candidates")["candidates"]
    offered = [one for one in found if one["offered"]]
    usd = [Decimal(one["monthly_usd"]) for one in offered]
    assert len(offered) > 10
    assert usd == sorted(usd)
    assert [one["offered"] for one in found] == sorted((one["offered"] for one in found), reverse=True)
    by_name = {one["name"]: one for one in found}
    assert by_name["openai/gpt-4o"]["lacks"] == [
        "holds 128,000 tokens, and the largest call has 140,000",
        "writes 16,384 tokens, and the longest answer has 40,000",
    ]
    assert by_name["openai/gpt-3.5-turbo"]["unknown"] == ["not on the list of current models"]
    assert "openai/gpt-4.1" not in by_name  # who answers already


def test_a_model_without_a_batch_price_is_not_offered_for_a_batch(assistant, whatif):
    found = {one["name"]: one for one in whatif(assistant, "--batch", "--candidates")["candidates"]}
    assert found["x-ai/grok-4.5"]["lacks"] == ["no batch price"]
    assert found["openai/gpt-4o-mini"]["offered"] is True


def test_the_month_is_drawn_with_what_it_rests_on(assistant, capsys):
    assert main(["whatif", str(assistant), "--route", "gpt-4o-mini=0.7", "--candidates", "--explain", "chat"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("$21,750.00 -> $7,438.50 a month (-66%), scenario measured\n")
    assert "routing  70% to gpt-4o-mini  -$14,311.50  -$14,311.50" in out
    assert "chat 1,500,000 $15,000.00 $5,130.00 -66%" in " ".join(out.split())
    assert "\nchat: $5,130.00 a month of scenario measured\n" in out
    assert "Not offered\n" in out
    assert "usage: 1 declared\nprices: genai-prices" in out
    assert "tokens and cache reads are those of the recorded models" in out


def test_markdown_has_the_same_tables_and_goes_to_a_file(assistant, tmp_path, capsys):
    target = tmp_path / "whatif.md"
    arguments = ["whatif", str(assistant), "--batch", "--candidates", "--format", "markdown", "--output", str(target)]
    assert main(arguments) == 0
    text = target.read_text(encoding="utf-8")
    assert text.startswith("### $21,750.00 → $10,875.00 a month (-50%), scenario measured\n\n**Levers")
    assert "| `batch` | `every call at the batch rate` | -$10,875.00 | -$10,875.00 |" in text
    assert "**Not offered**" in text
    assert capsys.readouterr().out == ""


def test_the_json_says_what_it_is(assistant, whatif):
    found = whatif(assistant, "--cache", "0.5")
    assert (found["format"], found["version"], found["candidates"]) == ("pytest-llmcost/whatif", 1, None)
    assert found["features"] == [
        {"name": "chat", "requests_per_month": 1_500_000, "before_usd": "15000", "after_usd": "15000"}
    ]


def test_a_cache_that_costs_more_than_it_saves_says_so(tmp_path_factory, capsys):
    run = written(tmp_path_factory.mktemp("bot"), BOT, BOT_TESTS)
    for rate, is_dearer in (("0.8", False), ("0.05", True)):
        assert main(["whatif", str(run), "--cache", rate]) == 0
        assert ("costs more than it saves" in capsys.readouterr().out) is is_dearer


def test_an_amount_without_a_price_is_refused_where_it_was_known_before(mixed, capsys):
    assert main(["whatif", str(mixed), "--feature", "agent", "--model", "grok-4.5", "--batch"]) == 2
    assert "the month afterwards is not known: " in capsys.readouterr().err


def test_what_a_baseline_lent_is_told(mixed, tmp_path, capsys):
    run = json.loads(mixed.read_text(encoding="utf-8"))
    run["features"][0] |= {"samples": 3, "carried": 1}
    run["scenarios"]["measured"]["monthly_usd"] = "99"
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    assert main(["whatif", str(tmp_path / "run.json")]) == 0
    told = "the file itself states $99.00 a month: 1 sample of a baseline, which it does not hold"
    assert told in capsys.readouterr().out


REFUSED = {
    "--feature chatt": "--feature chatt: there is no such feature; there are search, agent, quiet, unseen",
    "--explain chatt": "--explain chatt: there is no such feature",
    "--feature quiet": "--feature quiet: it has no traffic",
    "--feature unseen": "--feature unseen: it has no sample in this run",
    "--scenario best": "--scenario=best: there is no such scenario; there are measured, base",
    "--cache 1.3": "must be a share from 0 to 1, got '1.3'",
    "--response-cache 34": "(for 34%, write 0.34)",
    "--trim 101": "must be a number from 0 to 100",
    "--max-output 0": "must be a whole number from 1",
    "--traffic -1": "must be a number from 0",
    "--route gpt-4o-mini": "must be MODEL=SHARE",
    "--route gpt-4o-mini=0.7 --route gpt-4.1-mini=0.4": "the shares of --route add up to 1.1, more than 1",
    "--route gpt-4o-mini=0.7 --route gpt-4o-mini=0.1": "--route gpt-4o-mini is given 2 times",
    "--router gpt-4o-mini:100:2": "--router needs --route",
    "--model gpt-4q": "--model gpt-4q: no price",
    "--fallback nobody=0.1": "--fallback nobody: no price",
    "--history-turns 4": "--history-turns needs --turns above 1: a first turn has no history",
    "--tokens-per-turn 5": "--tokens-per-turn needs --turns above 1: a first turn has no history",
    "--turns 5 --tokens-per-turn 0 --history-turns 3": "--history-turns needs --tokens-per-turn above 0",
    "--cache-lookup= --response-cache 0.1": "--cache-lookup must name a model",
    "--turns 10 --history-turns 12": "--history-turns 12 is longer than a session of search, 10 turns",
    "--turns 10 --summary gpt-4o-mini:100": "--summary needs --history-turns",
    "--cache-lookup text-embedding-3-small": "--cache-lookup needs --response-cache",
    "--turns 0": "must be a number from 1",
}


@pytest.mark.parametrize("options", REFUSED)
def test_nonsense_is_one_line_and_status_2(options, mixed, capsys):
    assert main(["whatif", str(mixed), *options.split()]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("llmcost: ")
    assert REFUSED[options] in err


@pytest.mark.parametrize("option", ["--turns", "--history-turns"])
def test_a_test_that_stands_for_a_session_keeps_its_turns(option, tmp_path_factory, capsys):
    table = ASSISTANT.replace('"test_it.py"]', '"test_it.py"]\nsample = "session"\nturns_per_session = 4')
    run = written(tmp_path_factory.mktemp("session"), table, ONE_CALL.format(given=2_000, made=500))
    assert main(["whatif", str(run), option, "3"]) == 2
    assert f"{option} does not fit: a test of chat stands for a whole session" in capsys.readouterr().err


def test_the_nearest_names_are_told(mixed, capsys):
    main(["whatif", str(mixed), "--model", "gpt-4.1-minni"])
    assert ", openai/gpt-4.1-mini" in capsys.readouterr().err


def test_a_file_without_traffic_has_no_month(tmp_path_factory, capsys):
    run = written(tmp_path_factory.mktemp("none"), "[tool.llmcost]\n", ONE_CALL.format(given=1, made=1))
    assert main(["whatif", str(run)]) == 2
    assert "no feature has traffic, so there is no month; declare requests_per_month" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["session", "calls"])
def test_a_damaged_file_is_one_line(damage, mixed, tmp_path, capsys):
    run = json.loads(mixed.read_text(encoding="utf-8"))
    run[damage] = 3
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    assert main(["whatif", str(tmp_path / "run.json")]) == 2
    assert "is damaged" in capsys.readouterr().err
