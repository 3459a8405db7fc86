"""Recorded provider traffic, where it lies beside the checkout: usage as the provider reported it."""

from __future__ import annotations

import base64
import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.exchange import Exchange

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
RECORDED = CORPUS / "dev.jsonl.gz"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="no recorded traffic beside the checkout")
COVERED = {
    "chat_completions",
    "completions",
    "responses",
    "responses_compact",
    "messages",
    "generateContent",
    "streamGenerateContent",
    "converse",
    "converse_stream",
    "invoke",
    "invoke_stream",
}


@pytest.fixture(scope="module")
def replay():
    spec = importlib.util.spec_from_file_location("corpus_replay", CORPUS / "replay.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def usage_of(row, sent):
    """Return what the dialect reads of a row; None when it takes it for no call."""
    dialect = recognise(row["method"], row["url"])
    seen = Exchange(
        method=row["method"],
        url=row["url"],
        request=sent["payload"].encode(),
        status=sent["response_status"] or 200,
        reply=base64.b64decode(sent["wire"]),
        reply_headers={name.lower(): value for name, value in sent["reply_headers"].items()},
        stream=sent["is_stream"],
    )
    request = dialect.request(seen) if dialect else None
    assert request is not None, row["url"]
    return dialect.reply(seen, request).usage


def test_at_least_99_in_100_recorded_replies_are_read_exactly(replay):
    exact, rows = Counter(), Counter()
    for row in replay.load(str(RECORDED)):
        covered = row["endpoint"] in COVERED or (row["endpoint"] == "embeddings" and "/v2/embed" not in row["url"])
        sent = replay.prepare(row, hide=False) if covered else None
        if sent is None or row["provider"] == "cohere":
            continue
        usage = usage_of(row, sent)
        want = replay.expected(row)
        if want is not None:
            rows[row["endpoint"]] += 1
            exact[row["endpoint"]] += usage is not None and want == {n: getattr(usage, n) or 0 for n in want}
    assert rows.total() > 2000
    assert {name: exact[name] / count for name, count in rows.items() if exact[name] / count < 0.99} == {}
