"""Amazon's event streams."""

from __future__ import annotations

import json
import struct
from zlib import crc32

import pytest
from bedrock_streams import binary, chunk, event, framed, header, lines
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmcost.capture.dialects import eventstream

EVENTS = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "Grüße"}, "contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
]
FORMS = pytest.mark.parametrize("form", [binary, lines])
NAMES = st.text("abcXYZ-", min_size=1, max_size=9)
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
VALUES = st.dictionaries(NAMES, st.none() | st.integers() | st.text(), max_size=3)


@FORMS
def test_both_forms_hold_the_same_events(form):
    assert list(eventstream.events(form(*EVENTS))) == EVENTS
    assert eventstream.looks_like(form(*EVENTS))


@FORMS
@CALM
@given(sent=st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_what_is_encoded_is_read_again(form, sent):
    events = [{name: value} for name, value in sent]
    assert list(eventstream.events(form(*events))) == events


@FORMS
def test_a_stream_cut_at_any_byte_has_the_events_before_the_cut(form):
    body = form(*EVENTS)
    ends = [len(form(*EVENTS[:count])) for count in range(1, 4)]
    for cut in range(len(body)):
        found = list(eventstream.events(body[:cut]))
        # A last line without its end is whole.
        assert found == EVENTS[: sum(end <= cut + (form is lines) for end in ends)]


@CALM
@given(at=st.integers(0, len(binary(*EVENTS)) - 1), flip=st.integers(1, 255))
def test_a_damaged_byte_ends_a_stream_before_its_message(at, flip):
    body = bytearray(binary(*EVENTS))
    body[at] ^= flip
    assert list(eventstream.events(bytes(body))) == EVENTS[: sum(at >= len(binary(*EVENTS[:n])) for n in (1, 2, 3))]


@CALM
@given(st.binary(max_size=60))
def test_no_bytes_raise(raw):
    assert list(eventstream.events(raw)) == [] or raw.lstrip().startswith(b"{")
    assert list(eventstream.messages(framed(raw, b"{}"))) != []
    list(eventstream.chunks(raw))


@CALM
@given(st.binary(max_size=40))
def test_no_length_that_a_message_states_is_believed(rest):
    start = struct.pack(">II", 16, 900)
    body = start + struct.pack(">I", crc32(start)) + rest
    assert list(eventstream.messages(body)) == []


def test_a_damaged_prelude_ends_a_stream_whatever_the_other_checksum_says():
    body = bytearray(binary(*EVENTS[:1]))
    body[8] ^= 1
    body[-4:] = struct.pack(">I", crc32(body[:-4]))
    assert list(eventstream.events(bytes(body))) == []


def test_a_stream_may_begin_with_an_empty_reply():
    assert eventstream.looks_like(event("initial-response", {}) + binary(*EVENTS))


def test_headers_of_every_type_are_passed_over():
    others = [(0, b""), (1, b""), (2, b"x"), (3, b"xx"), (4, b"x" * 4), (5, b"x" * 8), (8, b"x" * 8), (9, b"x" * 16)]
    raw = b"".join(b"\x01h" + bytes([kind]) + value for kind, value in others)
    raw += b"\x01b\x06" + struct.pack(">H", 3) + b"xyz" + header(":event-type", "metadata")
    [message] = eventstream.messages(framed(raw, b"{}"))
    assert message.headers == {":event-type": "metadata"}


def test_a_header_of_a_type_that_nobody_knows_leaves_those_before_it():
    [message] = eventstream.messages(framed(header("a", "b") + b"\x01h\x2a" + header("c", "d"), b""))
    assert message.headers == {"a": "b"}


@FORMS
def test_an_exception_is_an_event_that_has_failed(form):
    body = form({"throttlingException": {"message": "Too many"}})
    [found] = eventstream.events(body)
    assert (found, eventstream.is_failed(found)) == ({"throttlingException": {"message": "Too many"}}, True)
    assert not any(map(eventstream.is_failed, EVENTS))


def test_an_error_without_a_type_is_told_by_its_headers():
    headers = header(":message-type", "error") + header(":error-code", "Internal") + header(":error-message", "Oh")
    [found] = eventstream.events(framed(headers, b""))
    assert found == {"error": {"code": "Internal", "message": "Oh"}}
    assert eventstream.is_failed(found)


@FORMS
def test_chunks_are_what_their_base64_holds(form):
    body = form(chunk({"a": 1}), {"chunk": {"bytes": "%%%="}}, {"chunk": {}}, chunk({"b": 2}))
    assert [json.loads(piece) for piece in eventstream.chunks(body) if piece] == [{"a": 1}, {"b": 2}]


def test_what_a_client_adds_to_an_event_is_left_out():
    assert list(eventstream.events(lines({"messageStop": {}, "ResponseMetadata": {}}))) == [{"messageStop": {}}]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"message": "no"}', b'{\n  "message": "no"\n}', b"null", b"[1]"])
def test_an_object_that_refuses_a_call_is_no_stream(body):
    assert not eventstream.looks_like(body)


def test_an_event_whose_payload_is_no_json_has_none():
    raw = framed(header(":event-type", "metadata") + header(":message-type", "event"), b"{broken")
    assert list(eventstream.events(raw + event("messageStop", {}))) == [{"metadata": None}, {"messageStop": {}}]
