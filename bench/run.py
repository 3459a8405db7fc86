"""Prints what the plugin costs beside the same run without it: `make bench`.

Each figure is the median over some pairs of runs, taken in turn (plain, active, plain, …), in CPU time of the process:
noise of the machine hits both sides alike. Not a test: nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# Installed packages have their bytecode; some images switch it off, and then all figures are those of compiling.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
QUIET = ["-p", "no:cacheprovider", "-q", "--no-header", "--no-summary"]
FIGURES = {
    "first_test_ms": "ms of CPU before the first test",
    "call_us": "us a call while a test runs",
    "total_us": "us a call, all of the process",
    "after_ms": "ms outside of the calls",
    "rss_mb": "MB at the peak",
}


def run(arguments: list[str], folder: str, environment: dict[str, str] | None = None) -> str:
    """Run Python in a folder and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **(environment or {})},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def workload(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Run the workload in a fresh process and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        (Path(folder) / "pytest.ini").write_text("[pytest]\npython_files = workload.py\n", encoding="utf-8")
        for name in ("workload.py", "conftest.py"):
            (Path(folder) / name).write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
        command = ["-m", "pytest", *QUIET, *arguments, "workload.py"]
        run(command, folder, {**environment, "BENCH_OUT": str(out)})
        figures: dict[str, float] = json.loads(out.read_text(encoding="utf-8"))
        return figures


def inactive(count: int) -> None:
    """Print what an installed plugin costs where it is not asked for."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_one.py").write_text("def test_one():\n    pass\n", encoding="utf-8")
        spent = [float(run([str(HERE / "inactive.py")], folder).split()[-1]) for _ in range(count)]
    print(
        f"inactive: {statistics.median(spent):.1f} ms of CPU inside the process ({min(spent):.1f} to {max(spent):.1f})"
    )


def compare(name: str, count: int, environment: dict[str, str]) -> None:
    """Print one workload beside its floor."""
    active = ["--llmcost", "--llmcost-report=json", "--llmcost-report=none"]
    runs = [(workload(["-p", "no:llmcost"], environment), workload(active, environment)) for _ in range(count)]
    calls = int(environment["BENCH_TESTS"]) * int(environment["BENCH_CALLS"])
    print(f"\n{name}: {calls:,} calls, floor -> with --llmcost, JSON report included, medians of {count} pairs")
    for key, unit in FIGURES.items():
        floor = statistics.median(plain[key] for plain, _ in runs)
        ours = statistics.median(with_us[key] for _, with_us in runs)
        print(f"  {floor:10.1f} -> {ours:10.1f}  {ours - floor:+9.1f}  {unit}")
        if key == "call_us" and "BENCH_CHUNKS" in environment:
            chunks = int(environment["BENCH_CHUNKS"])
            print(f"  {'':27}{(ours - floor) / chunks:+9.2f}  us a chunk, of {chunks} a call")


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs for each workload")
    parser.add_argument("--calls", type=int, default=50_000, help="calls of the large run")
    options = parser.parse_args()
    inactive(5 * options.pairs)
    for library in ("httpx", "httpx2"):
        small = {"BENCH_HTTP": library, "BENCH_TESTS": "50", "BENCH_CALLS": "100"}
        compare(f"{library}, whole bodies", options.pairs, small)
        compare(f"{library}, streams", options.pairs, {**small, "BENCH_CALLS": "20", "BENCH_CHUNKS": "100"})
    large = {"BENCH_HTTP": "httpx", "BENCH_TESTS": str(options.calls // 100), "BENCH_CALLS": "100"}
    compare("httpx, a large run", 1, large)


if __name__ == "__main__":
    main()
