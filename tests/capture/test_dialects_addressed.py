"""APIs whose addresses end with a name: Cloudflare's Workers AI, Hugging Face's older one, Mistral's conversations."""

from __future__ import annotations

import httpx
import pytest
import requests
import responses
from dialect_exchanges import events, read_reply, read_request, shape

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

ACCOUNT = "https://api.cloudflare.com/client/v4/accounts/abc/ai"
LLAMA = f"{ACCOUNT}/run/@cf/meta/llama-3.1-8b-instruct"
GATEWAY = "https://gateway.ai.cloudflare.com/v1/abc/shop/workers-ai/@cf/meta/llama-3.1-8b-instruct"
OLDER = "https://api-inference.huggingface.co/models/acme/llama"
CONVERSATION = "https://api.mistral.ai/v1/conversations/conv_1"
COUNTS = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
USED = Usage(input_tokens=9, output_tokens=3)
ASKED = {"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Rome?"}]}


@pytest.mark.parametrize("url", [LLAMA, GATEWAY])
def test_workers_ai_names_its_model_in_the_address(url):
    request = read_request(url, {**ASKED, "max_tokens": 5})
    assert (request.provider, request.operation, request.model, request.output_limit) == (
        "cloudflare",
        "chat",
        "@cf/meta/llama-3.1-8b-instruct",
        5,
    )
    assert shape(request) == [("system", "message", "Be brief"), ("user", "message", "Rome?")]
    read = read_reply(url, {"result": {"response": "Yes", "usage": COUNTS}, "success": True, "errors": []})
    assert (read.usage, read.outcome) == (USED, Outcome.OK)


def test_a_stream_of_workers_ai_has_its_usage_at_its_end():
    wire = events({"response": "Y"}, {"response": "es"}, {"response": "", "usage": COUNTS}, "[DONE]")
    read = read_reply(LLAMA, wire)
    assert (read.usage, read.outcome) == (USED, Outcome.OK)
    cut = read_reply(LLAMA, events({"response": "Y", "usage": COUNTS}, {"response": "es"}))
    assert (cut.usage, cut.outcome, cut.text) == (None, Outcome.PARTIAL, "Yes")


def test_workers_ai_embeds_draws_and_fails():
    vectors = {"result": {"shape": [1, 2], "data": [[0.1, 0.2]]}, "success": True}
    embedded = read_request(f"{ACCOUNT}/run/@cf/baai/bge-m3", {"text": ["a", "b"]}, reply=b"")
    assert (embedded.operation, shape(embedded)) == ("embeddings", [("user", "text", "a"), ("user", "text", "b")])
    assert read_reply(f"{ACCOUNT}/run/@cf/baai/bge-m3", vectors, request={"text": "a"}).outcome is Outcome.OK
    drawn = read_request(f"{ACCOUNT}/run/@cf/acme/flux", {"prompt": "A cat"}, reply={"result": {"image": "iVBO"}})
    assert drawn.operation == "image"
    failed = {"result": None, "success": False, "errors": [{"message": "no"}]}
    assert read_reply(LLAMA, failed, status=400, request=ASKED).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        (f"{ACCOUNT}/v1/chat/completions", "cloudflare"),
        ("https://api.cloudflare.com/client/v4/zones/abc/dns_records", "unknown"),
        ("https://gateway.ai.cloudflare.com/v1/abc/shop/workers-ai/v1/chat/completions", "cloudflare"),
        ("https://gateway.ai.cloudflare.com/v1/abc/shop/compat/chat/completions", "unknown"),
    ],
)
def test_cloudflare_is_known_by_its_paths(url, provider):
    assert provider_of(url) == provider


def test_the_older_address_of_hugging_face_is_known_with_its_host_alone():
    request = read_request(OLDER, {"inputs": "Rome?", "parameters": {"max_new_tokens": 7}})
    assert (request.provider, request.model, request.output_limit) == ("huggingface", "acme/llama", 7)
    assert read_reply(OLDER, [{"generated_text": "Yes"}], request={"inputs": "x"}).text == "Yes"
    assert recognise("POST", "https://shop.example/models/acme/llama") is None


def test_what_is_appended_to_a_conversation_is_a_call_and_so_is_a_restart():
    for url in (CONVERSATION, f"{CONVERSATION}/restart"):
        request = read_request(url, {"inputs": "And Oslo?", "stream": False})
        assert (request.provider, request.model, shape(request)) == (
            "mistral",
            None,
            [("history", "option", "kept"), ("user", "message", "And Oslo?")],
        )
        read = read_reply(url, {"outputs": [{"model": "mistral-medium", "content": "Yes"}], "usage": COUNTS})
        assert (read.model, read.usage) == ("mistral-medium", USED)
    assert recognise("POST", "/jobs/1/restart") is None
    assert recognise("POST", "https://api.openai.com/v1/conversations/conv_1") is None


@pytest.mark.parametrize("url", [OLDER, CONVERSATION, LLAMA])
def test_clients_record_them(recorder, url):
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={}))) as client:
        client.post(url, json={"inputs": "Hi"})
    with responses.RequestsMock() as mock:
        mock.post(url, json={})
        requests.post(url, json={"inputs": "Hi"}, timeout=9)
    assert [flight.dialect for flight in recorder.flights()] == [recognise("POST", url)] * 2


def test_the_sdk_of_mistral_goes_on_with_a_conversation(recorder):
    mistral = pytest.importorskip("mistralai.client")
    http = pytest.importorskip("httpx2")
    said = {"object": "conversation.response", "conversation_id": "conv_1", "usage": COUNTS, "outputs": []}
    transport = http.MockTransport(lambda _: http.Response(200, json=said))
    with http.Client(transport=transport) as client:
        sdk = mistral.Mistral(api_key="none", client=client)
        sdk.beta.conversations.start(model="mistral-small-latest", inputs="Rome?")
        sdk.beta.conversations.append(conversation_id="conv_1", inputs="And Oslo?")
    assert [flight.dialect.name for flight in recorder.flights()] == ["mistral-conversations"] * 2
