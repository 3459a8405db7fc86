"""A suite whose calls name, as their model, the test and phase that must be charged, and pytest run on it."""

from __future__ import annotations

import json

import pytest

CALLS = """
import asyncio, threading, unittest
from concurrent.futures import ThreadPoolExecutor
import httpx2, pytest

def answer(request):
    message = {"message": {"content": "x"}, "finish_reason": "stop"}
    return httpx2.Response(200, json={"choices": [message], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})

def body(who):
    return {"model": who, "messages": [{"role": "user", "content": "Hello"}]}

def call(who):
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        client.post("https://api.openai.com/v1/chat/completions", json=body(who))

async def acall(who):
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        await client.post("https://api.openai.com/v1/chat/completions", json=body(who))
"""


def charged(pytester, suite, *options, passed):
    """Run a suite; return the owner of each call, as (what it should be, what it is)."""
    pytest.importorskip("httpx2")
    pytester.makepyfile(test_it=CALLS + suite)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json", "--llmcost-report=none", *options
    )
    result.assert_outcomes(**passed)
    run = json.loads((pytester.path / "llmcost.json").read_text(encoding="utf-8"))
    assert not [finding for finding in run.get("findings", []) if finding["rule"] == "internal"]
    return [
        (call["requested_model"], f"{(call['test'] or '-').rpartition('::')[2]} {call['phase']}")
        for call in run["calls"]
    ]


def check(pairs, count):
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert len(pairs) == count
