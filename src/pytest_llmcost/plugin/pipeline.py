"""Pipeline: from what was seen on the wire to a call; the text of a prompt ends here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_llmcost.capture.origin import origin
from pytest_llmcost.core.call import Call, Outcome, Product, Profile
from pytest_llmcost.core.models import billed_model
from pytest_llmcost.core.usage import Provenance, Usage, weakest
from pytest_llmcost.tokens import prompt_sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.capture.decoded import Reply, Request
    from pytest_llmcost.capture.exchange import Exchange
    from pytest_llmcost.capture.recorder import Flight
    from pytest_llmcost.core.prompt import Count
    from pytest_llmcost.tokens import Counter

_REMEMBERED = 1024
"""Requests kept, without their text: a prompt that is sent again and again is read once."""

_BAD_STATUS = 400
_NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request after counting: its parts are gone."""

    request: Request
    count: Count
    prompt: str


class Pipeline:
    """Turns flights into calls.

    Args:
        counter: counts the blocks that nobody knows yet.
        fault: told of our own errors; the call in question is left out.
    """

    def __init__(self, counter: Counter, fault: Callable[[BaseException], None]) -> None:
        self._counter = counter
        self._fault = fault
        self._asked: dict[bytes, _Asked | None] = {}
        self._product = lru_cache(maxsize=_REMEMBERED)(Product)

    def calls(self, flights: list[Flight]) -> list[Call]:
        """Read flights in order; what turns out to be no LLM call, or breaks our reading of it, is left out."""
        calls = []
        for flight in flights:
            try:
                flight.ended()
                call = self.call(flight)
            except Exception as error:
                self._fault(error)
            else:
                calls += [call] if call is not None else []
        return calls

    def call(self, flight: Flight) -> Call | None:
        """Read one flight; None when it is no LLM call after all."""
        exchange = flight.exchange()
        asked = self._ask(flight, exchange)
        if asked is None:
            return None
        reply = flight.dialect.reply(exchange, asked.request)
        owner = flight.owner
        return Call(
            test=owner.test,
            phase=owner.phase,
            attempt=owner.attempt,
            index=flight.index,
            requested_model=asked.request.model,
            status=exchange.status,
            outcome=reply.outcome,
            stream=asked.request.stream or exchange.stream,
            origin=origin(exchange.url, live=exchange.live),
            call_site=flight.site,
            profile=self._profile(exchange, asked, reply),
            evaluation=flight.evaluation,
        )

    def _ask(self, flight: Flight, exchange: Exchange) -> _Asked | None:
        body = exchange.request or b""
        key = sha256(exchange.url.encode() + b"\0" + body).digest()
        if key not in self._asked:
            if len(self._asked) >= _REMEMBERED:
                self._asked.pop(next(iter(self._asked)))
            self._asked[key] = self._count(flight.dialect.request(exchange))
        return self._asked[key]

    def _count(self, request: Request | None) -> _Asked | None:
        if request is None:
            return None
        count = self._counter.count(request.provider, request.model, request.operation, request.parts)
        return _Asked(replace(request, parts=()), count, prompt_sha256(count.blocks))

    def _profile(self, exchange: Exchange, asked: _Asked, reply: Reply) -> Profile:
        request, count = asked.request, asked.count
        usage, source = self._usage(exchange, asked, reply)
        reported = reply.usage is not None
        model = billed_model(request.model, reply.model, live=exchange.live)
        return Profile(
            product=self._product(
                request.provider, model, request.operation, reply.service_tier or request.service_tier
            ),
            usage=usage,
            usage_source=source,
            input_tokens_upper=usage.input_tokens if source is Provenance.REPORTED else count.upper,
            prompt=asked.prompt,
            blocks=count.blocks,
            counted_tokens=count.tokens,
            reported_tokens=usage.input_tokens if reported else None,
            reported_for=count.tokens if reported else None,
        )

    def _usage(self, exchange: Exchange, asked: _Asked, reply: Reply) -> tuple[Usage, Provenance]:
        """Take what the reply reports; count where it reports nothing, unless it is a refusal.

        A call that raised without any reply (no recording matched) keeps its request's tokens.
        """
        if reply.usage is not None:
            return reply.usage, Provenance.REPORTED
        refused = reply.outcome is Outcome.REFUSED or (exchange.status or 0) >= _BAD_STATUS
        if refused and not reply.text:
            return _NOTHING, Provenance.REPORTED
        count = asked.count
        how = Provenance.COUNTED if count.exact else Provenance.SCALED
        if not reply.text:
            return Usage(input_tokens=count.tokens), how
        output, output_how = self._counter.count_text(asked.request.provider, asked.request.model, reply.text)
        return Usage(input_tokens=count.tokens, output_tokens=output), weakest((how, output_how)) or how
