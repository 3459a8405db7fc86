"""Advising: what to change first in the features with traffic, by what it saves in a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core import advice_cache, advice_input, advice_product
from pytest_llmcost.core.advice import Advice
from pytest_llmcost.core.saving import Month

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.advice_product import Handled
    from pytest_llmcost.core.asked import Serving
    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.cache_break import Break
    from pytest_llmcost.core.call import PricedCall, Product
    from pytest_llmcost.core.proposal import Proposal
    from pytest_llmcost.core.saving import Saving


def advise(
    served: Iterable[Serving],
    broken: Sequence[Break],
    priced: Iterable[PricedCall],
    now: Assumptions,
    ignore_below_usd: Decimal,
) -> tuple[Advice, ...]:
    """Return what would make a month cheaper, the largest saving first.

    Each piece of advice stands alone: the savings of two of them do not add up where both are about the same tokens.

    Args:
        served: the calls of each feature.
        broken: the cache breaks among them.
        priced: every call of the run: another feature may use a cheaper model.
        now: the headline scenario, requests per month by feature, and the price book. Without requests no advice.
        ignore_below_usd: what saves less in a month is left out.
    """
    seen = advice_product.handled(priced)
    found: list[Advice] = []
    for serving in served:
        if serving.feature in now.requests and serving.weight:
            # Inference alone: whether an overhead shrinks with it (retries) or stays (monitoring), nobody has said.
            month = Month(serving, now)
            own = [one for one in broken if one.feature == serving.feature]
            found += _best(serving, month, _proposals(serving, own, seen))
    enough = [one for one in found if one.monthly_usd >= ignore_below_usd]
    return tuple(sorted(enough, key=lambda one: (-one.monthly_usd, one.feature, one.kind, one.message)))


def _proposals(serving: Serving, broken: Sequence[Break], seen: Mapping[Product, Handled]) -> Iterator[Proposal]:
    yield from advice_cache.proposals(serving, broken)
    yield from advice_input.proposals(serving)
    yield from advice_product.proposals(serving, seen)


def _best(serving: Serving, month: Month, proposals: Iterable[Proposal]) -> Iterable[Advice]:
    """Return the advice of each kind; of proposals that exclude each other, the one that saves most."""
    best: dict[object, tuple[Saving, Proposal]] = {}
    for proposal in proposals:
        saving = month.saving(proposal.changed)
        key = proposal.kind, proposal.slot
        if saving is not None and (key not in best or saving.monthly_usd > best[key][0].monthly_usd):
            best[key] = saving, proposal
    return [_advice(serving, saving, proposal) for saving, proposal in best.values()]


def _advice(serving: Serving, saving: Saving, proposal: Proposal) -> Advice:
    shown = serving.asked[saving.shown_by]
    return Advice(
        kind=proposal.kind,
        feature=serving.feature,
        monthly_usd=saving.monthly_usd,
        message=proposal.message,
        location=None if shown.call is None else shown.call.call_site,
        test=shown.test,
    )
