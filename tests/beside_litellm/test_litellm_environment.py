"""With litellm, and so with openai 2 on httpx: every call is seen exactly once, with the usage of its reply.

Runs in an environment of its own: litellm and current openai exclude each other.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

if importlib.util.find_spec("litellm") is None:
    pytest.skip("litellm is not installed", allow_module_level=True)

TESTS = """
import asyncio, json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx, litellm, openai, pytest

USAGE = {"prompt_tokens": 1200, "completion_tokens": 34, "total_tokens": 1234,
         "prompt_tokens_details": {"cached_tokens": 1024}}
HEAD = {"id": "chatcmpl-1", "created": 1780305246, "model": "gpt-4o-mini-2024-07-18"}
REPLY = {**HEAD, "object": "chat.completion", "usage": USAGE, "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
CHUNKS = [
    {**HEAD, "object": "chat.completion.chunk", "choices": [
        {"index": 0, "delta": {"role": "assistant", "content": "Hello"}, "finish_reason": None}]},
    {**HEAD, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {**HEAD, "object": "chat.completion.chunk", "choices": [], "usage": USAGE},
]
STREAM = "".join(f"data: {json.dumps(chunk)}\\n\\n" for chunk in CHUNKS) + "data: [DONE]\\n\\n"
QUESTION = [{"role": "user", "content": "Hi"}]


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        stream = request.get("stream", False)
        body = (STREAM if stream else json.dumps(REPLY)).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def provider():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"api_base": f"http://127.0.0.1:{server.server_port}/v1", "api_key": "test"}
    server.shutdown()
    server.server_close()


def test_completion(provider):
    reply = litellm.completion(model="openai/gpt-4o-mini", messages=QUESTION, **provider)
    assert reply.usage.prompt_tokens == 1200


def test_stream(provider):
    options = {"stream": True, "stream_options": {"include_usage": True}}
    assert len(list(litellm.completion(model="openai/gpt-4o-mini", messages=QUESTION, **options, **provider))) > 1


def test_async(provider):
    asyncio.run(litellm.acompletion(model="openai/gpt-4o-mini", messages=QUESTION, **provider))


def mocked(request):
    return httpx.Response(200, json=REPLY)


def test_openai_on_httpx():
    client = openai.OpenAI(api_key="test", http_client=httpx.Client(transport=httpx.MockTransport(mocked)))
    client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)


def test_async_openai_on_httpx():
    async def ask():
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(mocked))
        async with openai.AsyncOpenAI(api_key="test", http_client=http_client) as client:
            await client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    asyncio.run(ask())
"""
LIVE = ("test_completion", "test_stream", "test_async")
MOCKED = ("test_openai_on_httpx", "test_async_openai_on_httpx")


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """The calls of one run, by test; litellm takes long to import, so there is only one."""
    folder = tmp_path_factory.mktemp("litellm")
    (folder / "test_calls.py").write_text(TESTS, encoding="utf-8")
    # Otherwise litellm fetches its list of prices when it is imported.
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json"]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, list[dict[str, object]]] = {}
    for call in json.loads((folder / "llmcost.json").read_text(encoding="utf-8"))["calls"]:
        found.setdefault(str(call["test"]).rpartition("::")[2], []).append(call)
    return found


def test_openai_here_is_on_httpx():
    import openai

    assert openai.DefaultHttpxClient.__base__.__module__.partition(".")[0] == "httpx"


def test_nothing_else_was_seen(calls):
    assert sorted(calls) == sorted(LIVE + MOCKED)


@pytest.mark.parametrize("name", LIVE + MOCKED)
def test_a_call_is_seen_once_with_the_usage_of_its_reply(name, calls):
    (call,) = calls[name]
    assert call["usage_source"] == "reported"
    usage = {key: call["usage"][key] for key in ("input_tokens", "output_tokens", "cache_read_tokens")}
    assert usage == {"input_tokens": 1200, "output_tokens": 34, "cache_read_tokens": 1024}
    assert call["model"] == "gpt-4o-mini-2024-07-18"
    assert call["outcome"] == "ok"
    assert call["stream"] == (name == "test_stream")


@pytest.mark.parametrize("name", ["test_completion", "test_stream", "test_async", *MOCKED])
def test_only_what_reached_a_socket_is_local(name, calls):
    assert calls[name][0]["origin"] == ("local" if name in LIVE else "replayed")
