"""The page: complete, self-contained, and without effect of foreign text."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pytest_llmcost.render.html import html

VOID = {"meta"}


class Reader(HTMLParser):
    """Checks that every element is closed, and collects what a reader sees."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.tags, self.attributes = [], [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.seen.append(data)


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def test_the_page_shows_the_headline_the_tables_and_the_verdict(rich):
    seen = " ".join(read(html(rich)).seen)
    for text in (
        "LLM cost: $3,238.00 a month",
        "LLM cost check: fail",
        "support_chat",
        "12,450 -> 610",
        "$2,870.50",
        "Scenarios, a month",
        "Budgets",
        "In no sample",
        "[eu|gift]",
        "prices: genai-prices 0.2.3 of 2026-11-21",
    ):
        assert text in seen


def test_the_page_loads_and_runs_nothing(report):
    text = html(report)
    page = read(text)
    assert not set(page.tags) & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert page.attributes <= {"lang", "charset", "name", "content", "class", "colspan"}
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert not any(loads in style for loads in ("@import", "url(", "http"))


def test_the_page_shows_causes_with_where_and_what_exactly_and_advice(explained):
    seen = read(html(explained)).seen
    for text in (
        "What changed, dollars a month",
        "2,310 -> 4,150 tokens",
        "+$402.25",
        "prompts/support.md:12, block 3 of 9 is new",
        "and 3 smaller causes, -$0.75 together",
        "git diff 91d0e4f -- prompts/support.md",
        "Advice",
        "and 2 more in the JSON report",
    ):
        assert text in seen


def test_a_page_without_causes_and_advice_has_no_empty_heading(rich):
    assert "What changed" not in html(rich)
    assert "Advice" not in html(rich)


@pytest.mark.parametrize("form", ["rich", "explained"])
def test_foreign_text_is_only_text(request, spoiled, form):
    report = request.getfixturevalue(form)
    report = replace(report, comparison=replace(report.comparison, commit=None))
    hostile = read(html(spoiled(report, '</td><script>alert(1)</script><img src=x onerror="x"> &amp; \'"')))
    plain = read(html(report))
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes
    assert any("<script>alert(1)</script>" in text for text in hostile.seen)


def test_the_page_follows_the_reader_in_light_and_dark(rich):
    assert "color-scheme: light dark" in html(rich)


def test_a_page_is_utf_8_whatever_the_names(rich, spoiled):
    assert html(spoiled(rich, "\udce9")).encode("utf-8")
