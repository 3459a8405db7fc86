"""What a test can ask about its own LLM calls."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, SupportsIndex

from pytest_llmcost.capture.owner import exclude
from pytest_llmcost.core.call import Call, Origin, Outcome, Product, Profile, cost
from pytest_llmcost.core.money import total
from pytest_llmcost.core.usage import Provenance, Usage, total_usage
from pytest_llmcost.plugin.marker import limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from decimal import Decimal

    from pytest_llmcost.plugin.recording import Recording


class LlmCost:
    """The `llmcost` fixture: the LLM calls of one test so far.

    A stream that is still being read is not among them yet.
    """

    def __init__(self, recording: Recording, test: str) -> None:
        self._recording = recording
        self._test = test

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls of this test so far, in order; usage as it will be in the report."""
        return self._recording.reading.so_far(self._test, self._recording.attempt(self._test))

    @property
    def usage(self) -> Usage:
        """Token counts of all calls so far."""
        return total_usage(call.profile.usage for call in self.calls)

    @property
    def cost(self) -> Decimal | None:
        """US dollars of all calls so far; None while a call has no price."""
        price = self._recording.reading.price
        return total(cost(call, price).usd for call in self.calls)

    def record(  # noqa: PLR0913 - the contract's signature
        self,
        *,
        provider: str,
        model: str,
        input_tokens: int,
        output_tokens: int,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
        operation: str = "chat",
    ) -> None:
        """Declare a call that no wire shows. Token counts as in a report: input includes cached tokens.

        Raises:
            ValueError: a name is empty, a count is no whole number or negative, or more is cached than was sent.
        """
        if not provider or not model:
            raise ValueError("llmcost.record(): provider and model must be named")
        counts = (input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
        wrong = next((one for one in counts if not isinstance(one, SupportsIndex) or one < 0), None)
        if wrong is not None:
            raise ValueError(f"llmcost.record(): token counts are whole numbers of 0 or more, not {wrong!r}")
        usage = Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=cache_read_tokens,
            cache_write_tokens=cache_write_tokens,
        )
        if cache_read_tokens + cache_write_tokens > input_tokens:
            raise ValueError(
                "llmcost.record(): input_tokens includes the cached tokens, so it cannot be less than they are"
            )
        self._recording.reading.declare(
            self._test, self._recording.attempt(self._test), _declared(Product(provider, model, operation), usage)
        )

    @contextmanager
    def limit(self, **limits: Any) -> Iterator[None]:
        """Fail the test when the calls made inside the block break a limit; keywords as in the marker."""
        bounds = limits_of(limits, "llmcost.limit()")
        before = self._recording.made(self._test)
        yield
        self._recording.enforce(self._test, bounds, before)

    def exclude(self) -> AbstractContextManager[None]:
        """Keep the calls made inside the block out of the sample, as those of an evaluation are."""
        return exclude()


def _declared(product: Product, usage: Usage) -> Call:
    profile = Profile(
        product=product,
        usage=usage,
        usage_source=Provenance.DECLARED,
        input_tokens_upper=usage.input_tokens,
        prompt="",
    )
    return Call(
        test=None,
        phase="call",
        attempt=1,
        index=0,
        requested_model=product.model,
        status=None,
        outcome=Outcome.OK,
        stream=False,
        origin=Origin.RECORDED,
        call_site=None,
        profile=profile,
    )
