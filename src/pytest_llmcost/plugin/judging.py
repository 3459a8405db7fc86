"""Judging: from everything that was recorded to the report, the baseline and the report files."""

from __future__ import annotations

from collections import Counter as Tally
from contextlib import suppress
from decimal import localcontext
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pytest_llmcost import __version__
from pytest_llmcost.core.baseline import Baseline
from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.compose import Book, build_report, judged
from pytest_llmcost.core.finding import Finding, Severity, Verdict, ranked
from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.core.replaced import replaced
from pytest_llmcost.core.run import Origins, Part, Run, TestOutcome, TestRun, file_of, in_order
from pytest_llmcost.core.scenario import MEASURED
from pytest_llmcost.core.settings import fingerprint
from pytest_llmcost.core.worth import worth
from pytest_llmcost.errors import LlmCostError
from pytest_llmcost.plugin.prompts import Counted, counted
from pytest_llmcost.tokens import ESTIMATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.report import Prices, Report
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.plugin.ending import Ending
    from pytest_llmcost.plugin.ledger import Ledger
    from pytest_llmcost.plugin.options import Options


def judge(ending: Ending, ledger: Ledger) -> tuple[Report, bool]:
    """Return the report, and whether the run must fail. Files are written; what could not be is a finding."""
    prices = ending.book()
    of_book = prices.prices
    run = _run(ending, ledger, of_book)
    report = build_report(
        run, ending.settings, ending.against, Book(price=prices, prices=of_book, claims=prices.claims)
    )
    report = _placed(ending, report)
    if ending.options.update_baseline:
        problem = _update(ending, run, report)
        report = _noted(report, problem) if problem else _without_slack(report)
    for kind, path in ending.options.files:
        report = _noted(report, _write(ending, kind, path, report))
    return report, not ending.options.record_only and report.verdict is Verdict.FAIL


def _placed(ending: Ending, report: Report) -> Report:
    """Let causes name the files of prompts; without them a report is complete all the same."""
    from pytest_llmcost.core.placing import products, with_places
    from pytest_llmcost.storage.source_texts import since
    from pytest_llmcost.storage.sources import DEFAULT_NAME
    from pytest_llmcost.tokens.places import of_sources

    baseline, name = ending.against.baseline, ending.settings.baseline or DEFAULT_NAME
    try:
        return with_places(report, baseline, lambda: of_sources(since(ending.root, baseline, name), products(report)))
    except Exception as error:
        finding = next(_faults([f"{type(error).__name__} in placing"]))
        return judged(report, (*report.findings, finding))


def _noted(report: Report, problem: str | None) -> Report:
    if problem is None:
        return report
    finding = Finding(rule="internal", severity=Severity.ERROR, subject="output", message=problem)
    return judged(report, (*report.findings, finding))


def _without_slack(report: Report) -> Report:
    """A baseline that has just been written leaves none, whatever this run was compared with."""
    return judged(report, (finding for finding in report.findings if finding.rule != "slack"))


def _run(ending: Ending, ledger: Ledger, prices: Prices) -> Run:
    files = {file_of(test) for test in ending.against.baseline.tests} if ending.against.baseline is not None else set()
    ran = [
        TestRun(test=t.test, attempt=t.attempt, outcome=TestOutcome(t.outcome), weight=t.weight, feature=t.feature)
        for t in ledger.tests
    ]
    lost = [TestRun(test=test, outcome=TestOutcome.FAILED) for test in ledger.lost]
    prompts = _prompts(ending)
    part = Part(
        id=uuid4().hex,
        created_at=ending.now.isoformat(timespec="seconds"),
        plugin_version=__version__,
        estimator=ESTIMATOR,
        origins=_origins(ending.root),
        prices=f"{prices.source} {prices.version}",
        as_of=prices.as_of,
        settings=fingerprint(ending.settings),
        baseline=ending.against.name,
        shard=ending.options.shard,
    )
    return Run(
        calls=in_order(ledger.calls),
        tests=tuple(sorted([*ran, *lost], key=lambda test: (test.test, test.attempt))),
        missing=ledger.missing(),
        searched=ledger.collection.searched,
        gone=frozenset(file for file in files if not (ending.root / file).exists()),
        findings=ranked(
            (
                *_untold(ledger),
                *_lost(ledger.lost),
                *_faults(ledger.faults),
                *replaced(ledger.replaced),
                *_shard(ending.options),
                *prompts.findings,
            )
        ),
        created_at=part.created_at,
        plugin_version=part.plugin_version,
        estimator=part.estimator,
        origins=part.origins,
        texts=ledger.texts,
        parts=(part,),
        prompts=prompts.files,
    )


