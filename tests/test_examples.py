"""The example: without a key and without a network it prints what it promises, and a longer prompt fails it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_llmcost.storage import baseline
from pytest_llmcost.tokens import Counter

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "support_bot"
README = (ROOT / "README.md").read_text(encoding="utf-8")

NO_NETWORK = """\
import socket

def refuse(connect):
    def refused(self, address):
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            raise PermissionError(f"no network in this test: {address}")
        return connect(self, address)
    return refused

socket.socket.connect = refuse(socket.socket.connect)
socket.socket.connect_ex = refuse(socket.socket.connect_ex)
"""

RULE = "- Before you answer, check the order, the article and the policy, and name the paragraph that you have used.\n"
LONGER = "\n# Sources\n\n" + 21 * RULE
"""About 500 tokens that somebody adds to the prompt; the recordings stay as they are."""

CALLS_PER_REQUEST = Decimal(11) / 7
"""The seven tests of the conversation make eleven calls."""

REQUESTS = 600_000
USD_PER_INPUT_TOKEN = Decimal("2.50") / 1_000_000
"""gpt-4o, not cached: what is added to a prompt is new to the cache."""


class Project(NamedTuple):
    """A copy of the example, with nothing of this machine in its environment."""

    folder: Path
    environment: dict[str, str]

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "--llmcost", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, check=False, capture_output=True, text=True, timeout=120
        )

    def edit(self, file: str, **changes: str) -> None:
        """Give keys of a TOML file another value, wherever they stand."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        for key, value in changes.items():
            text, count = re.subn(rf"(?m)^({key} = ).*$", rf"\g<1>{value}", text)
            assert count, key
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    pytest.importorskip("anthropic")
    pytest.importorskip("openai")
    folder, block, home = tmp_path / "support_bot", tmp_path / "block", tmp_path / "home"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "llmcost.json"))
    block.mkdir()
    home.mkdir()
    (block / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(block), os.environ.get("PYTHONPATH", "")]))
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": path, "COLUMNS": "80"}
    return Project(folder, environment)


def report_of(output: str) -> str:
    """The report, from its heading to the last line; the version of the prices and the duration may differ."""
    report = output[re.search(r"^=+ LLM cost =+$", output, flags=re.MULTILINE).start() :]
    report = re.sub(r"genai-prices \S+ of ", "genai-prices VERSION of ", report)
    return re.sub(r"=+ (.*) in [\d.]+s =+", r"== \1 ==", report)


def test_nothing_reaches_the_network_from_here(project):
    code = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=1)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=project.environment, check=False, capture_output=True, text=True
    )
    assert "PermissionError: no network in this test" in done.stderr


def test_the_example_prints_what_it_promises(project):
    done = project.pytest()
    assert done.returncode == 0, done.stdout + done.stderr
    assert report_of(done.stdout) == report_of((EXAMPLE / "expected-output.txt").read_text(encoding="utf-8"))
    assert list((project.folder.parent / "home").iterdir()) == []


def test_the_prompt_files_are_listed_as_promised(project):
    command = [sys.executable, "-m", "pytest_llmcost", "tokens", "prompts"]
    done = subprocess.run(
        command, cwd=project.folder, env=project.environment, check=False, capture_output=True, text=True, timeout=120
    )
    expected = (EXAMPLE / "expected-tokens.txt").read_text(encoding="utf-8")
    version = r"genai-prices \S+ of "
    assert (done.returncode, done.stderr) == (0, "")
    assert re.sub(version, "", done.stdout) == re.sub(version, "", expected)
    page = (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
    assert f"$ llmcost tokens prompts\n{expected}```" in page


def test_the_readme_shows_the_same_report():
    expected = (EXAMPLE / "expected-output.txt").read_text(encoding="utf-8")
    assert expected.strip() in README


def test_discounts_and_a_currency_are_told_as_their_page_says(project):
    page = (ROOT / "docs" / "discounts.md").read_text(encoding="utf-8")
    declared, told = (re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)[0] for kind in ("toml", "text"))
    path = project.folder / "pyproject.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{declared}", encoding="utf-8")
    assert re.sub(r"genai-prices \S+", "", told) in re.sub(r"genai-prices \S+", "", project.pytest().stdout)


def test_production_is_told_as_its_page_says(project):
    page = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
    declared = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]
    path = project.folder / "pyproject.toml"
    table = path.read_text(encoding="utf-8")
    before = '[tool.llmcost.features.support_chat]\ntests = ["tests/test_chat.py"]\nrequests_per_month = 600_000\n'
    assert before in table
    path.write_text(table.replace(before, declared), encoding="utf-8")
    printed = project.pytest("--llmcost-explain=support_chat").stdout
    shown = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert [text for text in shown if text not in printed] == []
    assert len(shown) == 2


def test_the_committed_baseline_is_that_of_the_example(project):
    project.pytest("--llmcost-update-baseline")
    written = baseline.read(project.folder / "llmcost-baseline.json")
    committed = baseline.read(EXAMPLE / "llmcost-baseline.json")
    assert written.tests == committed.tests
    assert written.header.estimator == committed.header.estimator


def test_a_longer_prompt_fails_the_run_and_says_what_it_costs(project):
    prompt = project.folder / "prompts" / "support.md"
    prompt.write_text(prompt.read_text(encoding="utf-8") + LONGER, encoding="utf-8")
    tokens, *_ = Counter().count_text("openai", "gpt-4o", LONGER)
    assert 450 < tokens < 550

    done = project.pytest()
    assert done.returncode == 1
    (line,) = re.findall(r"^ERROR .*$", done.stdout, flags=re.MULTILINE)
    found = re.search(r"`support_chat` uses .* \(dollars a month: \$([\d,.]+) → \$([\d,.]+)\)", line)
    assert found
    before, after = (Decimal(amount.replace(",", "")) for amount in found.groups())
    worth = tokens * CALLS_PER_REQUEST * REQUESTS * USD_PER_INPUT_TOKEN
    assert abs((after - before) - worth) < worth * 2 / 100
    assert line in README

    project.edit("pyproject.toml", max_increase_percent="10")
    done = project.pytest()
    assert done.returncode == 1
    rules = re.findall(r"^ERROR (\S+)", done.stdout, flags=re.MULTILINE)
    assert rules == ["budget.monthly_usd", "regression"]

    project.edit("pyproject.toml", max_increase_percent="50", monthly_usd="4500")
    done = project.pytest()
    assert (done.returncode, re.findall(r"^ERROR", done.stdout, flags=re.MULTILINE)) == (0, []), done.stdout
