"""What `llmcost diff` takes on two large run files, as a whole process.

    python bench/diff.py [--calls 100000] [--prompts 20000]

`--prompts` is how many of the prompts differ: rows of equal calls are read once. Prints seconds of CPU and wall clock,
and megabytes at the peak. Not part of the test suite: nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.call import Call, Cost, Origin, Outcome, Product, Profile
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.run import Run, TestOutcome, TestRun
from pytest_llmcost.core.settings import Feature, Settings
from pytest_llmcost.core.traffic import Traffic
from pytest_llmcost.core.usage import Provenance, Usage
from pytest_llmcost.render.run_config import declared
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.storage import run_file

AREAS = 20
CALLS_PER_TEST = 10
PRODUCT = Product("openai", "gpt-4o-mini-2024-07-18")


def name(text: str) -> str:
    """Return a fingerprint."""
    return sha256(text.encode()).hexdigest()[:16]


def profiles(count: int, longer: int) -> list[Profile]:
    """Return distinct profiles with a system prompt of eight paragraphs, one of them `longer` by some tokens."""
    first = Piece(name(f"first {longer}"), 40 + longer)
    pieces = (first, *(Piece(name(f"piece {n}"), 40 + n) for n in range(7)))
    system = Block(Segment.SYSTEM, name(f"system {longer}"), sum(piece.tokens for piece in pieces), pieces)
    tools = tuple(Block(Segment.TOOLS, name(f"tool {n}"), 60 + n) for n in range(3))
    made = []
    for number in range(count):
        blocks = (system, *tools, Block(Segment.USER, name(f"user {number}"), 20 + number % 300))
        counted = sum(block.tokens for block in blocks)
        made.append(
            Profile(
                product=PRODUCT,
                usage=Usage(input_tokens=counted + 3, output_tokens=60 + number % 97, cache_read_tokens=0),
                usage_source=Provenance.REPORTED,
                input_tokens_upper=counted + 3,
                prompt=sha256(f"{number} {longer}".encode()).hexdigest(),
                blocks=blocks,
                counted_tokens=counted,
                reported_tokens=counted + 3,
                reported_for=counted,
            )
        )
    return made


def run(calls: int, prompts: list[Profile]) -> Run:
    """Return a run of so many calls, ten a test."""
    tests = [f"tests/area{n % AREAS}/test_file{n % 200}.py::test_number[{n}]" for n in range(calls // CALLS_PER_TEST)]
    made = tuple(
        Call(
            test=test,
            phase="call",
            attempt=1,
            index=index,
            requested_model="gpt-4o-mini",
            status=200,
            outcome=Outcome.OK,
            stream=False,
            origin=Origin.REPLAYED,
            call_site="src/app/support.py:41",
            profile=prompts[(number * CALLS_PER_TEST + index) % len(prompts)],
        )
        for number, test in enumerate(tests)
        for index in range(CALLS_PER_TEST)
    )
    ran = tuple(TestRun(test=test, outcome=TestOutcome.PASSED) for test in tests)
    return Run(calls=made, tests=ran, created_at="2026-11-01T00:00:00+00:00", estimator="1")


def write(path: Path, found: Run) -> None:
    """Write the run file."""
    traffic = Traffic(requests_per_month=Decimal(10_000))
    features = tuple(Feature(name=f"f{n}", tests=(f"tests/area{n}",), traffic=traffic) for n in range(AREAS))
    settings = Settings(features=features)
    book = Book(
        price=lambda *_: Cost(Decimal("0.001"), "one price"),
        prices=Prices(source="none", version="1", as_of="2026-11-01"),
    )
    report = build_report(found, settings, Against(None, ""), book)
    run_file.write(path, chunks(report, declared(settings)))


def main() -> None:
    """Write two files, and compare them in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="calls of each run")
    parser.add_argument("--prompts", type=int, default=20_000, help="prompts that differ")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for side, longer in (("base", 0), ("run", 40)):
            write(Path(folder) / f"{side}.json", run(options.calls, profiles(options.prompts, longer)))
        command = [sys.executable, "-m", "pytest_llmcost", "diff", "base.json", "run.json", "--output", os.devnull]
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = (Path(folder) / "run.json").stat().st_size / 1e6
        print(
            f"{options.calls:,} calls, {options.prompts:,} prompts, {size:.0f} MB a file:"
            f" {spent.ru_utime + spent.ru_stime:.2f} s of CPU, {time.perf_counter() - began:.2f} s,"
            f" {spent.ru_maxrss / 1024:.0f} MB"
        )


if __name__ == "__main__":
    main()
