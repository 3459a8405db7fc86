"""Pipeline: from what was seen on the wire to a call; the text of a prompt ends here."""

from __future__ import annotations

from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_llmcost.capture.origin import origin
from pytest_llmcost.capture.tool_calls import called, name_in
from pytest_llmcost.core.call import Call, Outcome, Product, Profile
from pytest_llmcost.core.models import billed_model
from pytest_llmcost.core.usage import Provenance, Usage, weakest
from pytest_llmcost.tokens import prompt_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_llmcost.capture.decoded import Reply, Request
    from pytest_llmcost.capture.exchange import Exchange
    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.core.prompt import Count
    from pytest_llmcost.tokens import Counter

_BAD_STATUS = 400
_NOTHING = Usage()
_REPORTED = Provenance.REPORTED  # a member of an enum costs four times as much to look up as a name


class Pipeline:
    """Turns flights into calls.

    Args:
        counter: counts the blocks that nobody knows yet.
        fault: told of our own errors; the call in question is left out.

    Attributes:
        places: `path:line` of each test: the site of its calls that no frame of the project tells.
    """

    places: Mapping[str | None, str] = MappingProxyType({})

    def __init__(self, counter: Counter, fault: Callable[[BaseException], None]) -> None:
        self._counter = counter
        self._fault = fault
        self._product = lru_cache(maxsize=1024)(Product)
        self._billed = lru_cache(maxsize=1024)(billed_model)
        self._tool_names: dict[str, str | None] = {}

    def calls(self, flights: list[Flight]) -> list[Call]:
        """Read flights in order; what turns out to be no LLM call, or breaks our reading of it, is left out."""
        calls: list[Call] = []
        for flight in flights:
            try:
                if not flight.over:
                    flight.ended()
                calls += self.read(flight)
            except Exception as error:
                self._fault(error)
        return calls

    def read(self, flight: Flight) -> list[Call]:
        """Read one flight: mostly one call, none when it is no LLM call after all, several in a batch."""
        exchange = flight.exchange()
        return [self._call(flight, exchange, *sides) for sides in flight.dialect.read(exchange)]

    def _call(self, flight: Flight, exchange: Exchange, request: Request, reply: Reply) -> Call:
        counted_as = request.counted_as or request.provider
        count = self._counter.count(counted_as, request.model, request.operation, request.parts)
        owner = flight.owner
        return Call(
            test=owner.test,
            phase=owner.phase,
            attempt=owner.attempt,
            index=flight.index,
            requested_model=None if request.model is None else intern(request.model),
            status=exchange.status,
            outcome=reply.outcome,
            stream=request.stream or exchange.stream,
            origin=origin(exchange.url, live=exchange.live, fake=exchange.fake),
            call_site=flight.site or self.places.get(owner.test),
            profile=self._profile(exchange, request, reply, count),
            evaluation=flight.evaluation,
            note=reply.note,
            counted_upper=count.upper,
            replayed_by=None if exchange.live else flight.answered_by,
            tools_called=self._tools_called(flight.dialect.plain, exchange.reply, request, count),
        )

    def _tools_called(
        self, plain: Callable[[bytes], bytes] | None, reply: bytes, request: Request, count: Count
    ) -> tuple[str, ...]:
        """Return the fingerprints of the tools that are called; a tool's name is looked up once."""
        if plain is not None:
            reply = plain(reply)

        def name_of(position: int) -> str | None:
            fingerprint = count.blocks[position].fingerprint
            if fingerprint not in self._tool_names:
                self._tool_names[fingerprint] = name_in(request.parts[position].text)
            return self._tool_names[fingerprint]

        return tuple([count.blocks[position].fingerprint for position in called(request, reply, name_of)])

    def _profile(self, exchange: Exchange, request: Request, reply: Reply, count: Count) -> Profile:
        written, reported = None, None
        if reply.usage is None:
            usage, source, written = self._counted(exchange, request, reply, count)
        else:
            usage, source = reply.usage, _REPORTED
            reported = usage.input_tokens
        tier = reply.service_tier or request.service_tier
        model = self._billed(request.model, reply.model, live=exchange.live)
        return Profile(
            product=self._product(request.provider, model, request.operation, tier),
            usage=usage,
            usage_source=source,
            input_tokens_upper=usage.input_tokens if source is _REPORTED else count.upper,
            prompt=prompt_sha256(count.blocks),
            blocks=count.blocks,
            counted_tokens=count.tokens,
            reported_tokens=reported,
            reported_for=None if reported is None else count.tokens,
            output_limit=request.output_limit,
            output_tokens_upper=written,
        )

    def _counted(
        self, exchange: Exchange, request: Request, reply: Reply, count: Count
    ) -> tuple[Usage, Provenance, int | None]:
        """Count what the reply does not report, unless it is a refusal; with the bound of its text.

        A call that raised without any reply (no recording matched) keeps its request's tokens.
        """
        refused = reply.outcome is Outcome.REFUSED or (exchange.status or 0) >= _BAD_STATUS
        if refused and not reply.text:
            return _NOTHING, _REPORTED, None
        how = Provenance.COUNTED if count.exact else Provenance.SCALED
        if not reply.text:
            return Usage(input_tokens=count.tokens), how, None
        counted_as = request.counted_as or request.provider
        output = self._counter.count_text(counted_as, request.model, reply.text)
        usage = Usage(input_tokens=count.tokens, output_tokens=output.tokens)
        return usage, weakest((how, output.provenance)) or how, output.upper
