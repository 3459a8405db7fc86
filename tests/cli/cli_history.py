"""Baselines edited line by line, and the git history of their versions, made by one fast-import."""

from __future__ import annotations

import json
import os
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.baseline import Baseline, Entry, Header
from pytest_llmcost.core.call import Product, Profile
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.usage import Provenance, Usage
from pytest_llmcost.storage.baseline import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

NAME = "llmcost-baseline.json"

PROJECT = """\
[tool.llmcost]
baseline = "llmcost-baseline.json"
prices_as_of = 2026-11-01
"""


def profile(number=0, *, model="gpt-4o-mini", tokens=1000, output=100, blocks=6):
    """One call: a system prompt that all share, and blocks of its own."""
    system = Block(Segment.SYSTEM, "system", 300, (Piece("rules", 200), Piece("tone", 100)))
    own = (
        Block(Segment.HISTORY if one % 2 else Segment.USER, f"block-{number}-{one}", 100 + one) for one in range(blocks)
    )
    return Profile(
        product=Product("openai", model),
        usage=Usage(input_tokens=tokens, output_tokens=output, cache_read_tokens=0),
        usage_source=Provenance.REPORTED,
        input_tokens_upper=tokens,
        prompt=f"{number:064x}",
        blocks=(system, *own),
        counted_tokens=tokens,
        reported_tokens=tokens,
        reported_for=tokens,
    )


def text(tests: Mapping[str, Iterable[Profile]], requests=None, feature="chat", **more) -> str:
    """Return the baseline file of some tests, all of one feature."""
    traffic = {name: Decimal(count) for name, count in (requests or {}).items()}
    entries = {}
    for test, calls in tests.items():
        profiles = tuple(calls)
        entries[test] = Entry(calls=profiles, features=(feature,) * len(profiles))
    return dumps(Baseline(header=Header(requests_per_month=traffic), tests=entries, **more))


def edited_usage(row: str, **counts) -> str:
    """Return the row of a call with other token counts."""
    call = json.loads(row.removesuffix(","))
    call[2] |= counts
    return json.dumps(call, separators=(",", ":")) + ","


class FastImport:
    """A stream for `git fast-import`: commits with the baseline as a list of lines, each a minute after the last."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.mark = 0

    def commit(self, subject: str, lines: Iterable[str], *parents: int, branch: str = "main") -> int:
        self.mark += 1
        at = 1_780_000_000 + 60 * self.mark
        data = "\n".join(lines).encode()
        head = [f"commit refs/heads/{branch}", f"mark :{self.mark}"]
        head += [f"{role} Ada <ada@example.org> {at} +0000" for role in ("author", "committer")]
        head += [f"data {len(subject.encode())}", subject]
        head += [f"{'merge' if place else 'from'} :{parent}" for place, parent in enumerate(parents)]
        head += [f"M 100644 inline {NAME}", f"data {len(data)}"]
        self.parts.append("\n".join(head).encode() + b"\n" + data + b"\n")
        return self.mark

    def write(self, root: Path) -> None:
        """Make a repository of it, with the last commit of main checked out."""
        root.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

        def git(*arguments, given=b""):
            done = subprocess.run(
                ["git", *arguments], cwd=root, env=environment, input=given, capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr

        git("init", "--quiet", "--initial-branch=main")
        git("fast-import", "--quiet", "--depth=50", given=b"".join(self.parts))
        git("reset", "--quiet", "--hard", "main")


COMMITS = 1_000

RAISES = {
    "Send 20% more traffic": "63",  # 100,000 requests x 3 calls x (1,000 x $0.15 + 100 x $0.60) a million
    "Let the answer be longer": "1.44",  # 600,000 requests x 400 tokens x $0.60 a million, in one test of 100
    "Read the whole document": "1.8",  # 600,000 requests x 2,000 tokens x $0.15 a million, in one test of 100
}
"""Subjects of the commits of `thousand` that raise the cost, and by how many US dollars a month."""


def thousand(root: Path) -> None:
    """Make a history of 1,000 commits and about 80 merges of two changes, in which three commits raise the cost.

    300 distinct calls in 100 tests. All other commits rename a test or write another commit into the header. Two raises
    are on main; the third is made on a branch that is then merged.
    """
    tests = {f"tests/test_chat.py::test_{n}": [profile(3 * n + k) for k in range(3)] for n in range(100)}
    lines = text(tests, {"chat": 500_000}).split("\n")
    calls = lines.index('"calls": [') + 1
    stream = FastImport()
    tip = stream.commit("Add the baseline", lines)
    number = 0
    while stream.mark < COMMITS:
        number += 1
        if number % 10 == 0 and stream.mark < COMMITS - 3:
            ours, theirs = _neutral(lines, 2 * number), _neutral(lines, 2 * number + 6)
            subject = f"Tidy up on the side ({number})"
            if number == 300:
                theirs[calls + 3] = edited_usage(theirs[calls + 3], input_tokens=3000)
                subject = "Read the whole document"
            main = stream.commit(f"Tidy up ({number})", ours, tip)
            side = stream.commit(subject, theirs, tip, branch="topic")
            merged = [b if a == c else a for a, b, c in zip(ours, theirs, lines, strict=True)]
            tip, lines = stream.commit(f"Merge topic ({number})", merged, main, side), merged
            continue
        lines, subject = _neutral(lines, number), f"Tidy up ({number})"
        if number == 101:
            lines[lines.index('["chat","500000"],')] = '["chat","600000"],'
            subject = "Send 20% more traffic"
        if number == 601:
            lines[calls + 7] = edited_usage(lines[calls + 7], output_tokens=500)
            subject = "Let the answer be longer"
        tip = stream.commit(subject, lines, tip)
    stream.write(root)
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")


def _neutral(lines: list[str], number: int) -> list[str]:
    """Return the lines with one edited so that the cost stays."""
    changed = list(lines)
    if number % 2:
        place = next(place for place, line in enumerate(lines) if line.startswith('"commit": '))
        changed[place] = f'"commit": "{number:040x}",'
    else:
        place = lines.index('"tests": [') + 1 + number % 100
        changed[place] = changed[place].replace("::test_", f"::test_{number}_", 1)
    return changed
