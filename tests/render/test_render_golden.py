"""Every form of some reports, as a reader sees it. `UPDATE_GOLDEN=1 pytest tests/render` writes the files anew."""

import json
from dataclasses import replace

import pytest
import story_reports

from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.html import html
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.render.terminal import lines


def drawn(report, detail="features", width=80, explain=()):
    return "".join(f"{line.text}\n" for line in lines(report, width=width, detail=detail, explain=explain))


@pytest.mark.parametrize("detail", ["features", "tests", "calls"])
def test_the_terminal_report_of_a_project_with_traffic(rich, golden, detail):
    golden(f"terminal_{detail}.txt", drawn(rich, detail))


def test_the_terminal_report_without_traffic(no_traffic, golden):
    golden("terminal_no_traffic.txt", drawn(no_traffic))


def test_the_terminal_report_without_traffic_against_a_baseline(per_run, golden):
    golden("terminal_per_run.txt", drawn(per_run))


def test_the_markdown_report_of_a_project_with_traffic(rich, golden):
    golden("report.md", markdown(rich))


def test_the_markdown_report_without_traffic(no_traffic, golden):
    golden("report_no_traffic.md", markdown(no_traffic))


def test_the_markdown_report_without_traffic_against_a_baseline(per_run, golden):
    golden("report_per_run.md", markdown(per_run))


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_report_with_causes_and_advice(explained, golden, width):
    golden(f"terminal_explained_{width}.txt", drawn(explained, width=width))


def test_the_terminal_report_with_causes_of_a_run(explained_run, golden):
    golden("terminal_explained_run.txt", drawn(explained_run))


def test_the_markdown_report_with_causes_and_advice(explained, golden):
    golden("report_explained.md", markdown(explained))


def test_the_markdown_report_with_causes_of_a_run(explained_run, golden):
    golden("report_explained_run.md", markdown(explained_run))


def test_the_markdown_report_with_hostile_causes_and_advice(hostile, golden):
    golden("report_hostile.md", markdown(hostile))


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_report_of_a_month_in_production(produced, golden, width):
    golden(f"terminal_produced_{width}.txt", drawn(produced, width=width, explain=["support_chat", "daily_digest"]))


def test_the_markdown_report_of_a_month_in_production(produced, golden):
    golden("report_produced.md", markdown(produced, ["support_chat"]))


def test_the_page_of_a_month_in_production(produced, golden):
    golden("report_produced.html", html(produced))


def test_the_features_and_the_outlook_in_a_run_file(produced, golden):
    whole = json.loads("".join(chunks(produced, {})))
    shown = {key: whole[key] for key in ("features", "outlook", "scenarios")}
    golden("run_produced.json", json.dumps(shown, indent=1) + "\n")


def test_the_comment_on_a_month_in_production(produced, golden):
    golden("comment_produced.md", comment(produced, story_reports.PLACE))


def test_the_run_file(kept_run, declared, golden):
    golden("run.json", "".join(chunks(kept_run, declared)))


@pytest.mark.parametrize("story", [story_reports.changed, story_reports.unchanged, story_reports.first])
def test_the_comment(rich, golden, story):
    golden(f"comment_{story.__name__}.md", comment(story(rich), story_reports.PLACE))


def test_the_comment_of_a_project_without_traffic(explained_run, golden):
    golden("comment_per_run.md", comment(explained_run, story_reports.PLACE))


def test_the_comment_on_what_a_fork_has_measured(explained, golden):
    place = replace(story_reports.PLACE, is_verified=False)
    golden("comment_explained_fork.md", comment(explained, place))
