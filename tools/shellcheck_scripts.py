"""Runs shellcheck on every bash script in action and workflow files: tools/shellcheck_scripts.py FILE..."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml


def scripts(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each `run` script of an action or a workflow."""
    jobs = document.get("jobs", {"": document.get("runs", {})})
    steps = [(job, step) for job, body in jobs.items() for step in body.get("steps", [])]
    return [(f"{job} {step.get('name', '')}".strip(), step["run"]) for job, step in steps if "run" in step]


def main() -> int:
    """0 when shellcheck is content with all of them, else 1."""
    shellcheck = Path(sys.executable).with_name("shellcheck")
    broken = checked = 0
    for file in sys.argv[1:]:
        for name, script in scripts(yaml.safe_load(Path(file).read_text(encoding="utf-8"))):
            command = [str(shellcheck), "--shell=bash", "--severity=style", "-"]
            result = subprocess.run(command, input=script, text=True, capture_output=True, check=False)  # noqa: S603
            checked += 1
            if result.returncode:
                broken += 1
                print(f"{file}: {name}\n{result.stdout}{result.stderr}")
    print(f"shellcheck: {checked} scripts, {broken} with findings")
    return 1 if broken or not checked else 0


if __name__ == "__main__":
    raise SystemExit(main())
