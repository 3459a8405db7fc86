"""docs/what-is-seen.md has the rows of the tests. `UPDATE_GOLDEN=1 pytest tests/test_docs_seen.py` renews it."""

from __future__ import annotations

import os
from pathlib import Path

import seen_rows
import seen_sdks

PAGE = Path(__file__).parent.parent / "docs" / "what-is-seen.md"
MADE = "<!-- What follows is made by: UPDATE_GOLDEN=1 pytest tests/test_docs_seen.py -->\n\n"


def test_the_page_has_the_rows_of_the_tests():
    head, mark, tables = PAGE.read_text(encoding="utf-8").partition(MADE)
    assert mark
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(head + mark + seen_rows.page(), encoding="utf-8")
        return
    assert tables == seen_rows.page(), "renew it: UPDATE_GOLDEN=1 pytest tests/test_docs_seen.py"


def test_every_form_of_a_use_is_in_its_column():
    assert {seen_sdks.column(mode) for mode in ("chat", "messages, async", "run", "create")} == {"whole reply"}
    assert seen_sdks.column("stream, async, left after its first word") == "left early"
    assert seen_sdks.column("generate_content_stream, async on httpx2") == "stream"
    assert seen_sdks.column("with_streaming_response, never read") == "left early"
    assert seen_sdks.column("chat, version 7") == "also"


def test_every_sdk_says_its_versions():
    missing = [cells[0] for cells in seen_sdks.lines() if cells[1] == "Python's own"]
    assert missing == ["urllib"]


def test_every_row_is_of_a_test_that_exists():
    """A marker above a function that pytest does not collect would promise what nobody shows."""
    for row in seen_rows.rows():
        assert row.test.startswith("test_"), row
        assert Path(row.file).name.startswith(("test_", "tool_")), row
