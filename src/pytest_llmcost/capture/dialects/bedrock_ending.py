"""How a stream of Amazon Bedrock ended, by its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import ending, eventstream
from pytest_llmcost.core.call import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

_REFUSING = frozenset({"throttlingException", "validationException", "serviceUnavailableException"})


def of_events(events: Sequence[dict[str, Any]], *, finished: bool) -> Outcome:
    """Return how a stream ended; one that says nothing but that the call is refused costs nothing.

    Args:
        events: all that were read, of which there is at least one.
        finished: True when the last event that the protocol has was read.
    """
    if events[0].keys() & _REFUSING:
        return Outcome.REFUSED
    return ending.of_stream(finished=finished, failed=any(map(eventstream.is_failed, events)))
