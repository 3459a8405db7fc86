"""Pipeline: what becomes of a stream that was left early, by what it had reported until then."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from dialect_exchanges import MESSAGES, events

from pytest_llmcost.capture.recorder import Recorder
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.usage import Provenance
from pytest_llmcost.process.pipeline import Pipeline
from pytest_llmcost.tokens import Counter

ASKED = {"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello you there"}]}
WORDS = "One two three four five six"


def left(stated, *words):
    """Return the profile of a stream of Claude that ends after its start and some words."""
    start = {"type": "message_start", "message": {"model": "claude-sonnet-4-5", "usage": stated}}
    said = [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": word}} for word in words]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=events(start, *said)))
    recorder = Recorder(Sites(str(Path(__file__).parents[2])))
    with watch(recorder), httpx.Client(transport=transport) as client:
        client.post(MESSAGES, json=ASKED)
    (call,) = Pipeline(Counter(), recorder.fault).calls(recorder.rest())
    assert (recorder.faults, call.outcome) == ([], "partial")
    return call.profile


def test_what_a_stream_had_reported_is_kept_and_its_output_is_what_was_read():
    read = left({"input_tokens": 30, "cache_read_input_tokens": 900, "output_tokens": 1}, WORDS)
    assert (read.usage.input_tokens, read.usage.cache_read_tokens) == (930, 900)
    assert 6 <= read.usage.output_tokens <= 9
    assert (read.input_tokens_upper, read.reported_tokens, read.reported_for) == (930, 930, read.counted_tokens)
    assert read.usage_source is Provenance.SCALED


@pytest.mark.parametrize("words", [(), ("One",)])
def test_an_output_that_was_reported_is_the_least_there_is(words):
    read = left({"input_tokens": 30, "output_tokens": 20}, *words)
    assert (read.usage.output_tokens, read.usage_source) == (20, Provenance.SCALED)


def test_a_start_that_reports_no_input_is_no_measure():
    read = left({"input_tokens": 0, "output_tokens": 0}, WORDS)
    assert read.usage.input_tokens == read.counted_tokens > 0
    assert read.reported_tokens is None
    assert read.input_tokens_upper > read.usage.input_tokens
