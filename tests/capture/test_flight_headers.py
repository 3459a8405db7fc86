"""Reply headers, of which few are kept, and addresses, whatever library they come from."""

from __future__ import annotations

import httpx
import httpx2
import pytest
from requests.structures import CaseInsensitiveDict

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.flight import KEPT_HEADERS, Flight, same_address

URL = "https://api.openai.com/v1/chat/completions"


def kept(headers):
    flight = Flight(recognise("POST", URL), "POST", URL, None)
    flight.reply_headers = headers
    return flight.exchange().reply_headers


@pytest.mark.parametrize("library", [httpx.Headers, httpx2.Headers, CaseInsensitiveDict, dict])
def test_headers_of_every_library_are_kept_by_their_lower_case_names(library):
    sent = {name.title(): "1" for name in KEPT_HEADERS} | {"Set-Cookie": "secret", "Authorizations": "secret"}
    assert kept(library(sent)) == dict.fromkeys(KEPT_HEADERS, "1")


def test_a_header_that_comes_twice_is_a_list():
    assert kept(httpx.Headers([("Content-Encoding", "gzip"), ("content-encoding", "br")])) == {
        "content-encoding": "gzip, br"
    }


def test_a_header_of_any_bytes_is_kept():
    assert kept(httpx.Headers([(b"content-type", b"text/\xff")])) == {"content-type": "text/\xff"}


def test_a_reply_that_never_came_has_no_headers():
    assert kept(None) == {}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://host/v1/models/gemini%3AgenerateContent?key=secret", True),
        ("https://user@host/v1/models/gemini:generateContent", True),
        ("https://host/v2/models/gemini:generateContent", False),
        ("https://other/v1/models/gemini:generateContent", False),
    ],
)
def test_an_address_is_the_same_however_it_is_quoted(other, same):
    assert same_address("https://host/v1/models/gemini:generateContent", other) is same
