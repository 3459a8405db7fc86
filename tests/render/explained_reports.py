"""Reports with causes and advice: one with something of every kind, and one whose every foreign text is hostile."""

from dataclasses import replace
from decimal import Decimal

from pytest_llmcost.core.advice import Advice
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.comparison import Change
from pytest_llmcost.core.report import Report

TURN = "tests/test_support.py::test_a_refund_is_explained[eu|gift]"
LONG = "tests/summaries/test_long_threads.py::TestThread::test_a_very_long_thread_is_summarized"
HOSTILE = "a|b `c` \\| **d** <img src=x onerror=alert(1)> @octocat #1 https://x.org\n| new | row |\n</details>"


def cause(kind, usd, before=None, after=None, **more):
    return Cause(kind=kind, monthly_usd=Decimal(usd), before=before, after=after, **{"subject": kind.value, **more})


SUPPORT = (
    cause(
        Kind.SYSTEM,
        "402.25",
        "2310",
        "4150.2",
        location="prompts/support.md:12",
        test=TURN,
        detail="block 3 of 9 is new",
    ),
    cause(Kind.CACHE, "236.5", "0.82", "0.41", test=TURN, detail="prompt differs from token 96 on: a timestamp"),
    cause(Kind.TOOLS, "41.75", None, "212", location="src/app/tools.py:8", detail="tool `refund_order` is new"),
    cause(Kind.HISTORY, "-31.5", "1200.04", "1200.01"),
    cause(Kind.CALLS, "-24", "2", "1.333333333333", location="src/app/support.py:41", test=TURN),
)

SUMMARY = (
    cause(
        Kind.MODEL,
        "73.5",
        "openai/gpt-4.1-mini-2025-04-14",
        "openai/gpt-4.1-2025-04-14",
        location="src/app/summary.py:17",
        test=LONG,
    ),
    cause(Kind.TRAFFIC, "52.5", "6000", "7903.225", subject="summarize"),
    cause(Kind.OUTPUT, "-12.25", "610", "540", location="src/app/summary.py:17", test=LONG),
    cause(Kind.MEDIA, "9.5", "0", "85", test=LONG),
    cause(Kind.USER, "2.25", "90.2", "90.4", location="prompts/it's; rm -rf *.md"),
    cause(Kind.SAMPLES, "-1.5", detail="1 test added, 2 removed"),
    cause(Kind.SCENARIO, "0.75", "base", "measured"),
    cause(Kind.OVERHEADS, "0.000004", "0.1", "0.25"),
    cause(Kind.PRICE, "0"),
)

ADVICE = (
    Advice(
        kind="batch",
        feature="summarize",
        monthly_usd=Decimal("251.5"),
        message="no test waits for `summarize`: declare `batch = true` and send it through the batch API",
    ),
    Advice(
        kind="cache-break",
        feature="support_chat",
        monthly_usd=Decimal("236.5"),
        message="a timestamp near token 96 changes on every call; behind the fixed text it lets the cache work again",
        location="src/app/support.py:41",
        test=TURN,
    ),
    Advice(
        kind="unused-tools",
        feature="support_chat",
        monthly_usd=Decimal("41.75"),
        message="no recorded call uses 3 of 9 tools (`refund_order`, `escalate`, `close`); send them only where needed",
        location="src/app/tools.py:8",
    ),
    *(
        Advice(
            kind="pretty-json",
            feature="summarize",
            monthly_usd=Decimal(10 - number),
            message=f"the user input of {number + 2} calls is indented JSON; without spaces it is 31% shorter",
            test=LONG,
        )
        for number in range(4)
    ),
)


def added(before: str, causes: tuple[Cause, ...]) -> Decimal:
    return sum((one.monthly_usd for one in causes), Decimal(before))


def explained(rich: Report) -> Report:
    """The same project, with every kind of cause and more causes and advice than are shown."""
    features = (
        Change(name="classify", before_usd=Decimal(180), after_usd=Decimal(180)),
        Change(name="summarize", before_usd=Decimal("242.75"), after_usd=added("242.75", SUMMARY), causes=SUMMARY),
        Change(name="support_chat", before_usd=Decimal("2245.5"), after_usd=added("2245.5", SUPPORT), causes=SUPPORT),
    )
    comparison = replace(
        rich.comparison,
        before_usd=sum(one.before_usd for one in features),
        after_usd=sum(one.after_usd for one in features),
        features=features,
    )
    return replace(rich, comparison=comparison, advice=ADVICE)


def explained_run(per_run: Report) -> Report:
    """A project without traffic: the causes belong to tests."""
    causes = (
        cause(Kind.OUTPUT, "0.0041", "480", "610", test=LONG, location="src/app/summary.py:17"),
        cause(Kind.SYSTEM, "0.0008", "310", "350", test=LONG, detail="block 1 of 2 grew"),
    )
    first, second = per_run.comparison.gate
    return replace(per_run, comparison=replace(per_run.comparison, gate=(replace(first, causes=causes), second)))


def hostile(rich: Report) -> Report:
    """Every kind of cause and advice, all of whose texts want to break out."""
    causes = tuple(
        cause(kind, 1 + number, HOSTILE, HOSTILE[1:], subject=HOSTILE, location=HOSTILE, test=HOSTILE, detail=HOSTILE)
        for number, kind in enumerate(Kind)
    )
    change = Change(name=HOSTILE, before_usd=Decimal(1), after_usd=added("1", causes), causes=causes)
    advice = tuple(replace(one, feature=HOSTILE, message=HOSTILE, location=HOSTILE) for one in ADVICE)
    sides = {"before_usd": change.before_usd, "after_usd": change.after_usd}
    return replace(rich, comparison=replace(rich.comparison, features=(change,), **sides), advice=advice)
