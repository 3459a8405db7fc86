"""Prompt costs: what prompt files cost as the input of 1,000 requests, read anew and from the provider's cache."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.money import CONTEXT, total
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.prompt_files import PromptReport
    from pytest_llmcost.core.report import Prices

REQUESTS = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPrompt:
    """A prompt file with its price, in US dollars per 1,000 requests of which it is the whole input.

    Attributes:
        report: its tokens and its limit.
        plain_usd: as plain input; None while unknown.
        cached_usd: read from the provider's cache; None while unknown.
        note: how the price was found, or why there is none.
    """

    report: PromptReport
    plain_usd: Decimal | None
    cached_usd: Decimal | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptList:
    """Prompt files in order, and what is to be said about all of them.

    Attributes:
        rows: the files that could be counted.
        prices: the price book.
        remarks: sentences for people; names in them stand in backticks.
        problems: what could not be counted and why, one line each.
        currency: what amounts are drawn in.
    """

    rows: tuple[PricedPrompt, ...]
    prices: Prices
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    currency: Currency = USD

    @property
    def too_long(self) -> int:
        """How many files are above their limit."""
        return sum(one.report.use is not None and one.report.use.is_broken for one in self.rows)

    @property
    def tokens(self) -> int:
        """Of all files together."""
        return sum(one.report.file.tokens for one in self.rows)

    @property
    def upper(self) -> int:
        """Upper bound of all files together."""
        return sum(one.report.file.upper for one in self.rows)

    def usd(self, of: Callable[[PricedPrompt], Decimal | None]) -> Decimal | None:
        """Add dollars of all files; None while any is unknown."""
        return total(map(of, self.rows))


def priced(report: PromptReport, price: Price) -> PricedPrompt:
    """Price a file by its count, not by its bound."""
    product, tokens = Product("", report.file.model), report.file.tokens
    plain = price(product, Usage(input_tokens=tokens))
    cached = price(product, Usage(input_tokens=tokens, cache_read_tokens=tokens))
    return PricedPrompt(
        report=report, plain_usd=_thousand(plain.usd), cached_usd=_thousand(cached.usd), note=cached.note
    )


def _thousand(usd: Decimal | None) -> Decimal | None:
    return None if usd is None else CONTEXT.multiply(usd, REQUESTS)
