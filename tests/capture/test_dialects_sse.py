"""Server-sent events: comments, line ends, and streams cut at any byte."""

from __future__ import annotations

import json

import pytest

from pytest_llmcost.capture.dialects import sse

STREAM = (
    b': hello\n\ndata: {"a": 1}\n\nevent: x\nid: 7\ndata: {"b": {"usage": 2}}\n\n'
    b'data:{"usage": {"n": 3}}\n\ndata: [DONE]\n\n'
)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_events_are_found_whatever_ends_their_lines(end):
    found = list(sse.events(STREAM.replace(b"\n", end)))
    assert found == [b'{"a": 1}', b'{"b": {"usage": 2}}', b'{"usage": {"n": 3}}', b"[DONE]"]


def test_comments_and_other_fields_are_no_events():
    assert list(sse.events(b": ping\n\n: pong\nretry: 5\n\nevent: lonely\n\n")) == []


def test_the_lines_of_one_event_belong_together():
    assert list(sse.objects(b'data: {"a":\ndata: 1}\n\n')) == [{"a": 1}]


def test_a_last_event_without_its_blank_line_counts():
    assert list(sse.events(b"data: 1\n\ndata: 2")) == [b"1", b"2"]


def test_a_byte_order_mark_is_no_part_of_the_first_event():
    body = b"\xef\xbb\xbfdata: 1\n\n"
    assert sse.looks_like(body)
    assert list(sse.events(body)) == [b"1"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_cut_at_any_byte_gives_the_objects_that_were_whole(end):
    whole = STREAM.replace(b"\n", end)
    expected = list(sse.objects(whole))
    assert len(expected) == 3
    seen = [list(sse.objects(whole[:cut])) for cut in range(len(whole) + 1)]
    assert all(found == expected[: len(found)] for found in seen)
    assert seen[-1] == expected
    assert [len(found) for found in seen] == sorted(len(found) for found in seen)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_last_event_with_a_key_is_found_from_behind(end):
    assert sse.last(STREAM.replace(b"\n", end), b'"usage"') == {"usage": {"n": 3}}


def test_a_key_before_null_or_a_number_is_passed_over():
    body = b'data: {"usage": {"n": 1}}\n\ndata: {"usage":null}\n\ndata: {"usage": 5}\n\n'
    assert sse.last(body, b'"usage"') == {"usage": {"n": 1}}
    assert sse.last(b'data: {"usage": null}\n\n', b'"usage"') is None


def test_the_first_event_with_a_key_is_found():
    body = b'data: {"usage": null}\n\ndata: {"usage": {"n": 1}}\n\ndata: {"usage": {"n": 2}}\n\n'
    assert sse.first(body, b'"usage"') == {"usage": {"n": 1}}


def test_a_key_is_found_in_an_event_of_several_lines():
    assert sse.last(b'data: {"x": 1,\ndata: "usage": {"n": 1}}\n\n', b'"usage"') == {"x": 1, "usage": {"n": 1}}


def test_a_quoted_key_inside_a_text_is_not_that_key():
    body = b"data: " + json.dumps({"text": 'say "usage": {"n": 9}'}).encode() + b"\n\n"
    assert sse.last(body, b'"usage"') is None


def test_a_cut_event_does_not_hide_the_one_before():
    assert sse.last(b'data: {"usage": {"n": 1}}\n\ndata: {"usage": {"n', b'"usage"') == {"usage": {"n": 1}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: [DONE]\n\n", True),
        (b"data:[DONE]", True),
        (b"data: [DONE]\n\n: bye\n\n", True),
        (b'data: {"text": "[DONE]"}\n\n', False),
        (b"data: [DON", False),
    ],
)
def test_done_is_an_event_of_its_own(body, expected):
    assert sse.done(body) is expected
