"""Outputs of live calls are compared with their noise: the provider's address leads to a server on this machine."""

import pytest

APP = '''
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


class Handler(BaseHTTPRequestHandler):
    """Answers with as many tokens as the prompt asks for."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        sent, generated = json.loads(body["messages"][0]["content"])
        usage = {"prompt_tokens": sent, "completion_tokens": generated, "total_tokens": sent + generated}
        message = {"role": "assistant", "content": "Hi"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        reply = {"id": "1", "object": "chat.completion", "model": "gpt-4", "choices": [choice], "usage": usage}
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(reply).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve("127.0.0.1", *rest, **more)
client = httpx.Client(trust_env=False)
URL = f"http://api.openai.com:{server.server_address[1]}/v1/chat/completions"


def ask(sent, generated):
    prompt = json.dumps([sent, generated])
    client.post(URL, json={"model": "gpt-4", "messages": [{"role": "user", "content": prompt}]})
'''
TESTS = """
    import pytest
    from app import ask

    @pytest.mark.parametrize("number", range(6))
    def test_it(number):
        ask({sent}, [{generated}][number])
"""
FEATURES = """
    [tool.llmcost.features.chat]
    tests = ["test_it.py"]
    requests_per_month = 1_000_000
"""


@pytest.fixture
def known(project):
    """The project with a baseline of six live calls of 100 tokens in and 10 out: $120.00 a month."""
    project.configure(FEATURES)
    project.write("app.py", APP)
    project.write("test_it.py", TESTS.format(sent=100, generated="10, 10, 10, 10, 10, 10"))
    assert project.update().json["totals"]["network_calls"] == 6
    return project


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_a_longer_answer_within_noise_is_no_regression(known, mode):
    known.write("test_it.py", TESTS.format(sent=100, generated="10, 10, 10, 70, 10, 10"))
    ran = known.cost(*mode)
    assert (ran.status, ran.rules()) == (0, ["noise"])
    assert ran.json["comparison"]["monthly_after_usd"] == "140"
    assert ran.line("NOTICE noise chat:", "outputs of live calls moved +$20.00 a month, within noise", "over 6 tests")


def test_answers_that_are_all_longer_and_a_longer_prompt_are_regressions(known):
    known.write("test_it.py", TESTS.format(sent=100, generated="20, 21, 22, 23, 24, 25"))
    ran = known.cost()
    assert (ran.status, ran.rules()) == (1, ["regression", "noise"])
    known.write("test_it.py", TESTS.format(sent=130, generated="10, 10, 10, 70, 10, 10"))
    ran = known.cost()
    assert (ran.status, ran.rules()) == (1, ["regression", "noise"])
    assert "$120.00 → $150.00 a month (+25%)" in ran.finding("regression")["message"]
