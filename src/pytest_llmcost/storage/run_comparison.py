"""The comparison of a run file read back, with its causes; and the advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.advice import Advice
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.comparison import Change, Comparison
from pytest_llmcost.storage.run_row import Row

if TYPE_CHECKING:
    from decimal import Decimal


def comparison(row: Row) -> Comparison:
    """Read a comparison per month or per run."""
    base = row.row("base")
    per = "run" if "run_before_usd" in row.values else "month"
    prefix = "run" if per == "run" else "monthly"
    return Comparison(
        source=base.text("source"),
        commit=base.maybe(base.text, "commit"),
        per=per,
        before_usd=row.maybe(row.money, f"{prefix}_before_usd"),
        after_usd=row.maybe(row.money, f"{prefix}_after_usd"),
        features=tuple(map(_change, row.rows("features"))),
        gate=tuple(map(_change, row.rows("gate"))),
        added=row.texts("added"),
        removed=row.texts("removed"),
        carried=row.texts("carried"),
        renamed=tuple(row.named("renamed", Row.text).items()),
        scenarios=row.maybe(lambda key: row.named(key, lambda inner, name: _sides(inner.row(name))), "scenarios") or {},
        tests=tuple(_moved(one) for one in row.maybe(row.rows, "tests") or ()),
    )


def advice(row: Row) -> Advice:
    """Read one piece of advice."""
    return Advice(
        kind=row.text("kind"),
        feature=row.text("feature"),
        monthly_usd=row.money("monthly_usd"),
        message=row.text("message"),
        location=row.maybe(row.text, "location"),
        test=row.maybe(row.text, "test"),
    )


def _sides(row: Row) -> tuple[Decimal | None, Decimal | None]:
    return row.maybe(row.money, "before_usd"), row.maybe(row.money, "after_usd")


def _moved(row: Row) -> Change:
    before, after = _sides(row)
    return Change(name=row.text("name"), before_usd=before, after_usd=after)


def _change(row: Row) -> Change:
    before, after = _sides(row)
    return Change(
        name=row.text("name"),
        before_usd=before,
        after_usd=after,
        causes=tuple(map(_cause, row.rows("causes"))),
    )


def _cause(row: Row) -> Cause:
    return Cause(
        kind=row.choice("kind", Kind),
        subject=row.text("subject"),
        before=row.maybe(row.text, "before"),
        after=row.maybe(row.text, "after"),
        monthly_usd=row.signed("monthly_usd"),
        location=row.maybe(row.text, "location"),
        test=row.maybe(row.text, "test"),
        detail=row.maybe(row.text, "detail"),
    )
