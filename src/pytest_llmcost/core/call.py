"""Call: one LLM API call, its token profile, and its price once known."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Block, Segment, split
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.core.usage import Usage


class Outcome(StrEnum):
    """How a call ended."""

    OK = "ok"
    PARTIAL = "partial"
    """A stream that was not read to its end: the bill is at least what was seen."""
    ERROR = "error"
    REFUSED = "refused"
    """A reply of status 4xx without usage, or a connection never made: costs nothing."""


class Origin(StrEnum):
    """Where the reply came from."""

    LIVE = "live"
    REPLAYED = "replayed"
    LOCAL = "local"
    FAKE = "fake"
    RECORDED = "recorded"
    """Told by the test itself with `llmcost.record()`."""


@dataclass(frozen=True, slots=True)
class Product:
    """What is bought: prices are looked up by it."""

    provider: str
    """Empty where only the name of a model is declared: the price book knows whose it is."""
    model: str
    """The name that is priced: the reply's where that is a snapshot of the requested one."""
    operation: str = "chat"
    service_tier: str | None = None

    @property
    def name(self) -> str:
        """`provider/model`, or as declared where no provider is."""
        return f"{self.provider}/{self.model}" if self.provider else self.model


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The token profile of one call: all that the baseline keeps of it.

    `reported_tokens` are the input tokens that the reply states; `reported_for` is our own count of the request that
    this reply answered when it was recorded. Together they tell a reply that is older than its request.
    """

    product: Product
    usage: Usage
    usage_source: Provenance
    input_tokens_upper: int
    """Bound of an estimated input count; equal to it when reported."""
    prompt: str
    """SHA-256 of the prompt's blocks, hexadecimal."""
    blocks: tuple[Block, ...] = ()
    counted_tokens: int = 0
    reported_tokens: int | None = None
    reported_for: int | None = None
    output_limit: int | None = None
    """Output tokens that the request allows at most; None when it sets no limit."""
    output_tokens_upper: int | None = None
    """Bound of an output that was counted from the text of the reply; None when it was reported, or nothing was seen.

    Hidden reasoning is in neither: nobody can know it. A baseline does not keep it.
    """

    @property
    def segments(self) -> dict[Segment, int]:
        """Input tokens by part; they add up to `usage.input_tokens`."""
        return split(self.blocks, self.usage.input_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One LLM API call: where it was made, how it ended, and its token profile."""

    test: str | None
    """Node id; None outside tests."""
    phase: str
    """`setup`, `call` or `teardown` of a test; `shared` for a fixture of wider scope; `collection` before any test."""
    attempt: int
    """1 for the first run of the test, more for reruns."""
    index: int
    """Position among the calls of this test and attempt, from 0."""
    requested_model: str | None
    status: int | None
    outcome: Outcome
    stream: bool
    origin: Origin
    call_site: str | None
    """`path:line` in the project."""
    profile: Profile
    evaluation: bool = False
    """True when the call judges the product instead of being part of it."""
    note: str | None = None
    """What a reader of the cost should know about this reply, in one phrase."""
    counted_upper: int = 0
    """Our own count of the input plus its error bound, whatever the reply reports."""
    stale_by: int | None = None
    """Input tokens by which a replayed reply does not fit its request; None when it fits."""
    replayed_by: str | None = None
    """Who answered in place of the network: the path of a cassette, the name of a mock tool or of a transport."""
    tools_called: tuple[str, ...] = ()
    """Fingerprints of the tool definitions that the reply, or the history in the prompt, calls."""
    stated_usd: Decimal | None = None
    """What the call cost by its own reply, in US dollars: some gateways say so."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount in US dollars, None while it is unknown, and one phrase on how it was found."""

    usd: Decimal | None
    note: str
    doubts: tuple[str, ...] = field(default=(), compare=False)
    """What the price book did not know and had to assume, each as one phrase; told by findings, in no file."""


if TYPE_CHECKING:
    Price = Callable[[Product, Usage], Cost]
    """The port to a price book: what one call of this product with this usage costs."""


OWN = "your price"
"""How the note of a price begins that the user has set: it goes before what the reply states."""
STATED = "stated by the reply"
"""The note of a cost that the reply states, which goes before every price list."""

_FREE = Cost(Decimal(0), "refused: costs nothing")


def cost(call: Call, price: Price) -> Cost:
    """Price one call: a refused one costs nothing by rule, and what is odd about a reply is told with its price."""
    if call.outcome is Outcome.REFUSED:
        return _FREE
    found = price(call.profile.product, call.profile.usage)
    if call.stated_usd is not None and not found.note.startswith(OWN) and holds(call):
        found = Cost(call.stated_usd, STATED)
    return found if call.note is None else Cost(found.usd, f"{found.note}; {call.note}", found.doubts)


def holds(call: Call) -> bool:
    """Tell whether what the reply states is about this call: not where the request has changed since."""
    return call.profile.usage_source is Provenance.REPORTED and call.outcome is Outcome.OK


@dataclass(frozen=True, slots=True)
class PricedCall:
    """A call with its feature and its cost."""

    call: Call
    feature: str | None
    cost: Cost
