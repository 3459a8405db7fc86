"""Dialect: one provider API, as the functions that read its exchanges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_llmcost.capture.decoded import Reply, Request
    from pytest_llmcost.capture.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One provider API. Its functions are pure and raise nothing, whatever the bodies hold.

    Attributes:
        name: of the API, such as `openai-chat`.
        operation: `chat`, `embeddings`, …
        request: reads the request's side; None when the body shows that it is no LLM call after all.
        reply: reads the reply's side.
        several: reads both sides of each call, where one exchange may be several of them; None where it is one.
    """

    name: str
    operation: str
    request: Callable[[Exchange], Request | None]
    reply: Callable[[Exchange, Request], Reply]
    several: Callable[[Exchange], Iterable[tuple[Request, Reply]]] | None = None

    def read(self, exchange: Exchange) -> Iterable[tuple[Request, Reply]]:
        """Return both sides of each call in an exchange; nothing when it is no LLM call after all."""
        if self.several is not None:
            return self.several(exchange)
        request = self.request(exchange)
        return () if request is None else ((request, self.reply(exchange, request)),)
