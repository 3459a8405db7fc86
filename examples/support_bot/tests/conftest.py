"""Recorded replies, served through the SDKs' own HTTP clients: the tests need no key and no network."""

import importlib
import json
from pathlib import Path

import anthropic
import openai
import pytest

HERE = Path(__file__).parent


class Recording:
    """Answers each request with the next recorded reply, then goes on with the last one; keeps what was sent."""

    def __init__(self, name):
        self.replies = json.loads((HERE / "recordings" / f"{name}.json").read_text(encoding="utf-8"))
        self.sent = []

    def transport(self, sdk):
        # httpx2 in current SDKs, httpx in older ones.
        http = importlib.import_module(sdk.DefaultHttpxClient.__base__.__module__.partition(".")[0])

        def reply(request):
            self.sent.append(json.loads(request.content))
            recorded = self.replies[min(len(self.sent), len(self.replies)) - 1]
            body = recorded["body"] if isinstance(recorded["body"], str) else json.dumps(recorded["body"])
            return http.Response(recorded["status"], headers=recorded["headers"], content=body.encode())

        return http.MockTransport(reply)

    def openai(self):
        http_client = openai.DefaultHttpxClient(transport=self.transport(openai))
        return openai.OpenAI(api_key="test", max_retries=0, http_client=http_client)

    def async_anthropic(self):
        http_client = anthropic.DefaultAsyncHttpxClient(transport=self.transport(anthropic))
        return anthropic.AsyncAnthropic(api_key="test", max_retries=0, http_client=http_client)


@pytest.fixture
def recording():
    """Opens a recording by name; at the end of the test all its replies must have been used."""
    opened = []

    def open_recording(name):
        opened.append(Recording(name))
        return opened[-1]

    yield open_recording
    assert all(len(each.sent) >= len(each.replies) for each in opened)


@pytest.fixture
def conversation():
    """Loads a saved conversation by name."""
    return lambda name: json.loads((HERE / "conversations" / f"{name}.json").read_text(encoding="utf-8"))
