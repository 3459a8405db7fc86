"""The page on accuracy says what the package says, and its table is read from what the replay prints."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from pytest_llmcost.tokens.measured import MEASURED, TEXT, TOOLS, UNKNOWN

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
TIMES = "\N{MULTIPLICATION SIGN}"
PRINTED = """\
provider endpoint                              rows   seen  usage  exact priced
acme rocket chat text                           866    866    825      0      0  input error % median 0.5 p90 1.1; \
at or below the bound 98%, bound / estimate 1.05
acme rocket chat media                            5      5      4      0      0  input error % median 9.0 p90 20.1; \
at or below the bound 100%, bound / estimate 1.44
acme rocket embeddings text                       5      5      0      0      0

rows 3417, seen 1.0000, tests_failed 0, median_error 0.7433, p90_error 26.2626, bounded 0.9724 | short of: nothing
"""


def tool():
    specification = importlib.util.spec_from_file_location("accuracy", ROOT / "tools" / "accuracy.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_bounds_on_the_page_are_those_of_the_package():
    rows = re.findall(
        r"^\| (\S+) \| (text|tools) \| (\d+) \| (\d+) \| ([\d.]+) % \| count . ([\d.]+) \+ (\d+) \|$",
        PAGE,
        re.MULTILINE,
    )
    assert {
        (group, kind): (int(count), int(sources), round(float(median) * 10), round(float(factor) * 1000), int(slack))
        for group, kind, count, sources, median, factor, slack in rows
    } == {key: tuple(row) for key, row in MEASURED.items()}
    text, tools = UNKNOWN[TEXT], UNKNOWN[TOOLS]
    assert f"count {TIMES} {text.permille / 1000:g} + {text.slack}, with tools" in PAGE
    assert f"with tools {TIMES} {tools.permille / 1000:g} + {tools.slack}." in PAGE


def test_the_table_is_read_from_what_the_replay_prints():
    accuracy = tool()
    rows = accuracy.parse(PRINTED)
    assert rows == [
        ("acme rocket chat text", 825, "0.5", "1.1", "98", "1.05"),
        ("acme rocket chat media", 4, "9.0", "20.1", "100", "1.44"),
    ]
    table = accuracy.table(rows, accuracy._TOTAL.search(PRINTED), "2026-11-27")
    assert "| acme rocket chat text | 825 | 0.5 % | 1.1 % | 98 % | 1.05 |" in table
    assert "| 1 others, fewer than 5 of each | 4 |" in table
    assert "| **all** | 829 | 0.7 % | 26.3 % | 97 % | |" in table


def test_the_page_has_a_table_with_its_date():
    accuracy = tool()
    (made,) = accuracy._TABLE.findall(PAGE)
    assert re.search(r"^Measured on 20\d\d-\d\d-\d\d with \d,\d{3} requests\.$", made, re.MULTILINE)
    assert made.count("\n| ") > 20


def test_without_the_recorded_requests_it_says_so_in_one_line(tmp_path):
    command = [sys.executable, ROOT / "tools" / "accuracy.py", tmp_path, sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"skipped: the recorded requests are not at {tmp_path}\n"
