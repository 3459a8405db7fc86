"""Pipeline: from what was seen on the wire to a call; the text of a prompt ends here."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_llmcost.capture.dialects.hosts import tier_at
from pytest_llmcost.capture.dialects.openai_usage import header_usd
from pytest_llmcost.capture.origin import origin
from pytest_llmcost.capture.tool_calls import called, name_in
from pytest_llmcost.core.call import Call, Outcome, Product, Profile
from pytest_llmcost.core.models import billed_model
from pytest_llmcost.core.money import dollars
from pytest_llmcost.core.usage import Provenance, Usage, weakest
from pytest_llmcost.process.polled import Polls, joined
from pytest_llmcost.tokens import prompt_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_llmcost.capture.decoded import Reply, Request
    from pytest_llmcost.capture.exchange import Exchange
    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.core.prompt import Count
    from pytest_llmcost.tokens import Counter

_BAD_STATUS = 400
_TOO_MUCH = 10**9  # US dollars: no call costs that, whatever a reply says
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
        self._polls = Polls()
        self._tool_names: dict[str, str | None] = {}

    def calls(self, flights: list[Flight]) -> list[Call]:
        """Read flights in order; what turns out to be no LLM call, or breaks our reading of it, is left out."""
        calls: list[Call] = []
        for flight in flights:
            try:
                if not flight.over:
                    flight.ended()
            except Exception as error:
                self._fault(error)
        for flight in self._joined(flights):
            try:
                calls += self.read(flight)
            except Exception as error:
                self._fault(error)
        return calls

    def _joined(self, flights: list[Flight]) -> list[Flight]:
        try:
            return joined(flights)
        except Exception as error:
            self._fault(error)
            return flights

    def spent(self, flight: Flight) -> list[Call]:
        """Read what one flight has cost as soon as it has ended: a poll that brings the usage, once."""
        return self.read(self._polls.asked(flight) or flight)

    def read(self, flight: Flight) -> list[Call]:
        """Read one flight: mostly one call, none when it is no LLM call after all, several in a batch."""
        exchange = flight.exchange()
        sides = list(flight.dialect.read(exchange))
        if len(sides) == 1 and (header := header_usd(exchange.reply_headers)):  # a proxy states it beside any API
            request, reply = sides[0]
            sides = [(request, reply if reply.stated_usd else reply._replace(stated_usd=header))]
        return [self._call(flight, exchange, *each) for each in sides]

    def _call(self, flight: Flight, exchange: Exchange, request: Request, reply: Reply) -> Call:
        counted_as = request.counted_as or request.provider
        count = self._counter.count(counted_as, request.model, request.operation, request.parts)
        owner, profile = flight.owner, self._profile(exchange, request, reply, count)
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
            profile=profile,
            evaluation=flight.evaluation,
            note=reply.note,
            counted_upper=count.upper,
            replayed_by=None if exchange.live else flight.answered_by,
            tools_called=self._tools_called(flight.dialect.plain, exchange.reply, request, count),
            stated_usd=None if reply.stated_usd is None else self._stated(reply, request, profile),
        )

    def _stated(self, reply: Reply, request: Request, profile: Profile) -> Decimal | None:
        """Return the cost that the reply states, in US dollars; None where another model is priced than has replied."""
        stated = Decimal(reply.stated_usd or 0)
        is_of_it = self._billed(request.model, reply.model, live=True) == profile.product.model
        return dollars(stated) if is_of_it and stated < _TOO_MUCH else None

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
        if reply.usage is not None:
            usage, source = reply.usage, _REPORTED
            reported = usage.input_tokens
        elif reply.so_far is not None and reply.so_far.input_tokens:
            usage, source, written = self._cut_short(request, reply, reply.so_far)
            reported = usage.input_tokens
        else:
            usage, source, written = self._counted(exchange, request, reply, count)
            usage = usage if reply.pieces is None else usage + reply.pieces
        tier = tier_at(exchange.url, reply.service_tier or request.service_tier)
        model = self._billed(request.model, reply.model, live=exchange.live)
        return Profile(
            product=self._product(request.provider, model, request.operation, tier),
            usage=usage,
            usage_source=source,
            input_tokens_upper=count.upper if reported is None and source is not _REPORTED else usage.input_tokens,
            prompt=prompt_sha256(count.blocks),
            blocks=count.blocks,
            counted_tokens=count.tokens,
            reported_tokens=reported,
            reported_for=None if reported is None else count.tokens,
            output_limit=request.output_limit,
            output_tokens_upper=written,
        )

    def _cut_short(self, request: Request, reply: Reply, so_far: Usage) -> tuple[Usage, Provenance, int]:
        """Keep what a stream reported before it was left; the output is at least that, and at least what was read.

        The provenance is that of the output, the weaker part: more may be billed than what came, whatever its bound.
        """
        counted_as = request.counted_as or request.provider
        read = self._counter.count_text(counted_as, request.model, reply.text)
        usage = replace(so_far, output_tokens=max(so_far.output_tokens, read.tokens))
        return usage, read.provenance, max(so_far.output_tokens, read.upper)

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
