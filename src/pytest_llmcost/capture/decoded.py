"""What a dialect reads out of an exchange: the request's side and the reply's side.

Tuples, because both are made for every call and live until it is counted: frozen dataclasses cost three times as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_llmcost.core.call import Outcome
    from pytest_llmcost.core.prompt import Part
    from pytest_llmcost.core.usage import Usage


class Request(NamedTuple):
    """The request's side of a call. Its text lives until it is counted.

    Attributes:
        provider: `openai`, `anthropic`, `google`, …; by host, else by dialect.
        operation: `chat`, `embeddings`, …
        model: as requested; None when the request does not name one.
        parts: the prompt.
        stream: True when the request asks for a stream.
        service_tier: as requested, when it is not the default one.
        output_limit: output tokens that the request allows at most; None for no limit.
        counted_as: the provider whose way to count tokens it is, where that is not `provider`.
    """

    provider: str
    operation: str
    model: str | None
    parts: tuple[Part, ...]
    stream: bool = False
    service_tier: str | None = None
    output_limit: int | None = None
    counted_as: str | None = None


class Reply(NamedTuple):
    """The reply's side of a call.

    Attributes:
        model: as the reply names it; None when it does not.
        usage: as reported; None when the reply has none.
        outcome: how the call ended, by the rules of the protocol, not of the transport.
        text: generated text and tool arguments; only filled when `usage` is None, for counting.
        service_tier: as billed, when the reply says so and it is not the default one.
        stated_usd: a cost that the reply itself states, as a decimal string; None when it states none.
        note: what the figures do not show, such as tokens of a second model; None for nothing.
        so_far: what a stream had reported when it was cut short: its input is final, its output at least that; None
            when it had reported nothing, or all.
        pieces: what is billed beside tokens or instead of them, where `usage` is None; None for nothing.
    """

    model: str | None
    usage: Usage | None
    outcome: Outcome
    text: str = ""
    service_tier: str | None = None
    stated_usd: str | None = None
    note: str | None = None
    so_far: Usage | None = None
    pieces: Usage | None = None
