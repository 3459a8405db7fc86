"""Fallback: prices that genai-prices lacks, from LiteLLM's public price list: data with its source and its date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, plain
from pytest_llmcost.core.service_tiers import BATCH
from pytest_llmcost.core.usage import UNITS
from pytest_llmcost.pricing.names import VENDORS
from pytest_llmcost.pricing.tariff import Bracket, per_token, tariff
from pytest_llmcost.pricing.tiers import no_price, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.pricing.names import Candidate
    from pytest_llmcost.pricing.tariff import Tariff

    Rates = Mapping[str, Decimal]
    """USD per million tokens, or a piece, by word: `in`, `out`, `272000>in`, `batch.in`, `web_searches`, …"""
    Rows = dict[tuple[str, str], Rates]

_PARTS = {
    "read": ("cache_read", "in"),
    "write": ("cache_write", "in"),
    "write1h": ("cache_write_1h", "write"),
    "audio_in": ("input_audio", "in"),
    "audio_out": ("output_audio", "out"),
    "thought": ("reasoning", "out"),
}
"""Word in the table -> what it is called in a bracket, and the rate that it is told apart from."""


NEWER = frozenset(
    {
        ("deepseek", "deepseek-chat"),  # genai-prices has the price of February 2025 there
        ("deepseek", "deepseek-reasoner"),  # as above
        ("mistral", "mistral-large-latest"),  # it has that of Large 2 there
        ("openai", "ft:gpt-4o-2024-08-06"),  # it has no price of cached input there
        ("openai", "ft:gpt-4o-mini-2024-07-18"),  # as above
        ("together", "meta-llama/llama-3.3-70b-instruct-turbo"),  # Hugging Face asks 1.04 for the same host, too
    }
)
"""Models that this list goes before the book for. Where they differ elsewhere, the book is right or nobody knows.

Decided on 2026-11-27 with the help of a third list, that of models.dev as of 2026-07-02. See docs/prices.md.
"""

LAST = "last"
"""The word for the day, as 20261127, on which a model was last on the list that has dropped it since."""


@cache
def text() -> str:
    """Return the table; it is read when something is first missing from the book."""
    from importlib.resources import files  # 10 ms, which a run that the book prices has no use for

    return (files(__package__) / "data" / "litellm.txt").read_text(encoding="utf-8")


@cache
def source() -> str:
    """Return the release and the day of the list: the first line of the table."""
    return text().partition("\n")[0].removeprefix("# ")


def find(candidate: Candidate, tier: str | None) -> Tariff | None:
    """Return the tariff of a name that is listed here, standard where the tier has no price; None for a batch then."""
    rates = _of(candidate)
    name = word(tier)
    if rates is None or not (_has_tier(rates, name) or ("in" in rates and name != BATCH) or _pieces(rates, "")):
        return None
    used = name if _has_tier(rates, name) else ""
    pieces = _pieces(rates, used) or _pieces(rates, "")
    if name == BATCH and not used:
        return None
    unpriced = {part for part, of in (("input", "in"), ("output", "out")) if _rate(rates, used, 0, of) is None}
    title = f"{candidate.provider}/{candidate.model}"
    starts = sorted({int(size) for each in rates if (size := each.rpartition(".")[2].partition(">")[0]).isdigit()})
    remark = candidate.told(str(candidate.provider), candidate.model)
    last = f"last listed on {date.fromisoformat(f'{rates[LAST]}')}" if LAST in rates else ""
    doubts = tuple(filter(None, (remark if candidate.is_doubtful else "", no_price(name, used), last)))
    remarks = dict.fromkeys(filter(None, (f"{source()}: {title}", remark, *doubts)))
    return tariff(
        title,
        "; ".join(remarks),
        [_bracket(rates, used, start) for start in (0, *starts)],
        starts,
        units=pieces,
        unpriced=frozenset(unpriced),
        as_text=frozenset(_as_text(rates, used)),
        doubts=doubts,
    )


def pieces_of(candidate: Candidate) -> Mapping[str, Decimal]:
    """Return USD a piece, by the name of the count in Usage, of what a book that knows the model may not know."""
    return _pieces(_of(candidate) or {}, "")


def goes_first(candidate: Candidate, tier: str | None) -> bool:
    """Tell whether a name is priced here although the book knows it, as the book is behind.

    A name of which nobody knows who serves it is left to those who make it, who are asked next.
    """
    model = candidate.model.lower()
    owners = VENDORS if candidate.provider is None else (candidate.provider,)
    return any((owner, model) in NEWER for owner in owners) and word(tier) != BATCH


def has_tier(candidate: Candidate, tier: str | None) -> bool:
    """Tell whether this service tier has rates of its own here."""
    return _has_tier(_of(candidate) or {}, word(tier))


def _has_tier(rates: Rates, name: str) -> bool:
    return bool(name) and any(each.startswith(f"{name}.") for each in rates)


def _of(candidate: Candidate) -> Rates | None:
    return _rows().get((candidate.provider or "", candidate.model.lower()))


def _pieces(rates: Rates, tier: str) -> dict[str, Decimal]:
    front = f"{tier}." if tier else ""
    return {unit: rates[front + unit] for unit in UNITS if front + unit in rates}


def _bracket(rates: Rates, tier: str, start: int) -> Bracket:
    own = {of: _rate(rates, tier, start, of) for of in ("in", "out", "write")}
    given, made = own["in"] or Decimal(0), own["out"] or Decimal(0)
    base = {"in": given, "out": made, "write": own["write"] or given}
    more = {
        part: CONTEXT.subtract(rate, base[beside])
        for of, (part, beside) in _PARTS.items()
        if (rate := _rate(rates, tier, start, of)) is not None
    }
    request = rates.get(f"{tier}.request", rates.get("request", Decimal(0)))
    return per_token({"input": given, "output": made, **more})._replace(request=request)


def _rate(rates: Rates, tier: str, start: int, of: str) -> Decimal | None:
    """Return a rate for calls above some input size: the tier's own, by the largest size that it is told for."""
    front = f"{tier}." if tier else ""
    sizes = [
        int(each.removeprefix(front).partition(">")[0])
        for each in rates
        if each.startswith(front) and each.endswith(f">{of}") and each.removeprefix(front)[:1].isdigit()
    ]
    best = max((size for size in sizes if size <= start), default=0)
    return rates.get(f"{front}{best}>{of}" if best else f"{front}{of}")


def _as_text(rates: Rates, tier: str) -> list[str]:
    """Tell what the list has no rate of its own for, so that it costs what text costs."""
    found = [part for of, (part, _) in _PARTS.items() if _rate(rates, tier, 0, of) is None]
    return [*found, "sizes"] if "image_count" in rates else found


@cache
def _rows() -> Rows:
    return read(text())


def read(table: str) -> Rows:
    """Parse a table, 10 ms."""
    found: Rows = {}
    for line in table.splitlines()[1:]:
        name, *words = line.split(" ")
        host, _, model = name.partition("/")
        found[host, model] = {key: Decimal(rate) for key, _, rate in (each.partition("=") for each in words)}
    return found


def table_of(rows: Rows, title: str) -> str:
    """Return the text of a table: a line of its source, then a line for each model."""
    lines = [
        " ".join((f"{host}/{model}", *(f"{key}={plain(rate):f}" for key, rate in sorted(rates.items()))))
        for (host, model), rates in sorted(rows.items())
    ]
    return "\n".join((f"# {title}", *lines, ""))
