"""Requests as the providers' own SDKs send them, and replies as they accept them."""

from __future__ import annotations

import pytest
from dialect_exchanges import as_bytes, shape

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.exchange import Exchange

httpx2 = pytest.importorskip("httpx2")


class Wire:
    """A transport that answers with one JSON value and decodes what passed."""

    def __init__(self, answer):
        self.answer = answer
        self.seen = []

    def client(self):
        return httpx2.Client(transport=httpx2.MockTransport(self.handle))

    def handle(self, request):
        reply = as_bytes(self.answer)
        self.seen.append(
            Exchange(
                method=request.method,
                url=str(request.url),
                request=request.content,
                request_encoding=request.headers.get("content-encoding"),
                status=200,
                reply=reply,
                reply_headers={},
            )
        )
        return httpx2.Response(200, content=reply, headers={"content-type": "application/json"})

    def decoded(self):
        (seen,) = self.seen
        dialect = recognise(seen.method, seen.url)
        request = dialect.request(seen)
        return request, dialect.reply(seen, request)


def test_the_openai_sdk_is_understood():
    openai = pytest.importorskip("openai", minversion="3")
    message = {"role": "assistant", "content": "Hi"}
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
    wire = Wire({"id": "x", "object": "chat.completion", "created": 1, "model": "gpt-4o", "usage": usage,
                 "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})  # fmt: skip
    with wire.client() as client:
        sdk = openai.OpenAI(api_key="none", http_client=client)
        answer = sdk.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hello é"}])
    request, reply = wire.decoded()
    assert (request.provider, request.model, shape(request)) == ("openai", "gpt-4o", [("user", "message", "Hello é")])
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (answer.usage.prompt_tokens, 1)


def test_the_anthropic_sdk_is_understood():
    anthropic = pytest.importorskip("anthropic", minversion="2")
    usage = {"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 0}
    wire = Wire({"id": "x", "type": "message", "role": "assistant", "model": "claude-next", "usage": usage,
                 "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"})  # fmt: skip
    with wire.client() as client:
        sdk = anthropic.Anthropic(api_key="none", http_client=client)
        sdk.messages.create(
            model="claude-next", max_tokens=5, system="Be brief.", messages=[{"role": "user", "content": "Hello"}]
        )
    request, reply = wire.decoded()
    assert (request.provider, request.model) == ("anthropic", "claude-next")
    assert shape(request) == [("system", "text", "Be brief."), ("user", "message", "Hello")]
    assert reply.usage.input_tokens == 14


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK's own imports
def test_the_google_sdk_is_understood():
    genai = pytest.importorskip("google.genai")
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 1, "thoughtsTokenCount": 4}
    wire = Wire(
        {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}], "usageMetadata": usage}
    )
    types = genai.types
    image = types.Part.from_bytes(data=b"\xfb\xff\xfe", mime_type="image/png")
    with wire.client() as client:
        sdk = genai.Client(api_key="none", http_options=types.HttpOptions(httpx_client=client))
        sdk.models.generate_content(
            model="gemini-2.5-flash",
            contents=["Hello", image],
            config=types.GenerateContentConfig(system_instruction="Be brief."),
        )
    request, reply = wire.decoded()
    assert (request.provider, request.model) == ("google", "gemini-2.5-flash")
    assert shape(request) == [("system", "text", "Be brief."), ("user", "message", "Hello"), ("media", "image", "")]
    assert request.parts[-1].data == b"\xfb\xff\xfe"
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (9, 5)
