"""The workload that bench/run.py times: bare httpx or httpx2 on a transport that answers at once.

Read from the environment: BENCH_HTTP (httpx or httpx2), BENCH_TESTS, BENCH_CALLS (per test), BENCH_CHUNKS (0: whole
bodies), BENCH_OUT (a JSON file for the figures).
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import time
from importlib import import_module
from pathlib import Path

import pydantic  # noqa: F401 - the SDKs bring it anyway, so its import is not ours
import pytest

LIBRARY = import_module(os.environ.get("BENCH_HTTP", "httpx"))
TESTS = int(os.environ.get("BENCH_TESTS", "50"))
CALLS = int(os.environ.get("BENCH_CALLS", "100"))
CHUNKS = int(os.environ.get("BENCH_CHUNKS", "0"))
URL = "https://api.openai.com/v1/chat/completions"
DISTINCT = 500
SYSTEM = "You answer questions about parcels. Name the parcel, say where it is, and never guess a delivery date. " * 12
QUESTION = (
    "Parcel {number} left Porto on Monday and has not moved since. Is it lost, and what can the sender do about it?"
)
PROMPT_TOKENS = 302
"""Of system and question, by the encoding of gpt-4o-mini: the replies fit their requests."""
ANSWER = (
    "The parcel is in the sorting centre. It has not moved since Monday, so ask the carrier to open an inquiry. " * 4
)


def usage(number: int) -> dict[str, object]:
    given, made = PROMPT_TOKENS + number % 7, 60 + number % 31
    cached = {"cached_tokens": 128 if number % 4 == 0 else 0}
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": cached,
    }


def whole(number: int) -> bytes:
    message = {"role": "assistant", "content": f"{ANSWER}{number}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    reply = {"id": f"chatcmpl-{number}", "model": "gpt-4o-mini-2024-07-18", "choices": [choice], "usage": usage(number)}
    return json.dumps(reply).encode()


def streamed(number: int) -> list[bytes]:
    def event(**fields: object) -> bytes:
        reply = {"id": f"chatcmpl-{number}", "model": "gpt-4o-mini-2024-07-18", **fields}
        return b"data: " + json.dumps(reply).encode() + b"\n\n"

    deltas = [event(choices=[{"index": 0, "delta": {"content": "word "}}], usage=None) for _ in range(CHUNKS - 2)]
    return [*deltas, event(choices=[], usage=usage(number)), b"data: [DONE]\n\n"]


@pytest.fixture(scope="session")
def client():
    replies = [streamed(n) if CHUNKS else whole(n) for n in range(DISTINCT)]
    numbers = itertools.count()
    kind = "text/event-stream" if CHUNKS else "application/json"

    def answer(request):
        reply = replies[next(numbers) % DISTINCT]
        return LIBRARY.Response(200, headers={"content-type": kind}, content=iter(reply) if CHUNKS else reply)

    with LIBRARY.Client(transport=LIBRARY.MockTransport(answer)) as client:
        yield client


SPENT: list[float] = []
FIRST: list[float] = []


@pytest.mark.parametrize("number", range(TESTS))
def test_calls(number, client):
    FIRST.append(time.process_time())
    begun = time.process_time()
    for call in range(CALLS):
        body = {
            "model": "gpt-4o-mini",
            "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": QUESTION.format(number=number * CALLS + call)},
            ],
        }
        if CHUNKS:
            with client.stream("POST", URL, json=body) as response:
                for _ in response.iter_raw():
                    pass
        else:
            client.post(URL, json=body)
    SPENT.append(time.process_time() - begun)


def figures() -> dict[str, float]:
    kept = SPENT[2:] or SPENT
    return {
        "first_test_ms": FIRST[0] * 1e3,
        "call_us": sorted(kept)[len(kept) // 2] / CALLS * 1e6,
        "total_us": time.process_time() / (TESTS * CALLS) * 1e6,
        "after_ms": (time.process_time() - FIRST[0] - sum(SPENT)) * 1e3,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def write_figures() -> None:
    Path(os.environ["BENCH_OUT"]).write_text(json.dumps(figures()), encoding="utf-8")
