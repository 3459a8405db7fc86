"""How a call ended, by its protocol."""

from __future__ import annotations

import pytest
from dialect_exchanges import CHAT, GEMINI, MESSAGES, RESPONSES, events, read_reply

from pytest_llmcost.core.call import Outcome

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
EVERYWHERE = pytest.mark.parametrize("url", [CHAT, RESPONSES, MESSAGES, GEMINI, "https://api.openai.com/v1/embeddings"])


@EVERYWHERE
@pytest.mark.parametrize("status", [400, 401, 404, 429])
def test_a_refusal_costs_nothing(url, status):
    reply = read_reply(url, {"error": {"message": "no"}}, status=status)
    assert (reply.outcome, reply.usage) == (Outcome.REFUSED, None)


@EVERYWHERE
def test_a_failing_server_is_an_error(url):
    assert read_reply(url, {"error": {"message": "no"}}, status=503).outcome is Outcome.ERROR
    assert read_reply(url, b"<html>bad gateway</html>", status=502).outcome is Outcome.ERROR


@EVERYWHERE
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("ConnectError", Outcome.REFUSED),
        ("ConnectTimeout", Outcome.REFUSED),
        ("PoolTimeout", Outcome.REFUSED),
        ("ReadTimeout", Outcome.ERROR),
        ("RemoteProtocolError", Outcome.ERROR),
    ],
)
def test_without_a_reply_only_a_call_never_sent_costs_nothing(url, error, outcome):
    assert read_reply(url, b"", status=None, error=error).outcome is outcome


def test_a_refusal_with_usage_is_no_refusal():
    reply = read_reply(CHAT, {"error": {"message": "filtered"}, "usage": USAGE}, status=400)
    assert reply.outcome is Outcome.ERROR
    assert reply.usage is not None


@EVERYWHERE
@pytest.mark.parametrize("body", [b"", b"{", b"null", b"OK", b"\xff\xfe", b'{"usage": {"prompt_tokens": 3'])
def test_a_reply_that_cannot_be_read_is_an_error_or_partial(url, body):
    assert read_reply(url, body).outcome is Outcome.ERROR
    assert read_reply(url, body, complete=False).outcome is Outcome.PARTIAL
    assert read_reply(url, body).usage is None


def test_a_stream_of_comments_alone_is_partial():
    assert read_reply(CHAT, b": PROCESSING\n\n: PROCESSING\n\n", stream=True).outcome is Outcome.PARTIAL


def test_an_object_with_an_error_inside_a_200_is_an_error():
    assert read_reply(CHAT, {"error": {"message": "upstream", "code": 502}}).outcome is Outcome.ERROR


def test_an_error_inside_a_stream_keeps_the_usage_that_was_seen():
    body = events({"choices": [], "usage": USAGE}, {"error": {"code": 500}}, "[DONE]")
    reply = read_reply(CHAT, body, stream=True)
    assert reply.outcome is Outcome.ERROR
    assert reply.usage is not None
    assert reply.usage.input_tokens == 3


def test_a_stream_read_to_its_done_marker_is_whole_even_when_the_transport_was_closed():
    body = events({"model": "m", "choices": [], "usage": USAGE}, "[DONE]")
    assert read_reply(CHAT, body, stream=True, complete=False).outcome is Outcome.OK


def test_usage_after_a_finish_reason_ends_a_stream_without_a_done_marker():
    body = events({"choices": [{"finish_reason": "stop", "delta": {}}], "usage": USAGE})
    assert read_reply(CHAT, body, stream=True, complete=False).outcome is Outcome.OK


def test_a_finish_reason_without_usage_leaves_a_closed_stream_partial():
    body = events({"choices": [{"finish_reason": "stop", "delta": {"content": "hi"}}]})
    assert read_reply(CHAT, body, stream=True, complete=False).outcome is Outcome.PARTIAL
    assert read_reply(CHAT, body, stream=True).outcome is Outcome.OK


def test_running_usage_of_a_cut_stream_is_not_taken_for_the_whole():
    body = events(*({"model": "m", "choices": [{"delta": {"content": w}}], "usage": USAGE} for w in "ab"))
    reply = read_reply(CHAT, body, stream=True, complete=False)
    assert (reply.outcome, reply.usage, reply.text, reply.model) == (Outcome.PARTIAL, None, "ab", "m")
    assert (reply.so_far.input_tokens, reply.so_far.output_tokens) == (
        USAGE["prompt_tokens"],
        USAGE["completion_tokens"],
    )
