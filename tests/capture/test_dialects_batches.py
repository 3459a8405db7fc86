"""The requests inside a submitted batch: each is a call, at the batch rate, without its output."""

from __future__ import annotations

import json

import pytest
from dialect_exchanges import exchange

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.core.call import Outcome

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Rome?"}], "max_tokens": 5}
EMBED = {"model": "text-embedding-3-small", "input": ["Rome"]}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Rome?"}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "Rome?"}]}]}
FILES = "https://api.openai.com/v1/files"
BATCHES = "https://api.anthropic.com/v1/messages/batches"


def line(body, url="/v1/chat/completions"):
    return json.dumps({"custom_id": "1", "method": "POST", "url": url, "body": body})


def upload(*lines, purpose="batch"):
    """Return a form as requests sends it."""
    text = "\n".join(lines)
    return (
        f'--x1\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n'
        f'--x1\r\nContent-Disposition: form-data; name="file"; filename="in.jsonl"\r\n'
        f"Content-Type: application/jsonl\r\n\r\n{text}\r\n--x1--\r\n"
    ).encode()


def read(url, body, **more):
    return list(recognise("POST", url).read(exchange(url, body, {"id": "1"}, **more)))


def test_each_line_of_an_uploaded_file_is_a_call_at_the_batch_rate():
    (chat, answer), (embedding, _) = read(FILES, upload(line(CHAT), line(EMBED, "/v1/embeddings")))
    assert (chat.provider, chat.model, chat.operation, chat.service_tier) == ("openai", "gpt-4o-mini", "chat", "batch")
    assert (chat.output_limit, [part.text for part in chat.parts]) == (5, ["Rome?"])
    assert (embedding.model, embedding.operation) == ("text-embedding-3-small", "embeddings")
    assert (answer.usage, answer.outcome, answer.service_tier) == (None, Outcome.PARTIAL, None)
    assert "output comes later" in answer.note


def test_a_file_for_anything_else_is_no_call():
    assert read(FILES, upload(line(CHAT), purpose="fine-tune")) == []
    assert read(FILES, {"purpose": "batch"}) == []
    assert read(FILES, None) == []


def test_lines_that_cannot_be_read_are_left_out():
    found = read(FILES, upload("{", "", "[1]", line(CHAT), line({"no": "model"}), line(CHAT, "/v1/other")))
    assert [request.model for request, _ in found] == ["gpt-4o-mini"]


def test_a_line_without_a_path_is_a_chat():
    ((request, _),) = read("https://api.mistral.ai/v1/files", upload(json.dumps({"custom_id": "1", "body": CHAT})))
    assert (request.provider, request.operation) == ("mistral", "chat")


def test_anthropic_has_its_requests_in_the_body():
    found = read(BATCHES, {"requests": [{"custom_id": "1", "params": CLAUDE}, {"params": CLAUDE}, {"params": 1}]})
    assert [(one.provider, one.model, one.service_tier) for one, _ in found] == [
        ("anthropic", "claude-sonnet-4-5", "batch")
    ] * 2


@pytest.mark.parametrize(
    "batch",
    [
        {"input_config": {"requests": {"requests": [{"request": GEMINI}]}}},
        {"inputConfig": {"requests": [{"request": GEMINI}]}},
    ],
)
def test_gemini_has_the_model_in_the_address(batch):
    url = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:batchGenerateContent"
    ((request, answer),) = read(url, {"batch": batch})
    assert (request.provider, request.model, request.service_tier) == ("google", "gemini-2.5-flash", "batch")
    assert answer.outcome is Outcome.PARTIAL


def test_mistral_has_the_model_in_the_job():
    body = {"messages": CHAT["messages"]}
    job = {"endpoint": "/v1/chat/completions", "model": "mistral-small-latest", "requests": [{"body": body}]}
    ((request, _),) = read("https://api.mistral.ai/v1/batch/jobs", job)
    assert (request.provider, request.model, request.service_tier) == ("mistral", "mistral-small-latest", "batch")


def test_a_refused_batch_is_refused_in_all_its_requests():
    found = read(BATCHES, {"requests": [{"params": CLAUDE}]}, status=400)
    assert [answer.outcome for _, answer in found] == [Outcome.REFUSED]


@pytest.mark.parametrize("key", ["fileName", "file_name"])
def test_a_batch_of_gemini_in_a_file_is_a_call_that_says_so(key):
    url = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:batchGenerateContent"
    ((request, answer),) = read(url, {"batch": {"inputConfig": {key: "files/1"}}})
    assert (request.provider, request.model, request.service_tier) == ("google", "gemini-2.5-flash", "batch")
    assert (answer.outcome, answer.note) == (
        Outcome.PARTIAL,
        "sent in a batch, by an uploaded file: its tokens are not in this figure",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/batches/batch_1"),
        ("GET", "/v1/files/file-1/content"),
        ("GET", "/v1/messages/batches/msgbatch_1/results"),
        ("GET", "/v1/messages/batches/msgbatch_1"),
        ("POST", "/v1/messages/batches/msgbatch_1/cancel"),
        ("GET", "/v1beta/batches/1"),
        ("GET", "/v1/batch/jobs/1"),
    ],
)
def test_reading_a_batch_back_is_no_call_so_that_nothing_counts_twice(method, path):
    assert recognise(method, path) is None
