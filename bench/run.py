"""Prints what the plugin costs beside the same run without it: `make bench`.

Each figure is the median over some pairs of runs, taken in turn (plain, active, plain, …), in CPU time of the process:
noise of the machine hits both sides alike. Not a test: nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PLUGIN = ["-p", "no:cacheprovider", "-q", "--no-header", "--no-summary"]


def once(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Run the workload in a fresh process and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        (Path(folder) / "pytest.ini").write_text("[pytest]\npython_files = workload.py\n", encoding="utf-8")
        for name in ("workload.py", "conftest.py"):
            (Path(folder) / name).write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "pytest", *PLUGIN, *arguments, "workload.py"],
            cwd=folder, env={**os.environ, **environment, "BENCH_OUT": str(out)}, check=False, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        figures: dict[str, float] = json.loads(out.read_text(encoding="utf-8"))
        return figures


def cpu(arguments: list[str]) -> float:
    """Return the CPU seconds of `pytest --collect-only` in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_one.py").write_text("def test_one():\n    pass\n", encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "pytest", *PLUGIN, "--collect-only", *arguments],
            cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def pairs(count: int, active: list[str], environment: dict[str, str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the medians without and with the plugin."""
    runs = [(once(["-p", "no:llmcost"], environment), once(active, environment)) for _ in range(count)]
    keys = runs[0][0]
    return tuple({key: statistics.median(run[side][key] for run in runs) for key in keys} for side in (0, 1))  # type: ignore[return-value]


def inactive(count: int) -> None:
    """Print what an installed plugin costs where it is not asked for."""
    differences = sorted((cpu([]) - cpu(["-p", "no:llmcost"])) * 1e3 for _ in range(count))
    low, high = differences[count // 4], differences[count * 3 // 4]
    print(f"inactive: {statistics.median(differences):+.1f} ms of CPU (quartiles {low:+.1f} to {high:+.1f}, {count} pairs)")


def workload(name: str, count: int, environment: dict[str, str], active: list[str]) -> None:
    """Print one workload beside its floor."""
    floor, ours = pairs(count, active, environment)
    calls = int(environment["BENCH_TESTS"]) * int(environment["BENCH_CALLS"])
    print(f"\n{name}: {calls:,} calls, {count} pairs, floor -> with --llmcost")
    for key, unit in (("first_test_ms", "ms of CPU before the first test"), ("call_us", "us a call while a test runs"),
                      ("total_us", "us a call, all of the process"), ("after_ms", "ms outside of the calls"),
                      ("rss_mb", "MB at the peak")):  # fmt: skip
        print(f"  {floor[key]:10.1f} -> {ours[key]:10.1f}  {ours[key] - floor[key]:+9.1f}  {unit}")
    chunks = int(environment.get("BENCH_CHUNKS", "0"))
    if chunks:
        print(f"  {(ours['call_us'] - floor['call_us']) / chunks:+.2f} us a chunk of {chunks}")


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs for each workload")
    parser.add_argument("--calls", type=int, default=50_000, help="calls of the large run")
    options = parser.parse_args()
    report = ["--llmcost", "--llmcost-report=json", "--llmcost-report=none"]
    inactive(5 * options.pairs)
    for library in ("httpx", "httpx2"):
        small = {"BENCH_HTTP": library, "BENCH_TESTS": "50", "BENCH_CALLS": "100"}
        workload(f"{library}, whole bodies", options.pairs, small, report)
        workload(f"{library}, streams", options.pairs, {**small, "BENCH_CALLS": "20", "BENCH_CHUNKS": "100"}, report)
    large = {"BENCH_HTTP": "httpx", "BENCH_TESTS": str(options.calls // 100), "BENCH_CALLS": "100"}
    workload("httpx, a large run", 1, large, report)


if __name__ == "__main__":
    main()
