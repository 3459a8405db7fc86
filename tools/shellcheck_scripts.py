"""Runs shellcheck on every script in action files, workflows and jobs of GitLab: tools/shellcheck_scripts.py FILE..."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml


def scripts(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, shell and text of each script."""
    if "runs" not in document and "jobs" not in document:
        kinds = [(name, kind) for name in document for kind in ("script", "after_script")]
        return [(f"{name} {kind}", "sh", "\n".join(document[name][kind])) for name, kind in kinds]
    jobs = document.get("jobs", {"": document.get("runs", {})})
    steps = [(job, step) for job, body in jobs.items() for step in body.get("steps", [])]
    return [(f"{job} {step.get('name', '')}".strip(), "bash", step["run"]) for job, step in steps if "run" in step]


def main() -> int:
    """0 when shellcheck is content with all of them, else 1."""
    shellcheck = Path(sys.executable).with_name("shellcheck")
    broken = checked = 0
    for file in sys.argv[1:]:
        for name, shell, script in scripts(yaml.safe_load(Path(file).read_text(encoding="utf-8"))):
            command = [str(shellcheck), f"--shell={shell}", "--severity=style", "-"]
            result = subprocess.run(command, input=script, text=True, capture_output=True, check=False)  # noqa: S603
            checked += 1
            if result.returncode:
                broken += 1
                print(f"{file}: {name}\n{result.stdout}{result.stderr}")
    print(f"shellcheck: {checked} scripts, {broken} with findings")
    return 1 if broken or not checked else 0


if __name__ == "__main__":
    raise SystemExit(main())
