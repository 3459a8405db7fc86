"""The strict reader of run files from outside takes every file that we write ourselves."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.storage.untrusted import recorded


def test_what_we_write_is_taken_and_gives_the_run_back(kept_run):
    text = "".join(chunks(kept_run, {})).encode()
    calls = tuple(replace(call, note=None) for call in kept_run.run.calls)
    assert calls
    assert recorded(text, source="llmcost.json") == replace(kept_run.run, calls=calls, texts={})