def _prompts(ending: Ending) -> Counted:
    """Count the prompt files. A bug of ours there is told, and is no pass of their limits."""
    try:
        return counted(ending.root, ending.settings, ending.against.baseline)
    except Exception as error:
        message = f"no prompt file could be counted ({type(error).__name__} in pytest-llmcost); please report this line"
        finding = Finding(rule="internal", severity=Severity.ERROR, subject="prompts", message=message)
        return Counted(findings=(finding,))


def _untold(ledger: Ledger) -> Iterator[Finding]:
    """Leave out that calls could not be read where the test has told of its calls itself."""
    told = {call.test for call in ledger.calls if call.origin is Origin.RECORDED}
    return (one for one in ledger.findings if one.rule != "not-captured" or one.subject not in told)


def _lost(tests: Iterable[str]) -> Iterator[Finding]:
    for test in tests:
        yield Finding(
            rule="lost-worker",
            severity=Severity.WARNING,
            subject=test,
            message=f"a pytest-xdist worker died in `{test}`: the calls of this test are lost",
        )


def _shard(options: Options) -> Iterator[Finding]:
    if options.shard:
        group, _, groups = options.shard.partition("/")
        yield Finding(
            rule="shard",
            severity=Severity.WARNING if options.record_only else Severity.NOTICE,
            subject=options.shard,
            message=f"only group {group} of {groups} ran, so this verdict is about a part of the tests;"
            " put all groups together with llmcost combine, and check that",
        )


def _faults(faults: Iterable[str]) -> Iterator[Finding]:
    for place, count in sorted(Tally(faults).items()):
        yield Finding(
            rule="internal",
            severity=Severity.WARNING,
            subject=place,
            message=f"pytest-llmcost itself failed {count} time{'s' if count > 1 else ''} ({place});"
            " a call may be missing from every total; please report this line",
        )


def _update(ending: Ending, run: Run, report: Report) -> str | None:
    """Write the baseline; return what went wrong. The old one is the work tree's, whatever was compared with."""
    from pytest_llmcost.storage import baseline as file
    from pytest_llmcost.storage.sources import DEFAULT_NAME

    path = ending.root / (name := ending.settings.baseline or DEFAULT_NAME)
    try:
        old = file.read(path, source=name) if path.exists() else None
    except LlmCostError:
        # It is written anew: that is what was asked for. What no run can bring back is kept.
        old = Baseline(accepted=file.salvaged(path))
    new = renew(old, run, report, ending.settings, estimator=ESTIMATOR)
    try:
        file.write(path, new)
    except (OSError, LlmCostError) as error:
        return f"the baseline was not written: {error}"
    ending.written.append(f"baseline written to {name}{_moved(old, new, ending)}")
    return None


def _moved(old: Baseline | None, new: Baseline, ending: Ending) -> str:
    """Say how far the baseline has moved: without a reason beside it, a raise must at least be seen."""
    settings, price, draw = ending.settings, ending.book(), ending.settings.currency.draw
    named = next((one for one in settings.scenarios if one.name == settings.scenario), MEASURED)
    scenario = named if new.header.requests_per_month else None
    with localcontext(CONTEXT):
        after = worth(new, price, scenario)
        alike = old is not None and old.tests and (not scenario or old.header.requests_per_month)
        before = worth(old, price, scenario) if old is not None and alike else None
    per = "run" if scenario is None else "month"
    if before is None or before == after:
        return f": {draw(after)} a {per}{'' if before is None else ', as before'}"
    return f": {draw(before)} -> {draw(after)} a {per}"


def _write(ending: Ending, kind: str, path: Path, report: Report) -> str | None:
    from pytest_llmcost.storage import run_file

    try:
        run_file.write(path, _chunks(kind, report, ending.settings))
    except (OSError, LlmCostError) as error:
        return f"the {kind} report was not written: {error}"
    ending.written.append(f"{kind} report written to {_shown(path)}")
    return None


def _chunks(kind: str, report: Report, settings: Settings) -> Iterable[str]:
    from pytest_llmcost.plugin.outputs import chunks

    return chunks(kind, report, settings)


def _shown(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _origins(root: Path) -> Origins:
    from pytest_llmcost.storage.git import head

    try:
        here = head(root)
    except LlmCostError:
        return Origins()
    return Origins() if here is None else Origins(commit=here.commit, branch=here.branch, dirty=here.dirty)
