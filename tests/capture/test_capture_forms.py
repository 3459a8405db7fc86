"""Multipart bodies of httpx: read where they are in memory, left alone where they are a file."""

from __future__ import annotations

import io

import httpx
import httpx2
import pytest

from pytest_llmcost.capture.patches.httpx import _asked

URL = "https://api.openai.com/v1/files"


@pytest.mark.parametrize("lib", [httpx, httpx2])
@pytest.mark.parametrize("content", [b"line", "line"])
def test_a_form_in_memory_is_read_as_it_is_sent(lib, content):
    request = lib.Request("POST", URL, data={"purpose": "batch"}, files={"file": ("a.jsonl", content)})
    seen, encoding = _asked(request)
    assert (seen, encoding) == (request.read(), None)


@pytest.mark.parametrize("lib", [httpx, httpx2])
def test_a_file_is_left_where_it_is(lib):
    file = io.BytesIO(b"line")
    request = lib.Request("POST", URL, data={"purpose": "batch"}, files={"file": ("a.jsonl", file)})
    assert _asked(request) == (None, None)
    assert file.tell() == 0
    assert b"line" in request.read()
