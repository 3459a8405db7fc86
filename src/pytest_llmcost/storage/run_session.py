"""The session of a run file read back: what makes a run besides its calls."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.run import Origins, Part, Run, TestOutcome, TestRun, Turn
from pytest_llmcost.storage.run_prompt_files import prompt_files
from pytest_llmcost.storage.run_row import LARGEST, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_llmcost.core.call import Call

_OUTCOMES = {str(outcome): outcome for outcome in TestOutcome}

_LARGEST_EXPONENT = 30


def run(file: Row, calls: Sequence[Call]) -> Run:
    """Return the run of a file that has its session; the calls are given."""
    session = file.row("session")
    parts = tuple(map(_part, session.rows("parts"))) if "parts" in session.values else ()
    return Run(
        calls=tuple(calls),
        tests=tuple(_tests(session)),
        missing=frozenset(session.texts("missing")),
        searched=frozenset(session.texts("searched")),
        gone=frozenset(session.texts("gone")),
        findings=tuple(map(finding, session.rows("findings"))),
        created_at=file.text("created_at"),
        plugin_version=file.text("plugin_version"),
        estimator=session.text("estimator"),
        origins=origins(file.row("git")),
        texts=texts(file),
        parts=parts,
        turns=tuple(_turns(session, len(parts))) if "turns" in session.values else (),
        prompts=prompt_files(file),
    )


def origins(row: Row) -> Origins:
    """Read where a run comes from."""
    return Origins(
        commit=row.maybe(row.text, "commit"),
        branch=row.maybe(row.text, "branch"),
        dirty=row.maybe(row.flag, "dirty"),
    )


def finding(row: Row) -> Finding:
    """Read a finding."""
    return Finding(
        rule=row.text("rule"),
        severity=row.choice("severity", Severity),
        subject=row.text("subject"),
        limit=row.maybe(row.text, "limit"),
        actual=row.maybe(row.text, "actual"),
        message=row.text("message"),
        location=row.maybe(row.text, "location"),
    )


def _part(row: Row) -> Part:
    return Part(
        id=row.text("id"),
        created_at=row.text("created_at"),
        plugin_version=row.text("plugin_version"),
        estimator=row.text("estimator"),
        origins=origins(row.row("git")),
        prices=row.text("prices"),
        as_of=row.text("as_of"),
        settings=row.text("settings"),
        baseline=row.text("baseline"),
        shard=row.text("shard"),
    )


def _turns(session: Row, parts: int) -> Iterator[Turn]:
    found = session.values.get("turns")
    if not isinstance(found, list):
        raise session.wrong("turns", "a list")
    for position, one in enumerate(found):
        match one:
            case [None | str() as test, int() as part, int() as offset] if (
                type(part) is int and type(offset) is int and 0 <= part < parts and 0 <= offset <= LARGEST
            ):
                yield Turn(test, part, offset)
            case _:
                raise session.wrong(f"turns[{position}]", "test, part and offset")


def texts(file: Row) -> dict[str, str]:
    """Return the texts by fingerprint that a file keeps; none unless `store_text` was set."""
    return file.named("texts", Row.text) if "texts" in file.values else {}


def _tests(session: Row) -> list[TestRun]:
    found = session.values.get("tests")
    if not isinstance(found, list):
        raise session.wrong("tests", "a list")
    return [_test(one, session, position) for position, one in enumerate(found)]


def _test(one: object, session: Row, position: int) -> TestRun:
    match one:
        case [str() as test, int() as attempt, str() as outcome, str() as weight, None | str() as feature] if (
            outcome in _OUTCOMES and type(attempt) is int and 0 <= attempt <= LARGEST and _is_weight(weight)
        ):
            return TestRun(
                test=test, attempt=attempt, outcome=_OUTCOMES[outcome], weight=Decimal(weight), feature=feature
            )
    raise session.wrong(f"tests[{position}]", "test, attempt, outcome, weight and feature")


def _is_weight(text: str) -> bool:
    try:
        weight = Decimal(text)
    except InvalidOperation:
        return False
    # A huge exponent is short to write and endless to calculate with.
    return weight.is_finite() and not weight.is_signed() and abs(weight.adjusted()) <= _LARGEST_EXPONENT
