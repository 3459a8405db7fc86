"""Prompt files in a comment: what stands out comes first, and a file that grew is told when no cost has moved."""

from dataclasses import replace

import pytest
import story_reports
from story_reports import PLACE

from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.html import html
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.terminal import lines


@pytest.fixture
def unchanged(rich):
    """A report whose cost has not moved, with the prompt files of `rich` in it, of which one grew."""
    grown, new = rich.prompts
    return replace(story_reports.unchanged(rich), prompts=(new, replace(grown, limit=2000)))


def rows(text):
    part = text.partition("<b>Prompt files</b>")[2].partition("</details>")[0]
    return [line for line in part.splitlines() if "prompts/" in line]


def test_a_prompt_file_that_grew_is_told_though_no_cost_has_moved(unchanged):
    text = comment(unchanged, PLACE)
    assert "<b>Prompt files</b> · 0 of 2 too long, 1 changed" in text
    assert "| 1,150 | **1,420** | 2,000 | 71% |" in rows(text)[0]
    assert text.splitlines()[0].startswith("### ✅ LLM cost unchanged")


def test_prompt_files_that_did_not_change_are_no_reason_to_speak_up(unchanged):
    same = replace(unchanged, prompts=tuple(replace(one, before=one.file.tokens) for one in unchanged.prompts))
    assert "Prompt files" not in comment(same, PLACE)
    assert "no budget exceeded" in comment(replace(same, budgets=()), PLACE)


def test_what_is_too_long_comes_first_then_what_is_near_and_both_lead_to_the_file(rich):
    grown, near = rich.prompts
    calm = replace(grown, file=replace(grown.file, path="prompts/calm.md", tokens=1, upper=1), before=1)
    found = [
        Finding(
            rule="budget.prompt_tokens",
            severity=severity,
            subject=one.file.path,
            limit="1",
            actual="2",
            message=f"`{one.file.path}` uses 2 of 1",
            location=f"{one.file.path}:1",
        )
        for one, severity in ((grown, Severity.ERROR), (near, Severity.WARNING))
    ]
    story = story_reports.changed(rich)
    report = replace(story, prompts=(calm, grown, near), findings=tuple(found), verdict=Verdict.FAIL)
    text = comment(report, PLACE)
    assert [row.split(" | ")[0] for row in rows(text)] == ["| ❌", "| ⚠️", "| ✅"]
    assert f"]({PLACE.files}prompts/support.md#L1)" in rows(text)[0]
    assert "`prompts/support.md` uses 2 of 1 [`prompts/support.md:1`]" in text.partition("<details>")[0]
    assert "1 budget exceeded" in text.splitlines()[0]


def test_a_long_list_is_cut(unchanged):
    many = replace(unchanged, prompts=unchanged.prompts * 15)
    assert len(rows(comment(many, PLACE))) == 20
    assert "and 10 more files" in comment(many, PLACE)


def test_without_prompt_files_nothing_is_drawn(no_traffic):
    drawn = [line.text for line in lines(no_traffic, width=80, detail="features")]
    assert not any("Prompt files" in text for text in (*drawn, markdown(no_traffic), html(no_traffic)))
