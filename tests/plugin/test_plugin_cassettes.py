"""A cassette's usage belongs to the prompt that it was recorded with: a longer prompt must show all the same."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("vcr")

SERVED = """
import os

import {library}
import vcr

PROMPT = open("prompt.txt", encoding="utf-8").read()


@vcr.use_cassette("cassette.yaml", record_mode=os.environ["CASSETTE"])
def test_an_answer():
    body = {{
        "model": "gpt-4o",
        "messages": [{{"role": "system", "content": PROMPT}}, {{"role": "user", "content": "Where is my parcel?"}}],
    }}
    reply = {library}.post(os.environ["SERVER"] + "/v1/chat/completions", json=body)
    assert reply.json()["choices"]
"""

CONFIGURATION = """
[tool.llmcost.features.support]
tests = ["test_served.py"]
requests_per_month = 100_000

[tool.llmcost.prices."gpt-4o"]
input = 2.50
output = 10.00
"""

SENTENCE = " Always answer in the language of the customer, and never promise a date."
TOKENS_OF_SENTENCE = 15
"""By o200k_base."""


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        usage = {"prompt_tokens": self.server.prompt_tokens, "completion_tokens": 20}
        message = {"role": "assistant", "content": "It is on its way."}
        reply = {"model": "gpt-4o-2024-08-06", "choices": [{"index": 0, "message": message}], "usage": usage}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("SERVER", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()


@pytest.mark.parametrize("library", ["httpx", "httpx2", "requests"])
def test_a_longer_prompt_on_an_old_cassette_turns_the_run_red_by_what_it_costs(project, server, monkeypatch, library):
    pytest.importorskip(library)
    project.configure(CONFIGURATION, prices="")
    project.write("test_served.py", SERVED.format(library=library))
    project.write("prompt.txt", "You help with parcels." + SENTENCE * 20)
    server.prompt_tokens = 20 * TOKENS_OF_SENTENCE + 20
    monkeypatch.setenv("CASSETTE", "once")
    recorded = project.run("--llmcost", "--llmcost-update-baseline")
    assert recorded.status == 0
    assert [call["origin"] for call in recorded.json["calls"]] == ["local"]

    monkeypatch.setenv("CASSETTE", "none")
    same = project.run("--llmcost")
    assert same.status == 0
    assert [(call["origin"], call["usage_source"]) for call in same.json["calls"]] == [("replayed", "reported")]

    project.write("prompt.txt", "You help with parcels." + SENTENCE * 56)
    longer = project.run("--llmcost")
    grown = 36 * TOKENS_OF_SENTENCE
    worth = Decimal(grown) * 100_000 * Decimal("2.50") / 1_000_000
    change = longer.json["comparison"]["features"][0]
    difference = Decimal(change["after_usd"]) - Decimal(change["before_usd"])
    assert longer.status == 1
    assert abs(difference - worth) <= worth * Decimal("0.02")
    assert [call["usage_source"] for call in longer.json["calls"]] == ["adjusted"]
    line = longer.line("ERROR regression", "`support`")
    assert "`support` $100.00 → $234.50" in line
    assert longer.has(
        "NOTICE stale-reply", "renew the recordings of", f"; the replies are of `cassette.yaml` (+{grown})"
    )
