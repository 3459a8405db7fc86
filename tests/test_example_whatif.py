"""docs/whatif.md shows what is really printed: levers on the calls of the example project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "support_bot"
PAGE = (EXAMPLE.parents[1] / "docs" / "whatif.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n(.*?)```\n\n```text\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The example after a run."""
    pytest.importorskip("anthropic")
    pytest.importorskip("openai")
    folder = tmp_path_factory.mktemp("whatif") / "support_bot"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "llmcost.json"))
    run(folder, "-m", "pytest", "-q", "--llmcost", "--llmcost-report=json")
    return folder


def run(folder, *command):
    environment = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.skipif(version("genai-prices") != "0.2.3", reason="the page was made with the prices of 0.2.3")
@pytest.mark.parametrize(("commands", "shown"), SHOWN)
def test_the_page_shows_what_is_printed(commands, shown, project):
    (command,) = re.findall(r"^\$ llmcost (whatif .*)$", commands, flags=re.MULTILINE)
    printed = run(project, "-m", "pytest_llmcost", *command.split())
    for part in shown.split("...\n"):
        assert part in printed


def test_every_option_is_on_the_page_and_the_other_way_round():
    told = run(EXAMPLE, "-m", "pytest_llmcost", "whatif", "--help")
    options = set(re.findall(r"--[a-z][a-z-]*", told)) - {"--help", "--output", "--llmcost-report"}
    assert len(options) > 15
    assert options == set(re.findall(r"--[a-z][a-z-]*", PAGE)) - {"--llmcost", "--llmcost-report"}
