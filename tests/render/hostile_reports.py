"""Reports whose every foreign text, wherever one can stand, is another one that wants to break out."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from pytest_llmcost.core.advice import Advice
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.comparison import Change, Comparison
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.core.prompt_files import PromptFile, PromptReport
from pytest_llmcost.core.report import FeatureReport, Group, Month, Prices, Report, TestReport, Use
from pytest_llmcost.core.run import Origins
from pytest_llmcost.core.usage import Provenance, Usage
from pytest_llmcost.render.place import Place

PIECES = (
    *"`|\\<>*_[]()#@&!~$-+=:;./ '\"{}^%?,",
    *("``", "```", "\\|", "\\`", "|`", "`|`", "~~~", "~~", "**", "__", "[x](y)", "![a](b)", "[^1]"),
    *("[^1]: note", "[x]: y", "@octocat", "@acme/team", "a@octocat", "#1", "GH-1", "acme/shop#1", "octocat#7"),
    *("deadbeefcafe1234", "a1b2c3d", "acme/shop@a1b2c3d", "www.example.org", "http://example.org"),
    *("https://x.org/?a=1&b=2", "mailto:x@y.zz", "x@y.zz", "xmpp:x@y.zz", "ftp://x.org", "<https://x.org>"),
    *("<x@y.zz>", "<b>", "</b>", "<img src=x onerror=alert(1)>", "<script>", "</details>", "</summary>"),
    *("</sub>", "</td></tr></table>", "<!-- ", " -->", "<![CDATA[", "<?php", "<a href=x>", "&#64;octocat"),
    *("&commat;octocat", "&lt;b&gt;", "&#96;", "&#124;", "&nbsp;", "&Tab;", "&NewLine;", ":tada:", ":+1:"),
    *("$x^2$", "$$", "$`x`$", "- ", "+ ", "1. ", "1) ", "# ", "## x", "> ", "---", "===", "- [x] ", "* * *"),
    *("\n", "\n\n", "\r\n", "\t", "\x00", "\x1b[31m", "\x0b", "\x85", "\u2028", "\u200b", "\u200d", "\ufeff"),
    *("\u202e", "\u2066", "\xad", "| a | b |", "\n| --- |\n", "é", "é́", "漢字", "👩\u200d👩\u200d👧\u200d👦"),
    *("\ud800", "\u0600", "tests/a.py::t[x]", "::set-output name=x::y", "    ", "a", "B", "7", "_a_", "*a*"),
    *("<!-- pytest-llmcost id=default -->", "http", "www", "%0A", "{{ x }}", "[[x]]", "@"),
)  # fmt: skip

FILES = "https://github.com/acme/shop/blob/3f9c2ab/"
RUN = "https://github.com/acme/shop/actions/runs/123"

Text = Callable[[], str]


def nasty(seed: int) -> Text:
    """Return what makes the next hostile text; each has a number of its own, `q17q`."""
    rolls, number = random.Random(seed), iter(range(seed * 10_000, (seed + 1) * 10_000))

    def text() -> str:
        pieces = rolls.choices(PIECES, k=rolls.randint(1, 7))
        pieces.insert(rolls.randint(0, len(pieces)), f"q{next(number)}q")
        return "".join(pieces)

    return text


def harmless() -> Text:
    """Return what makes the next harmless text."""
    number = iter(range(10_000))
    return lambda: f"name{next(number)}"


def place(text: Text) -> Place:
    return Place(head="3f9c2ab" + "0" * 33, base=text(), files=FILES, run=RUN, is_verified=False)


def spoiled(rich: Report, text: Text) -> Report:
    """Fill every row that a comment shows with texts of their own."""
    names = [text() for _ in range(12)]
    features = tuple(_change(name, number, text) for number, name in enumerate(names))
    return replace(
        rich,
        verdict=Verdict.FAIL,
        prices=Prices(source=text(), version=text(), as_of=text()),
        origins=Origins(commit=text(), branch=text(), dirty=True),
        comparison=Comparison(
            source=text(),
            commit=text(),
            per="month",
            before_usd=sum((one.before_usd for one in features), Decimal(0)),
            after_usd=sum((one.after_usd for one in features), Decimal(0)),
            features=features,
            gate=features,
            scenarios={text(): (Decimal(1), Decimal(2)) for _ in range(20)},
            tests=tuple(Change(name=text(), before_usd=Decimal(1), after_usd=Decimal(9)) for _ in range(10)),
        ),
        features=tuple(_feature(name, text) for name in names),
        scenarios={text(): Month(monthly_usd=Decimal(1), inference_usd=Decimal(1), requests=Decimal(5))},
        groups=(Group(name=text(), calls=1, tests=1, cost_usd=None),),
        budgets=(),
        findings=(
            *(_finding("budget.monthly_usd", Severity.ERROR, text) for _ in range(4)),
            *(_finding("regression", Severity.ERROR, text) for _ in range(2)),
            *(_finding(text(), Severity.ERROR, text) for _ in range(4)),
            *(_finding("accepted", Severity.NOTICE, text) for _ in range(20)),
            *(_finding(text(), Severity.WARNING, text) for _ in range(20)),
        ),
        advice=(
            Advice(kind="cache-break", feature=names[0], monthly_usd=Decimal(9), message=text(), location=text()),
            *(Advice(kind="batch", feature=text(), monthly_usd=Decimal(8), message=_sentence(text)) for _ in range(4)),
        ),
        tests=(_test(text),),
        prompts=tuple(_prompt(text, before) for before in (None, 7, 9)),
        discounts={text(): Discount(percent=Decimal(10), reason=text())},
    )


def _prompt(text: Text, before: int | None) -> PromptReport:
    file = PromptFile(
        path=text(), sha256="0" * 64, model=text(), encoding=text(), tokens=9, upper=12, source=Provenance.SCALED
    )
    return PromptReport(file=file, limit=10, pattern=text(), before=before)


def uncompared(rich: Report, text: Text) -> Report:
    """The same without a baseline, and without traffic: the tests are what it shows."""
    report = spoiled(rich, text)
    tests = tuple(_test(text) for _ in range(5))
    return replace(report, comparison=None, no_comparison=text(), features=(), scenarios={}, tests=tests)


def _sentence(text: Text) -> str:
    """A sentence of ours with names in it, as messages are made."""
    return f"`{text()}` uses {text()} of `{text()}`: renew it"


def _change(name: str, number: int, text: Text) -> Change:
    causes = tuple(
        Cause(
            kind=kind,
            subject=text(),
            before=text(),
            after=text(),
            monthly_usd=Decimal(usd),
            location=text() if usd == 2 else None,
            test=text(),
            detail=text() if number % 2 else _sentence(text),
        )
        for kind, usd in ((Kind.CACHE, 2), (Kind.MODEL, 1))
    )
    return Change(name=name, before_usd=Decimal(10), after_usd=Decimal(13), causes=causes)


def _feature(name: str, text: Text) -> FeatureReport:
    return FeatureReport(
        name=name,
        samples=2,
        carried=1,
        lost=1,
        calls_per_request=Decimal(1),
        input_tokens=Decimal(1),
        output_tokens=Decimal(1),
        cost_per_request_usd=Decimal(1),
        requests_per_month=Decimal(1),
        monthly_usd={"measured": Decimal(1)},
        provenance=Provenance.REPORTED,
        uncovered=False,
        budgets=(Use(key=text(), limit=Decimal(2), actual=Decimal(1), unit="usd"),),
    )


def _finding(rule: str, severity: Severity, text: Text) -> Finding:
    message = text() if severity is Severity.NOTICE else _sentence(text)
    return Finding(
        rule=rule, severity=severity, subject=text(), message=message, limit="$1.00", actual="$2.00", location=text()
    )


def _test(text: Text) -> TestReport:
    return TestReport(
        test=text(),
        outcome="passed",
        attempts=1,
        features=(text(),),
        weight=Decimal(1),
        calls=1,
        usage=Usage(input_tokens=1, output_tokens=1),
        cost_usd=Decimal(1),
    )
