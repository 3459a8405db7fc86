"""A comment that would be too long: what is left out, in which order, and that what stays is whole."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
import story_reports
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.comparison import Change
from pytest_llmcost.core.finding import Severity
from pytest_llmcost.core.report import Use
from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.fit import Part, fit, joined
from pytest_llmcost.render.place import Place
from pytest_llmcost.render.summary import summary

FAMILY = "👩‍👩‍👧‍👦"
STACKED = "e" + "\u0301" * 5000

WHERE = "See there."


def folded(title, length):
    return Part(title=title, text=f"<details>{'x' * length}</details>")


def table(rows):
    return Part(text="| a |\n| --- |", rows=tuple(f"| {number} |" for number in range(rows)), end="| total |")


def test_what_fits_is_left_alone():
    parts = [Part(text="head"), table(3), folded("more", 10), Part(text="foot")]
    assert fit(parts, 1000, WHERE) == joined(parts)


def test_folded_parts_go_first_from_the_end():
    parts = [Part(text="head"), folded("causes", 200), table(3), folded("budgets", 200), folded("tests", 200)]
    text = fit([*parts, Part(text="foot")], 420, WHERE)
    assert "causes" not in text
    assert text.count("<details>") == text.count("</details>") == 1
    assert text.endswith("| total |\n\nLeft out for its length: budgets and tests. See there.\n\nfoot\n")


def test_rows_go_when_no_folded_part_is_left():
    parts = [Part(text="head"), table(100), table(50), folded("tests", 9), Part(text="foot")]
    text = fit(parts, 700, WHERE)
    assert text.count("| total |") == 2
    gone = int(re.search(r"Left out for its length: tests and ([0-9]+) rows. See there.", text)[1])
    assert len(re.findall(r"^\| [0-9]+ \|$", text, re.MULTILINE)) == 150 - gone
    assert "| 99 |" not in text.partition("| total |")[2]
    assert 690 <= len(text.encode()) <= 700


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=8), st.integers(200, 2000))
def test_it_is_never_longer_and_never_cut_within_a_part(shapes, at_most):
    parts = [folded("é", length) if is_folded else table(length) for is_folded, length in shapes]
    parts = parts[:4]
    text = fit([Part(text="head"), *parts, Part(text="foot")], at_most, WHERE)
    assert text.startswith("head\n")
    assert text.endswith("foot\n")
    assert text.count("<details>") == text.count("</details>")
    assert text.count("| a |") == text.count("| total |")
    assert len(text.encode()) <= max(
        at_most, len(fit([Part(text="head"), *parts, Part(text="foot")], 0, WHERE).encode())
    )


@pytest.fixture(
    scope="module", params=[FAMILY * 40, STACKED, "漢" * 300, "`|" * 200], ids=["emoji", "accents", "han", "ticks"]
)
def huge(request, rich):
    """Thousands of features and tests with long names, hundreds of broken budgets, findings without end."""
    report = story_reports.changed(rich)
    name = request.param
    features = tuple(
        Change(name=f"{number} {name}", before_usd=Decimal(1), after_usd=Decimal(2 + number)) for number in range(5000)
    )
    feature = report.features[0]
    broken = next(one for one in report.findings if one.severity is Severity.ERROR)
    return replace(
        report,
        features=tuple(
            replace(
                feature,
                name=one.name,
                carried=1,
                budgets=(Use(key="calls", limit=Decimal(1), actual=Decimal(2), unit="calls"),),
            )
            for one in features
        ),
        findings=(
            *(replace(broken, subject=f"{number} {name}", location=f"{name}.py:4") for number in range(500)),
            *(
                replace(broken, rule=f"r{number}", severity=Severity.NOTICE, message=f"{number} `{name}` {name}")
                for number in range(500)
            ),
        ),
        comparison=replace(
            report.comparison,
            features=features,
            gate=features,
            scenarios={f"{number} {name}": (Decimal(1), Decimal(2)) for number in range(300)},
            tests=tuple(replace(one, name=f"tests/{name}::{one.name}") for one in features),
        ),
        advice=tuple(replace(report.advice[0], message=f"{name} `{name}`", feature=name) for _ in range(50)),
    )


@pytest.mark.parametrize("at_most", [59_800, 20_000, 8_000])
def test_a_huge_comment_fits_and_stays_whole(huge, at_most):
    text = comment(huge, story_reports.PLACE, at_most=at_most)
    assert len(text.encode()) <= at_most
    assert text.startswith("### ❌ LLM cost ")
    assert "500 budgets exceeded" in text.splitlines()[0]
    assert text.endswith("</sub>\n")
    assert text.count("<details>") == text.count("</details>")
    assert "| **Total** |" in text
    assert "This check fails until the cost drops" in text


def test_what_was_left_out_is_said_with_the_place_where_it_is(huge):
    text = comment(huge, story_reports.PLACE, at_most=8_000)
    line = next(line for line in text.splitlines() if line.startswith("Left out"))
    assert "budgets" in line
    assert f"The [job summary]({story_reports.PLACE.run}) has it all." in line
    assert "`llmcost report RUN` has it all." in comment(huge, Place(), at_most=8_000)


def test_a_huge_job_summary_fits(huge):
    text = summary(huge)
    assert len(text.encode()) <= 900 * 1024
    assert text.count("<details>") == text.count("</details>")
    assert len(re.findall(r"^\| ❌|^\| 🔴", text, re.MULTILINE)) > 20


def test_the_job_summary_names_every_test_that_moved(rich):
    text = summary(story_reports.changed(rich))
    assert "<b>Tests</b> · 3 of 143 changed" in text
    assert "| `tests/test_support.py::test_handover` | $0.0098 | $0.015 | +$0.0053 |" in text
