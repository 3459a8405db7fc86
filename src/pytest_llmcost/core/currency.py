"""Currency: what amounts are drawn in for people, and the one rule for drawing them; they are kept in US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, dollars, plain

if TYPE_CHECKING:
    from datetime import date

# ISO 4217, list one of 2026-01-01: currencies whose minor unit is not the hundredth.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_PLACES = dict.fromkeys(_WHOLE.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3) | {"CLF": 4, "UYW": 4}

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
"""Signs that mean one currency to everybody who reads them here; any other one is drawn with its code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """The currency that amounts are drawn in.

    Attributes:
        code: after ISO 4217.
        per_usd: what one US dollar is worth in it, as declared.
        as_of: the day of this rate; None where none is declared.
    """

    code: str = "USD"
    per_usd: Decimal = Decimal(1)
    as_of: date | None = None

    @property
    def word(self) -> str:
        """The currency in a sentence: `dollars`, `EUR`."""
        return "dollars" if self.code == "USD" else self.code

    @property
    def sign(self) -> str:
        """The currency in a heading: `$`, `€`, `CHF`."""
        return _SIGNS.get(self.code, self.code)

    @property
    def basis(self) -> str | None:
        """On what all drawn amounts rest, as one phrase; None for US dollars, which rest on nothing."""
        if self == USD:
            return None
        day = f", as of {self.as_of.isoformat()}" if self.as_of else ""
        return f"amounts in {self.code} at {self.per_usd.normalize(CONTEXT):f} per USD, declared{day}"

    def draw(self, usd: Decimal | None, *, sign: bool = False) -> str:
        """Draw US dollars for people: `$1,234.56`, `€0.0042`, `+CHF 3.10`, `?` when unknown.

        As many decimals as the currency has, and as many as two significant digits need: an amount above zero is never
        drawn as nothing.
        """
        if usd is None:
            return "?"
        mark = "-" if usd < 0 else "+" if sign and usd > 0 else ""
        return self._marked(mark, self._rounded(usd))

    def draw_exactly(self, usd: Decimal) -> str:
        """Draw a rate in US dollars with all its digits, 12 decimals at most where they come from a conversion."""
        size = plain(self._worth(usd) if self.per_usd == 1 else dollars(self._worth(usd)))
        places = max(_PLACES.get(self.code, 2), -int(size.as_tuple().exponent))
        return self._marked("-" if usd < 0 else "", CONTEXT.quantize(size, _step(places)))

    def draw_whole(self, usd: Decimal) -> str:
        """Draw US dollars without cents, where there is no room for them."""
        return self._marked("-" if usd < 0 else "", CONTEXT.quantize(self._worth(usd), Decimal(1)))

    def worth_100(self, usd: Decimal) -> bool:
        """Tell whether an amount comes to a hundred units of the currency, or more."""
        return self._worth(usd) >= 100  # noqa: PLR2004 - as the name says

    def _worth(self, usd: Decimal) -> Decimal:
        return CONTEXT.multiply(usd.copy_abs(), self.per_usd)  # `abs()` would round by the caller's context

    def _rounded(self, usd: Decimal) -> Decimal:
        size, places = self._worth(usd), _PLACES.get(self.code, 2)
        if not size:
            return CONTEXT.quantize(size, _step(places))
        rounded = CONTEXT.quantize(size, _step(max(places, 1 - size.adjusted())))
        # 0.0999 has become 0.100, which is a digit too long.
        return CONTEXT.quantize(rounded, _step(max(places, 1 - rounded.adjusted())))

    def _marked(self, mark: str, size: Decimal) -> str:
        gap = "" if self.code in _SIGNS else " "
        return f"{mark}{self.sign}{gap}{size:,f}"


def _step(places: int) -> Decimal:
    return Decimal(1).scaleb(-places, CONTEXT)


USD = Currency()
