"""Conversation: from one turn to a session: what the history adds to each later turn, by an exact sum."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.money import CONTEXT, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.production import Production

_ONE = Decimal(1)


class Turn(NamedTuple):
    """Turns that send the same history."""

    times: Decimal
    """How many, over the sessions of `Production.sessions`; a session of 4.5 turns has half of a fifth."""
    history: int
    """Input tokens of earlier turns."""
    steady: bool
    """True while nothing of the history has been dropped, so that it is the beginning of the next turn's."""
    dropped: int
    """Tokens that a summary has to read in this turn; 0 where none is written."""


def history(turn: int, tokens_per_turn: Decimal, window: int | None = None) -> Decimal:
    """Return the tokens of earlier turns that a turn sends, from turn 1: min(turn - 1, window) x tokens per turn."""
    earlier = turn - 1 if window is None else min(turn - 1, window)
    return CONTEXT.multiply(Decimal(earlier), tokens_per_turn)


def turns(production: Production, tokens_per_turn: Decimal) -> Iterator[Turn]:
    """Yield the turns of the sessions, those with equal history together.

    The first turn carries nothing. Tokens are rounded to whole ones in each turn.
    """
    window, summary, cap = production.history_turns, production.summary, production.history_tokens
    for number, times in _reached(production, window):
        sent = _whole(history(number, tokens_per_turn, window))
        slides = window is not None and number - 1 > window
        dropped = 0
        if slides and summary is not None:
            sent += _whole(summary.tokens)
            dropped = _whole(CONTEXT.add(tokens_per_turn, summary.tokens))
        selected = sent if cap is None else min(sent, cap)
        yield Turn(times, selected, not slides and selected == sent, dropped)


def _reached(production: Production, window: int | None) -> Iterator[tuple[int, Decimal]]:
    """Yield the number of each turn and how many sessions reach it; from the first full window on as one."""
    longest = max((turns for _, turns in production.sessions), default=_ONE)
    last = int(longest.to_integral_value("ROUND_CEILING"))
    alike = last if window is None else min(last, window + 2)
    for number in range(1, alike):
        yield number, _sessions(production, number, _ONE)
    yield alike, _sessions(production, alike, Decimal(last - alike + 1))


def _sessions(production: Production, number: int, most: Decimal) -> Decimal:
    """Return how often a turn from this number on happens, at most so many in one session."""
    whole = ZERO
    for many, turns_of in production.sessions:
        reached = min(max(CONTEXT.subtract(turns_of, Decimal(number - 1)), ZERO), most)
        whole = CONTEXT.add(whole, CONTEXT.multiply(many, reached))
    return whole


def _whole(tokens: Decimal) -> int:
    return int(tokens.to_integral_value(ROUND_HALF_EVEN))
