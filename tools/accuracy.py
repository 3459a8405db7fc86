"""Replay recorded requests with their usage taken away, and tell how far our counts are off, by family.

    python tools/accuracy.py CORPUS PYTHON [DATE]

CORPUS is the folder with the recorded requests and their replay.py, which is no part of this repository; PYTHON the
interpreter of an environment with the plugin. With a DATE, the table in docs/accuracy.md is written anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parent.parent / "docs" / "accuracy.md"
FEWEST = 5
"""Requests below which a family has no row of its own on the page."""
_ROW = re.compile(
    r"^(?P<family>\S.*?) +\d+ +\d+ +(?P<rows>\d+) +\d+ +\d+  input error % median (?P<median>[\d.]+)"
    r" p90 (?P<p90>[\d.]+); at or below the bound (?P<held>\d+)%, bound / estimate (?P<width>[\d.]+)"
)
_TOTAL = re.compile(r"median_error (?P<median>[\d.]+), p90_error (?P<p90>[\d.]+), bounded (?P<held>[\d.]+)")
_TABLE = re.compile(r"(?<=<!-- measured -->\n).*(?=<!-- end -->)", re.DOTALL)


class Row(NamedTuple):
    """One family: requests, median and 90th percentile of the error in percent, share within the bound, its width."""

    family: str
    rows: int
    median: str
    p90: str
    held: str
    width: str


def parse(text: str) -> list[Row]:
    """Return the rows in what replay.py has printed."""
    found = (_ROW.match(line) for line in text.splitlines())
    return [
        Row(one["family"], int(one["rows"]), one["median"], one["p90"], one["held"], one["width"])
        for one in found
        if one is not None
    ]


def table(rows: list[Row], total: re.Match[str] | None, date: str) -> str:
    """Return the table of the page, in Markdown."""
    own, few = [row for row in rows if row.rows >= FEWEST], [row for row in rows if row.rows < FEWEST]
    lines = [
        f"Measured on {date} with {sum(row.rows for row in rows):,} requests.",
        "",
        "| provider, maker, kind | requests | median error | 90 in 100 below | within the bound | bound ÷ estimate |",
        "|---|---|---|---|---|---|",
        *(f"| {row.family} | {row.rows} | {row.median} % | {row.p90} % | {row.held} % | {row.width} |" for row in own),
    ]
    if few:
        lines.append(f"| {len(few)} others, fewer than {FEWEST} of each | {sum(row.rows for row in few)} | | | | |")
    if total is not None:
        held = f"{float(total['held']):.0%}".replace("%", " %")
        whole = sum(row.rows for row in rows)
        lines.append(f"| **all** | {whole} | {float(total['median']):.1f} % | {float(total['p90']):.1f} % | {held} | |")
    return "\n".join([*lines, ""])


def main(corpus: str, python: str, date: str | None = None) -> int:
    """Run the replay, print what it prints, and return its exit status."""
    replay = Path(corpus) / "replay.py"
    if not replay.exists():
        print(f"skipped: the recorded requests are not at {corpus}")
        return 0
    command = [sys.executable, str(replay), str(replay.with_name("dev.jsonl.gz")), "--python", python, "--hide-usage"]
    done = subprocess.run([*command, "--show", "0"], stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    print(done.stdout, end="")
    if date is not None and done.returncode == 0:
        made = table(parse(done.stdout), _TOTAL.search(done.stdout), date)
        PAGE.write_text(_TABLE.sub(lambda _: made, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
