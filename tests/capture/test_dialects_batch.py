"""Batches: each request inside is a call of its own, at the rate of a batch, and its answer is not known yet."""

from __future__ import annotations

import json

import pytest
from dialect_exchanges import read_all, shape

from pytest_llmcost.core.call import Outcome

HI = [{"role": "user", "content": "Hi"}]
CHAT = {"model": "gpt-4o", "messages": HI}
FILES = "https://api.openai.com/v1/files"
CLAUDES = "https://api.anthropic.com/v1/messages/batches"
GEMINIS = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:batchGenerateContent"
MISTRALS = "https://api.mistral.ai/v1/batch/jobs"


def upload(*lines, purpose="batch"):
    """Return the form that uploads a file of these lines."""
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    head = "--b\r\nContent-Disposition: form-data; name="
    return (
        f'{head}"purpose"\r\n\r\n{purpose}\r\n'
        f'{head}"file"; filename="b.jsonl"\r\nContent-Type: application/octet-stream\r\n\r\n{text}\r\n--b--\r\n'
    ).encode()


def line(body, url="/v1/chat/completions"):
    return {"custom_id": "1", "method": "POST", "url": url, "body": body}


def claude(**more):
    return {"custom_id": "1", "params": {"model": "claude-opus-4-5", "max_tokens": 9, "messages": HI, **more}}


CONTENTS = [{"role": "user", "parts": [{"text": "Hi"}]}]
BATCHES = [
    (
        FILES,
        upload(line(CHAT), line({"model": "gpt-4o-mini", "input": "Hi"}, "/v1/responses")),
        ["gpt-4o", "gpt-4o-mini"],
    ),
    (CLAUDES, {"requests": [claude(), claude(model="claude-haiku-4-5")]}, ["claude-opus-4-5", "claude-haiku-4-5"]),
    (
        GEMINIS,
        {"batch": {"inputConfig": {"requests": {"requests": [{"request": {"contents": CONTENTS}}] * 2}}}},
        ["gemini-2.5-flash"] * 2,
    ),
    (
        MISTRALS,
        {"model": "mistral-small", "endpoint": "/v1/chat/completions", "requests": [{"body": {"messages": HI}}] * 2},
        ["mistral-small"] * 2,
    ),
]


BATCHES += [(f"{url}?beta=true&at=1:2", body, models) for url, body, models in BATCHES]


@pytest.mark.parametrize(("url", "body", "models"), BATCHES)
def test_each_request_of_a_batch_is_a_call_at_the_rate_of_a_batch(url, body, models):
    calls = read_all(url, body, {"id": "batch_1"})
    assert [request.model for request, _ in calls] == models
    for request, reply in calls:
        assert [part for part in shape(request) if part[2] == "Hi"]
        assert request.service_tier == "batch"
        assert (reply.service_tier, reply.usage, reply.outcome) == (None, None, Outcome.PARTIAL)
        assert reply.note == "sent in a batch: its output comes later and is not in this figure"


def test_a_request_that_must_stay_in_a_region_stays_there_in_a_batch():
    ((request, _),) = read_all(CLAUDES, {"requests": [claude(inference_geo="us")]}, {"id": "batch_1"})
    assert request.service_tier == "regional batch"


@pytest.mark.parametrize(("url", "body", "models"), BATCHES)
@pytest.mark.parametrize(("status", "outcome"), [(400, Outcome.REFUSED), (500, Outcome.ERROR)])
def test_a_batch_that_was_not_taken_is_refused_as_a_whole(url, body, models, status, outcome):
    calls = read_all(url, body, {"error": {"message": "no"}}, status=status)
    assert [reply.outcome for _, reply in calls] == [outcome] * len(models)


def test_who_answers_is_whoever_took_the_batch():
    (call,) = read_all("https://api.mistral.ai/v1/files", upload(line({"model": "m", "messages": HI})), {})
    assert call[0].provider == "mistral"


def test_embeddings_in_a_batch_stay_embeddings():
    ((request, _),) = read_all(FILES, upload(line({"model": "e", "input": "Hi"}, "/v1/embeddings")), {})
    assert (request.operation, request.service_tier) == ("embeddings", "batch")


def test_a_line_that_cannot_be_read_leaves_the_others():
    calls = read_all(FILES, upload("{broken", line(CHAT), "", "[1]", line("x"), line(CHAT, "/v1/files")), {})
    assert [request.model for request, _ in calls] == ["gpt-4o"]


@pytest.mark.parametrize("purpose", ["assistants", "fine-tune", "vision"])
def test_a_file_for_anything_else_is_no_call(purpose):
    assert read_all(FILES, upload(line(CHAT), purpose=purpose), {}) == []


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (CLAUDES, {"requests": []}),
        (CLAUDES, None),
        (MISTRALS, {"model": "mistral-small", "endpoint": "/v1/chat/completions", "input_files": ["1"]}),
        (FILES, None),
    ],
)
def test_a_batch_whose_requests_are_elsewhere_is_no_call_here(url, body):
    assert read_all(url, body, {}) == []
