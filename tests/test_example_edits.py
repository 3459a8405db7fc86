"""Ten one-line edits of the example, on recorded replies that nobody renews: each is named first, or is silent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "support_bot"
README = (EXAMPLE.parents[1] / "README.md").read_text(encoding="utf-8")
PAGE = (EXAMPLE.parents[1] / "docs" / "what-changed.md").read_text(encoding="utf-8")
CHAT, TOOLS = "src/support_bot/chat.py", "src/support_bot/tools.py"
PROMPT = "prompts/support.md"

RULE = "- Before you answer, check the order, the article and the policy, and name the paragraph that you have used. "
TOOL = {
    "name": "cancel_order",
    "description": "Cancel an order that has not been shipped yet. The customer has to have confirmed it in this chat.",
    "parameters": {
        "type": "object",
        "properties": {"order_id": {"type": "string", "description": "The order number, such as FB-12345."}},
        "required": ["order_id"],
    },
}
HEAD = '{"role": "system", "content": '


class Edit(NamedTuple):
    """One line of a file: what it is, and what it becomes."""

    file: str
    old: str
    new: str


LONGER_PROMPT = Edit(PROMPT, "\n# ", f"\n# Sources\n\n{4 * RULE}\n\n# ")
TOOL_ADDED = Edit(TOOLS, "ToolParam] = [\n", f'ToolParam] = [\n    {{"type": "function", "function": {TOOL!r}}},\n')
MODEL_SWAPPED = Edit(CHAT, 'MODEL = "gpt-4o"', 'MODEL = "gpt-4.1"')
LOOP = Edit(CHAT, "reply = self._complete(messages)", "reply = [self._complete(messages) for _ in range(3)][0]")
NO_WINDOW = Edit(CHAT, "HISTORY_TURNS = 6", "HISTORY_TURNS = 600")
TIMESTAMP = Edit(CHAT, HEAD, HEAD + '__import__("datetime").datetime.now().isoformat() + "\\n\\n" + ')
TEMPERATURE = Edit(CHAT, "temperature=0.2", "temperature=0.7")
COMMENT = Edit(CHAT, '"""Answers one message at a time;', '"""Answers a single message at a time;')
NO_LIMIT = Edit(CHAT, "            max_completion_tokens=500,\n", "")
MORE_TRAFFIC = Edit("pyproject.toml", "requests_per_month = 45_000", "requests_per_month = 90_000")

CAUSES = [
    pytest.param(LONGER_PROMPT, "input.system", "support_chat", f"{PROMPT}:", id="longer system prompt"),
    pytest.param(TOOL_ADDED, "input.tools", "support_chat", f"{TOOLS}:", id="tool added"),
    pytest.param(MODEL_SWAPPED, "model", "support_chat", f"{CHAT}:", id="model swapped"),
    pytest.param(LOOP, "calls", "support_chat", f"{CHAT}:", id="loop around a call"),
    pytest.param(NO_WINDOW, "input.history", "support_chat", f"{CHAT}:", id="history window removed"),
    pytest.param(TIMESTAMP, "cache", "support_chat", f"{CHAT}:", id="timestamp in front of the prompt"),
    pytest.param(MORE_TRAFFIC, "traffic", "summarize", None, id="traffic raised"),
]


@pytest.fixture
def project(tmp_path):
    pytest.importorskip("anthropic")
    pytest.importorskip("openai")
    folder = tmp_path / "support_bot"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "llmcost.json"))
    return folder


def change(folder: Path, edit: Edit) -> None:
    path = folder / edit.file
    before = path.read_text(encoding="utf-8")
    assert edit.old in before
    path.write_text(before.replace(edit.old, edit.new, 1), encoding="utf-8")


def run(folder: Path) -> tuple[dict[str, Any], str]:
    command = [sys.executable, "-m", "pytest", "--llmcost", "--llmcost-report=term", "--llmcost-report=json"]
    environment = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ} | {"COLUMNS": "80"}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=120
    )
    return json.loads((folder / "llmcost.json").read_text(encoding="utf-8")), done.stdout


def ranked(report: dict[str, Any]) -> list[dict[str, Any]]:
    causes = [
        cause | {"feature": change["name"]} for change in report["comparison"]["features"] for cause in change["causes"]
    ]
    return sorted(causes, key=lambda cause: -abs(float(cause["monthly_usd"])))


def test_the_pages_show_what_is_printed(project):
    change(project, LONGER_PROMPT)
    _, output = run(project)
    table = output[output.index("What changed, dollars a month") : output.index("Scenarios, a month")].strip()
    assert table in README
    assert table in PAGE
    comment = [sys.executable, "-m", "pytest_llmcost", "comment", "llmcost.json", "--format=markdown"]
    drawn = subprocess.run(comment, cwd=project, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    shown = drawn[: drawn.index("<details>")].replace("&nbsp;", " ").strip()
    assert shown in README


@pytest.mark.parametrize(("edit", "kind", "feature", "place"), CAUSES)
def test_an_edit_is_the_first_cause_and_says_where(project, edit, kind, feature, place):
    change(project, edit)
    report, output = run(project)
    causes = ranked(report)
    assert (causes[0]["kind"], causes[0]["feature"]) == (kind, feature), causes[:3]
    assert abs(float(causes[0]["monthly_usd"])) > 1
    if place is not None:
        assert causes[0]["location"].startswith(place)
    assert "What changed" in output
    for one in report["comparison"]["features"]:
        moved = float(one["after_usd"]) - float(one["before_usd"])
        assert sum(float(cause["monthly_usd"]) for cause in one["causes"]) == pytest.approx(moved, abs=1e-9)


def test_a_removed_output_limit_is_a_finding_at_its_call(project):
    change(project, NO_LIMIT)
    report, output = run(project)
    (finding,) = [one for one in report["findings"] if one["rule"] == "output-limit"]
    assert finding["location"].startswith(f"{CHAT}:")
    assert "500" in finding["message"]
    assert "output-limit" in output
    assert ranked(report) == []


@pytest.mark.parametrize("edit", [TEMPERATURE, COMMENT], ids=["temperature", "comment"])
def test_a_harmless_edit_is_silent(project, edit):
    untouched, _ = run(project)
    change(project, edit)
    report, output = run(project)
    assert ranked(report) == []
    assert report["findings"] == untouched["findings"]
    assert "unchanged" in output
    assert "What changed" not in output
