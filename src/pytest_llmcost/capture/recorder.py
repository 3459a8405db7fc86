"""Recorder: the exchanges of the running test, kept as bytes until the test is over."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import Dialect, recognise
from pytest_llmcost.capture.flight import Flight, in_flight, same_address
from pytest_llmcost.capture.owner import NOWHERE, Owner, Owners, Place, excluded, started
from pytest_llmcost.capture.refusing import Asked, is_model, unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pytest_llmcost.capture.sites import Sites
    from pytest_llmcost.core.finding import Finding

recognised = lru_cache(maxsize=1024)(recognise)
"""Which dialect is spoken at a method and path, asked of every request: suites ask few paths, many times."""


within: ContextVar[list[Flight] | None] = ContextVar("llmcost_within", default=None)
"""Where the calls go that are made inside of a mock which runs code of its own; None outside of any."""


class Recorder:
    """Keeps flights by the test that made them.

    What runs inside the user's call may raise; patches guard every line of it, and note the error with `fault`.

    Attributes:
        owners: who is running now.
        gate: called before a call is sent, with what tells whether that goes to a model; raises SpendLimitReached to
            refuse it.
        on_end: called when a reply is complete; for the spend limit.
        faults: our own errors, as `place: kind of error`.
        notices: what was noticed about calls, in order, each once.
        replaced: the test, and the function of an SDK that it has put something in the place of which cannot be read.
        open: False when recording is over; patches that outlive it pass everything through.
    """

    def __init__(self, sites: Sites) -> None:
        self.owners = Owners()
        self.gate: Callable[[Callable[[], bool]], None] | None = None
        self.on_end: Callable[[Flight], None] | None = None
        self.faults: list[str] = []
        self.notices: dict[Finding, None] = {}
        self.replaced: list[tuple[str | None, str]] = []
        self.open = True
        self._sites = sites
        self._fault = self.owners.fault = self.fault  # bound once: every flight gets it
        self._flights: dict[tuple[str | None, int], list[Flight]] = {}
        self._counts: dict[tuple[str | None, int], count[int]] = {}

    def site(self, depth: int) -> Place:
        """Return the place where a call is made; `depth` is that of our wrapper."""
        return self.place(sys._getframe(depth).f_back)  # noqa: SLF001 - what calls the patched function

    def depart(  # noqa: PLR0913 - all that the layers of a library know of a call
        self,
        dialect: Dialect,
        method: str,
        url: Any,
        carrier: object,
        at: Place | None = None,
        *,
        asked: Callable[[], Asked] = unknown,
    ) -> Flight | None:
        """Begin to record a call that is about to be sent.

        Args:
            dialect: what `recognised()` says of method and path.
            method: HTTP method.
            url: the whole address; kept as it is, drawn later.
            carrier: the request or session object that is handed down the layers of a library.
            at: what `site()` said where the call was made; None for here.
            asked: tells what is about to be sent; asked only once the spend limit is reached.

        Returns:
            None when it is the lower layer of a call in flight, or when recording is over. What is returned must be
            given to `land()` or `fail()`.

        Raises:
            SpendLimitReached: the run has spent its limit; the call must not be sent.
        """
        __tracebackhide__ = True
        outer = in_flight()
        inside = outer is not None and (outer.carrier is carrier or same_address(outer.url, url))
        if inside or not self.open:
            return None
        if self.gate is not None:
            self.gate(lambda: is_model(dialect, url, asked, self._fault))
        flight = Flight(dialect, method, url, carrier)
        flight.fault = self._fault
        if self.on_end is not None:
            flight.on_end = self._end
        self.keep(flight, at or self.site(3))
        flight.take_off()
        return flight

    def keep(self, flight: Flight, at: Place) -> None:
        """Charge a call to whoever is running, and keep it; `at` is what `site()` said of where it was made."""
        flight.site, judged = at
        flight.evaluation = judged or excluded()
        owner = flight.owner = self.owners.current()
        flight.index = self.next_index(owner)
        key = (owner.test, owner.attempt)
        flights = self._flights.get(key)
        if flights is None:
            flights = self._flights.setdefault(key, [])
        flights.append(flight)
        beneath = within.get()
        if beneath is not None:
            beneath.append(flight)

    def place(self, frame: FrameType | None) -> Place:
        """Return the place of `frame`; where no frame of the project is on its stack, of where that was started."""
        place = self._sites.find(frame)
        if place.site is None or self._sites.evaluates:
            start = started()
            if start is not NOWHERE:
                return Place(place.site or start.site, place.judged or start.judged)
        return place

    def nearby(self, frame: FrameType | None) -> Place | None:
        """Return the place of a task that is made at `frame`; None when that tells nothing new."""
        if self._sites.evaluates:
            place = self.place(frame)
            return place if place.judged or place.site is not None else None
        site = self._sites.near(frame)
        return None if site is None else Place(site)

    def land(self, flight: Flight, read: Callable[[Flight, Any], None], response: Any) -> None:
        """End the in-call part of a recording: `read` takes from the reply what must be taken now."""
        flight.land()
        read(flight, response)
        if flight.chunks is None:
            flight.ended()

    def fail(self, flight: Flight, error: BaseException) -> None:
        """End a recording whose client raised."""
        flight.land()
        flight.error = type(error).__name__
        flight.ended()

    def _end(self, flight: Flight) -> None:
        try:
            if self.on_end is not None:
                self.on_end(flight)
        except Exception as error:
            self.fault(error)

    def take(self, test: str | None, attempt: int, *, pending: bool = True) -> list[Flight]:
        """Return and forget the flights of one test and attempt, in the order of departure.

        With `pending=False`, those whose reply is still being read stay.
        """
        if pending:
            return self._flights.pop((test, attempt), [])
        flights = self._flights.get((test, attempt), [])
        over = [flight for flight in flights if flight.over]
        for flight in over:
            flights.remove(flight)  # in place: a thread of the test may add to the list now
        return over

    def pending(self, test: str | None, attempt: int) -> list[Flight]:
        """Return the flights of one test and attempt whose reply is still being read; they stay."""
        return [flight for flight in self._flights.get((test, attempt), ()) if not flight.over]

    def has(self, test: str | None, attempt: int) -> bool:
        """Tell whether there are flights of a test and attempt."""
        return bool(self._flights.get((test, attempt)))

    def next_index(self, owner: Owner) -> int:
        """Return the position of the next call of an owner, and count it."""
        key = (owner.test, owner.attempt)
        counter = self._counts.get(key)
        if counter is None:
            counter = self._counts.setdefault(key, count())
        return next(counter)

    def forget(self, flight: Flight) -> bool:
        """Forget one flight; False when it is not kept here."""
        flights = self._flights.get((flight.owner.test, flight.owner.attempt), [])
        if flight not in flights:
            return False
        flights.remove(flight)
        return True

    def left(self) -> list[Flight]:
        """Return all that is kept; it stays."""
        return [flight for flights in self._flights.values() for flight in flights]

    def rest(self) -> list[Flight]:
        """Return and forget all that is left: shared fixtures, calls outside tests, latecomers."""
        left = self.left()
        self._flights.clear()
        return left

    def notice(self, finding: Finding) -> None:
        """Keep a notice for the end of the run; an equal one is kept once."""
        self.notices[finding] = None

    def shown(self, path: str) -> str:
        """Return a path as reports name it: from the project's root where it lies inside."""
        return self._sites.shown(path)

    def fault(self, error: BaseException) -> None:
        """Note a bug of ours."""
        self.faults.append(place_of(error))


def place_of(error: BaseException) -> str:
    """Return place and kind of a bug of ours; its message could hold the user's text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown place"
    return f"{place}: {type(error).__name__}"
