"""docs/what-is-seen.md has the rows of the tests. `UPDATE_GOLDEN=1 pytest tests/test_docs_seen.py` renews it."""

from __future__ import annotations

import os
from pathlib import Path

import seen_rows

PAGE = Path(__file__).parent.parent / "docs" / "what-is-seen.md"
MADE = "<!-- What follows is made by: UPDATE_GOLDEN=1 pytest tests/test_docs_seen.py -->\n\n"


def test_the_page_has_the_rows_of_the_tests():
    head, mark, tables = PAGE.read_text(encoding="utf-8").partition(MADE)
    assert mark
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(head + mark + seen_rows.page(), encoding="utf-8")
        return
    assert tables == seen_rows.page(), "renew it: UPDATE_GOLDEN=1 pytest tests/test_docs_seen.py"


def test_every_row_is_of_a_test_that_exists():
    """A marker above a function that pytest does not collect would promise what nobody shows."""
    for row in seen_rows.rows():
        assert row.test.startswith("test_"), row
        assert Path(row.file).name.startswith(("test_", "tool_")), row
