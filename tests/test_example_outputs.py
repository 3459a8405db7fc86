"""docs/outputs.md shows what is really printed: the example project in GitHub Actions, with a longer prompt."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "support_bot"
PAGE = (EXAMPLE.parents[1] / "docs" / "outputs.md").read_text(encoding="utf-8")
RULE = "- Before you answer, check the order, the article and the policy, and name the paragraph that you have used. "


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The example with a longer prompt, after a run in a step of GitHub Actions; what it printed is in `output`."""
    pytest.importorskip("anthropic")
    pytest.importorskip("openai")
    folder = tmp_path_factory.mktemp("outputs") / "support_bot"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "llmcost.json"))
    prompt = folder / "prompts" / "support.md"
    text = prompt.read_text(encoding="utf-8")
    prompt.write_text(text.replace("\n# Refund", f"\n# Sources\n\n{16 * RULE}\n\n# Refund", 1), encoding="utf-8")
    environment = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    environment |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    command = [sys.executable, "-m", "pytest", "--llmcost", "--llmcost-report=json", "--junitxml=junit.xml"]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    (folder / "output").write_text(done.stdout, encoding="utf-8")
    return folder


def block(language, part):
    """Return the one example of a language on the page that has this part."""
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL) if part in text]
    return found


def test_the_annotation(project):
    lines = (project / "output").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("::error")]
    assert block("text", "::error") == f"{line}\n"


def test_the_summary(project):
    assert (project / "summary.md").read_text(encoding="utf-8").startswith("### ❌ LLM cost +")


def test_the_properties_of_a_test(project):
    shown = ET.fromstring(block("xml", "testcase"))
    cases = ET.parse(project / "junit.xml").getroot().iter("testcase")
    (case,) = [case for case in cases if case.get("name") == shown.get("name")]
    assert [one.attrib for one in shown.iter("property")] == [one.attrib for one in case.iter("property")]


def test_the_badge(project):
    command = [sys.executable, "-m", "pytest_llmcost", "report", "llmcost.json", "--format", "badge"]
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    assert block("json", "schemaVersion") == done.stdout


def test_the_properties_are_explained():
    from pytest_llmcost.plugin import junit

    source = Path(junit.__file__).read_text(encoding="utf-8")
    names = set(re.findall(r'"(llmcost\.\w+)"', source))
    assert len(names) > 8
    assert names == set(re.findall(r"`(llmcost\.\w+)`", PAGE))
