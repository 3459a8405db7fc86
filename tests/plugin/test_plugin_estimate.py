"""What `llmcost estimate` says of declared tokens is what a run says of a test that uses as many."""

import json

import pytest

from pytest_llmcost.cli import main

CONFIGURATION = """
    [tool.llmcost]
    prices_as_of = 2026-11-27
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    monthly_users = 5_000
    sessions_per_user = 20
    [tool.llmcost.overheads]
    retries = 0.1
    [tool.llmcost.prices."gpt-4o"]
    input = 2.5
    output = 10
"""
CALLED = """
    from app import ask

    def test_question():
        ask(model="gpt-4o", usage=(2_000, 300))
        ask(model="gpt-4o", usage=(2_100, 300))
"""
TOLD = """
    def test_question(llmcost):
        for tokens in (2_000, 2_100):
            llmcost.record(provider="openai", model="gpt-4o", input_tokens=tokens, output_tokens=300)
"""
OPTIONS = "--model gpt-4o --input-tokens 2000 --output-tokens 300 --calls 2 --tokens-per-call 100"


@pytest.mark.parametrize("test", [CALLED, TOLD], ids=["called", "told"])
def test_a_run_and_an_estimate_agree(project, monkeypatch, test):
    project.configure(CONFIGURATION)
    project.write("test_chat.py", test)
    ran = project.cost().json
    monkeypatch.chdir(project.root)
    assert (
        main(
            [
                "estimate",
                *f"{OPTIONS} --users 5000 --sessions 20 --name chat --format json --output estimate.json".split(),
            ]
        )
        == 0
    )
    estimated = json.loads((project.root / "estimate.json").read_text(encoding="utf-8"))
    assert ran["scenarios"]["measured"]["monthly_usd"] == "1787.5"
    assert estimated["scenarios"] == ran["scenarios"]
    keys = ("calls_per_request", "input_tokens", "output_tokens", "cost_per_request_usd", "monthly_usd")
    assert [estimated["features"][0][key] for key in keys] == [ran["features"][0][key] for key in keys]
