"""The Markdown report: its shape, and that no name breaks it, in the parser of GitHub."""

import re
from dataclasses import replace
from decimal import Decimal

import outlook_reports
import pytest
import story_reports
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_llmcost.core.comparison import Change
from pytest_llmcost.core.finding import Verdict
from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.escape import cell, code, inline, prose
from pytest_llmcost.render.markdown import markdown

PIECES = [*"`|\\<>*_[]()#@&!~$-+= \t\n\u200bé", "a", "www.x.org", "https://x.org", "x@y.z", "\\|", "``"]
NASTY = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)


@pytest.fixture(scope="session")
def parsed():
    """Turn Markdown into HTML as GitHub does."""
    cmarkgfm = pytest.importorskip("cmarkgfm")
    options = pytest.importorskip("cmarkgfm.cmark").Options.CMARK_OPT_UNSAFE
    return lambda text: cmarkgfm.github_flavored_markdown_to_html(text, options)


def test_the_heading_is_verdict_change_and_budgets(rich, no_traffic, per_run):
    assert (
        markdown(rich).splitlines()[0] == "### ❌ LLM cost +24% · $2,613.00 → $3,238.00 per month · 1 budget exceeded"
    )
    assert markdown(no_traffic).splitlines()[0] == (
        "### ⚪ LLM cost $0.055 for 4 calls in 2 tests · nothing to compare with yet"
    )
    assert markdown(per_run).splitlines()[0] == (
        "### ✅ LLM cost $0.055 for 4 calls in 2 tests · samples +9.8%, $0.050 → $0.055"
    )


def test_an_unchanged_month_is_one_figure(rich):
    same = replace(rich.comparison, before_usd=Decimal(3238), features=rich.comparison.features[:1])
    text = markdown(replace(rich, comparison=same, findings=(), verdict=Verdict.PASS))
    assert text.splitlines()[0] == "### ✅ LLM cost unchanged · $3,238.00 / month"
    assert "| `support_chat` | 500,000 |" in text


def test_a_month_without_a_baseline_shows_every_feature(rich):
    text = markdown(replace(rich, comparison=None, no_comparison="no baseline was found", findings=()))
    assert "### ❌ LLM cost $3,238.00 / month · nothing to compare with yet" in text
    assert "| `summarize` | 7,903 | $46.50 | 12,450&nbsp;→&nbsp;610 | $367.50 | 33% |" in text
    assert "not compared: no baseline was found" in text


def test_the_largest_changes_come_first_and_the_rest_is_counted(per_run):
    def change(number):
        return Change(name=f"test_{number:02}", before_usd=Decimal(1), after_usd=Decimal(1) + Decimal(number) / 100)

    changes = (*map(change, range(1, 26)), Change(name="test_unknown", before_usd=None, after_usd=Decimal(1)))
    text = markdown(replace(per_run, comparison=replace(per_run.comparison, gate=changes)))
    shown = re.findall(r"^\| \S*&nbsp;`(test_[^`]+)` \|", text, re.MULTILINE)
    assert shown == ["test_unknown", *(f"test_{number:02}" for number in range(25, 6, -1))]
    assert "| 6 more |" in text


def test_there_is_no_marker_line(report):
    assert "<!--" not in markdown(report)


def test_a_change_from_an_unknown_cost_has_no_figure(rich):
    change = replace(rich.comparison.features[1], before_usd=None)
    unknown = replace(rich.comparison, before_usd=None, features=(change,))
    text = markdown(replace(rich, comparison=unknown))
    assert "### ❌ LLM cost $3,238.00 / month · ? → $3,238.00 per month" in text
    assert "`support_chat` | ? | ?&nbsp;→&nbsp;$2,870.50 |" in text


def test_every_table_is_a_table(report, parsed):
    html = parsed(markdown(report))
    assert html.count("<table>") == len(re.findall(r"^\| :?--", markdown(report), re.MULTILINE))
    assert "| :--" not in html


def skeleton(html):
    """The elements of a page, without its text."""
    return [tag for tag in re.findall(r"</?[a-z0-9]+", html) if tag not in {"<code", "</code"}]


@given(text=NASTY)
@example(text="`|`\\|")
@example(text="\\")
@example(text="``` @octocat #1 <img src=x>")
def test_a_hostile_name_changes_no_structure(rich, spoiled, parsed, text):
    assert skeleton(parsed(markdown(spoiled(rich, text)))) == skeleton(parsed(markdown(rich)))


@given(text=NASTY)
@example(text="`|`\\|")
@example(text="\\")
@example(text="``` @octocat #1 <img src=x>")
def test_hostile_causes_and_advice_change_no_structure(explained, spoiled, parsed, text):
    # Without a commit there is nothing to diff against: a name that is spoiled is none.
    told = replace(explained, comparison=replace(explained.comparison, commit=None))
    assert skeleton(parsed(markdown(spoiled(told, text)))) == skeleton(parsed(markdown(told)))


def test_no_name_of_a_month_in_production_changes_structure(parsed):
    name = "</summary></td><script>alert(1)</script> `@octocat` | a |\n# x https://x.org "
    plain, spoiled = outlook_reports.produced("x"), outlook_reports.produced(name)
    for form in (_unfolded, _commented):
        assert skeleton(parsed(form(spoiled))) == skeleton(parsed(form(plain)))


