"""The comparison of a run file: changes, their causes, and what to change first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import fields, line, money, named_rows, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.advice import Advice
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.comparison import Change, Comparison


def comparison_object(comparison: Comparison | None) -> str:
    """Return a comparison as an object of several lines; null for none."""
    if comparison is None:
        return "null"
    keys = "".join(comparison_keys(comparison)).removesuffix(",\n")
    return f"{{\n{keys}\n}}"


def comparison_keys(comparison: Comparison) -> Iterator[str]:
    """Yield its keys, each with a comma behind it."""
    per_month = comparison.per == "month"
    sums = (money(comparison.before_usd), money(comparison.after_usd))
    monthly = dict(zip(("monthly_before_usd", "monthly_after_usd"), sums if per_month else (None, None), strict=True))
    per_run = {} if per_month else dict(zip(("run_before_usd", "run_after_usd"), sums, strict=True))
    yield from fields({"base": {"commit": comparison.commit, "source": comparison.source}, **monthly, **per_run})
    yield from rows("features", (line(_change(one)) for one in comparison.features))
    yield from rows("gate", (line(_change(one)) for one in comparison.gate))
    yield from fields({"added": comparison.added, "removed": comparison.removed, "carried": comparison.carried})
    yield from fields({"renamed": dict(comparison.renamed)})
    yield from named_rows("scenarios", ((line(name), line(_sides(*usd))) for name, usd in comparison.scenarios.items()))
    yield from rows(
        "tests", (line({"name": one.name, **_sides(one.before_usd, one.after_usd)}) for one in comparison.tests)
    )


def _sides(before: Decimal | None, after: Decimal | None) -> dict[str, object]:
    return {"before_usd": money(before), "after_usd": money(after)}


def _change(change: Change) -> dict[str, object]:
    return {
        "name": change.name,
        **_sides(change.before_usd, change.after_usd),
        "causes": [_cause(cause) for cause in change.causes],
    }


def _cause(cause: Cause) -> dict[str, object]:
    """Return a cause; a saving is an amount below 0."""
    return {
        "kind": cause.kind,
        "subject": cause.subject,
        "before": cause.before,
        "after": cause.after,
        "monthly_usd": money(cause.monthly_usd),
        "location": cause.location,
        "test": cause.test,
        "detail": cause.detail,
    }


def advice_row(advice: Advice) -> str:
    """Return one piece of advice as a row."""
    return line(
        {
            "kind": advice.kind,
            "feature": advice.feature,
            "monthly_usd": money(advice.monthly_usd),
            "message": advice.message,
            "location": advice.location,
            "test": advice.test,
        }
    )