def _unfolded(report):
    return markdown(report, [one.name for one in report.features])


def _commented(report):
    return comment(report, story_reports.PLACE)


def test_nothing_hostile_in_causes_and_advice_gets_out_of_its_code_span(hostile, parsed):
    html = parsed(markdown(hostile))
    outside = re.sub(r"<code>.*?</code>", "", html)
    for sign in ("@octocat", "https://x.org", "&lt;img", "**d**", "| row |"):
        assert sign in html
        assert sign not in outside
    assert not re.search(r"<(a|img|strong>d)\b", html)
    assert html.count("</details>") == html.count("<details>")


@given(text=NASTY)
@example(text="a\\|b")
@example(text="a \\| `c|d` |")
def test_a_sentence_stays_in_its_cell(parsed, text):
    html = parsed(f"| a | b |\n| --- | --- |\n| {cell(f'x{text}x')} | 1 |\n")
    assert re.findall(r"<td>1</td>", html) == ["<td>1</td>"]
    assert html.count("<td>") == 2
    assert not re.search(r"<(?!/?(?:table|thead|tbody|tr|th|td|code)\b)", html)


@given(text=NASTY)
@example(text="a|b")
def test_a_name_is_shown_as_it_is_outside_of_tables(parsed, text):
    shown = re.search(r"<li>(?:<p>)?<code>(.*?)</code>", parsed(f"- {inline(f'x{text}x')} is it")).group(1)
    flat = f"x{text}x".replace("\u200b", "").replace("\n", " ").replace("\t", " ")
    for char, entity in {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}.items():
        flat = flat.replace(char, entity)
    assert shown == flat


@given(text=NASTY)
@example(text="a\\|b")
@example(text="`")
def test_a_name_is_shown_as_it_is_in_a_table(parsed, text):
    name = f"x{text}x"
    html = parsed(f"| a | b |\n| --- | --- |\n| {code(name)} | 1 |\n")
    assert html.count("<td>") == 2
    shown = re.search(r"<td><code>(.*?)</code></td>", html).group(1).replace("\u200b", "")
    flat = name.replace("\u200b", "").replace("\n", " ").replace("\t", " ")
    for char, entity in {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}.items():
        flat = flat.replace(char, entity)
    assert shown == flat


def test_a_name_is_cut_to_120_characters():
    assert len(code("x" * 500)) == 122
    assert len(code("漢" * 500)) == 62
    assert len(inline("e" + "\u0301" * 10**6)) == 122


def test_a_long_sentence_loses_the_middle_of_its_names_first():
    name = "tests/test_a.py::test_" + "x" * 900
    shown = prose(f"renew the recordings of `{name}`, `{name}` and 4 more")
    assert shown.startswith("renew the recordings of `tests/test_a.py::test_xxx")
    assert shown.endswith("x` and 4 more")
    assert len(shown) < 300


@pytest.mark.parametrize("text", ["word " * 10_000, "`a` b " * 10_000, "`" * 10_001])
def test_no_sentence_is_without_end(text):
    assert len(prose(text)) < 1300
    assert prose(text).startswith("`")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as of 91d0e4f, renewed", "as of `91d0e4f`, renewed"),
        ("at (91d0e4f) yet", "at (`91d0e4f`) yet"),
        ("at 91d0e4f", "at `91d0e4f`"),
        ("x/91d0e4f is it", "`x/91d0e4f is it`"),
        (
            "1 call, $0.0025756935 in all (1,204.1234567 a day)",
            "1 call, `$0.0025756935` in all (`1,204.1234567` a day)",
        ),
        ("v1.0.1234567 is it", "`v1.0.1234567 is it`"),
        ("`a`0.1234567 is it", "`` `a`0.1234567 is it ``"),
        ("`a``b` is it", "``` `a``b` is it ```"),
        ("- a list", "\\- a list"),
        ("12. of May", "12\\. of May"),
        ("> said", "\\> said"),
        ("== all", "\\== all"),
        ("$5.00 of $6.00 ($1.00 left)", "$5.00 of $6.00 ($1.00 left)"),
        ("$x^2$ is it", "`$x^2$ is it`"),
        ("so :tada: it is", "`so :tada: it is`"),
        ("see GH-12", "`see GH-12`"),
    ],
)
def test_what_a_page_would_make_of_a_sentence_is_taken_from_it(text, shown):
    assert prose(text) == shown


def test_an_empty_name_is_shown_as_unknown():
    assert code("\x1b") == "`?`"


def test_a_scenario_name_is_foreign_too(rich, parsed):
    name = "a|b `c`"
    feature = replace(rich.features[0], monthly_usd={name: Decimal(1)})
    report = replace(rich, features=(feature,), scenarios={name: rich.scenarios["measured"]}, headline=name)
    assert "<code>a|b `c`</code></th>" in re.sub(r" align=\"right\"", "", parsed(markdown(report)))


def test_a_sentence_keeps_its_names_and_loses_its_markup():
    assert prose("`a|b` uses *all* of [it]") == "`a|b` uses \\*all\\* of \\[it\\]"


@pytest.mark.parametrize(
    "text", ["see https://x.org", "WWW.x.org", "ask @octocat", "as in #12", "&lt;b>", "one ` only"]
)
def test_a_sentence_that_could_become_a_link_is_code_as_a_whole(text):
    assert prose(text).startswith("`")
    assert text in prose(text)
