"""Production checks: what production buys without a price, and what is declared and comes to nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.finding import Finding, Severity, graded
from pytest_llmcost.core.fixed import embedding
from pytest_llmcost.core.layers import LEVERS, SHORTER
from pytest_llmcost.core.meter import ANY_HOST, CHAT, Meter
from pytest_llmcost.core.phrases import plural
from pytest_llmcost.core.production import PLAIN
from pytest_llmcost.core.served import request_of
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.facts import Facts
    from pytest_llmcost.core.meter import Term
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import Settings


_SHORT = (
    "its calls share no beginning that is long enough for the provider's cache (1,024 tokens at least, 2,048 or 4,096"
    " for some models of Claude)"
)


def of_production(groups: Mapping[str, Sequence[Sample]], facts: Facts) -> Iterator[Finding]:
    """Yield what is to be known of the features that production serves otherwise than the tests.

    `groups` are the samples by feature.
    """
    now, settings = facts.assumptions(), facts.settings
    for name in now.production:
        if name in now.requests and name in groups:
            asked = list(terms(name, groups[name], now))
            told = _told(name, facts)
            new = [term for term in asked if (term.product.provider, term.product.model) not in told]
            yield from _unpriced(name, new, now, settings)
            yield from _cold(name, asked, now)
            yield from _idle(name, groups[name], now)
            yield from _guessed(name, groups[name], now)
    yield from _trained(now, settings)
    for name, corpus in settings.embeddings.items():
        found = now.price(*embedding(corpus))
        if found.usd is None:
            yield Finding(
                rule="unpriced",
                severity=graded("unpriced", settings),
                subject=f"embeddings: {name}",
                message=f"the embeddings `{name}` by `{corpus.model}`: {found.note}",
            )


def _told(name: str, facts: Facts) -> set[tuple[str, str]]:
    """Return the models without a price that the calls of this run show: those are told with the calls."""
    profiles = [one.call.profile for one in facts.priced if one.feature == name]
    unknown = (one.product for one in profiles if facts.price(one.product, one.usage).usd is None)
    return {(product.provider, product.model) for product in unknown}


def _trained(now: Assumptions, settings: Settings) -> Iterator[Finding]:
    """Tell of tuned models without a price: no month depends on them."""
    for name, one in settings.fine_tuning.items():
        found = now.price(Product(ANY_HOST, one.model), Usage(input_tokens=1, output_tokens=1))
        if found.usd is None:
            yield Finding(
                rule="unpriced",
                severity=Severity.WARNING,
                subject=f"fine_tuning: {name}",
                message=f"the tuned model `{one.model}` of `{name}`: {found.note}",
            )


def products(groups: Mapping[str, Sequence[Sample]], facts: Facts) -> Iterator[Product]:
    """Yield what production buys: of the models of the tests, of those that are declared, and for a corpus."""
    now = facts.assumptions()
    for name in now.production.keys() & now.requests.keys() & groups.keys():
        yield from (term.product for term in terms(name, groups[name], now))
    yield from (embedding(corpus)[0] for corpus in facts.settings.embeddings.values())


def terms(name: str, samples: Sequence[Sample], now: Assumptions) -> Iterator[Term]:
    """Yield what the calls of a feature become, for each kind of call."""
    served = now.served(name, samples)
    request, meter = request_of(samples, served), Meter(now.price, now.scenario, served)
    for product, usage, _ in () if request is None else request.parts:
        yield from meter.terms(product, usage)
    yield from meter.beside()


def _unpriced(name: str, bought: Sequence[Term], now: Assumptions, settings: Settings) -> Iterator[Finding]:
    """Tell of products without a price, each once."""
    notes: dict[Product, str] = {}
    for term in bought:
        found = now.price(term.product, term.usage)
        if found.usd is None:
            notes.setdefault(term.product, found.note)
    for product, note in notes.items():
        yield Finding(
            rule="unpriced",
            severity=graded("unpriced", settings),
            subject=product.name,
            message=f"`{name}` buys of `{product.model}` in production: {note}",
        )


def _cold(name: str, bought: Sequence[Term], now: Assumptions) -> Iterator[Finding]:
    """Tell of a hit rate that saves nothing: nothing is long enough to be read, or reading is no cheaper."""
    rate = now.production[name].cache_hit_rate
    reads = [term for term in bought if term.usage.cache_read_tokens]
    if rate and now.scenario.caching and not any(_saves(term, now) for term in reads):
        why = "a read costs as much as plain input of" if reads else _SHORT
        models = ", ".join(sorted({f"`{term.product.model}`" for term in reads}))
        yield Finding(
            rule="cache-rate",
            severity=Severity.NOTICE,
            subject=name,
            limit=f"{rate.normalize():f}",
            message=f"`cache_hit_rate` of `{name}` saves nothing: {why} {models}".rstrip(),
        )


def _idle(name: str, samples: Sequence[Sample], now: Assumptions) -> Iterator[Finding]:
    """Tell of levers without which a request costs exactly the same; the prefix cache is told by `cache-rate`."""
    served, cost = now.production[name], now.cost_per_request(name, samples)
    for lever, fields in {"shorter history": SHORTER, **LEVERS}.items():
        plain = replace(served, **{field: getattr(PLAIN, field) for field in fields})
        if (
            not cost
            or plain == served
            or lever == "prefix cache"
            or (lever == "response cache" and not now.scenario.caching)
        ):
            continue
        if replace(now, production={name: plain}).cost_per_request(name, samples) == cost:
            yield Finding(
                rule="no-effect",
                severity=Severity.NOTICE,
                subject=name,
                message=f"the {lever} that `{name}` declares changes nothing: a request costs the same without it",
            )


def _guessed(name: str, samples: Sequence[Sample], now: Assumptions) -> Iterator[Finding]:
    """Tell of calls whose whole input counts as what the user writes, because nobody has seen their prompt."""
    served = now.served(name, samples)
    chats = [one for sample in samples for one in sample.profiles if one.product.operation == CHAT]
    blind = sum(not one.blocks for one in chats)
    if blind and served.grows and served.tokens_per_turn is None and served.fit is None:
        yield Finding(
            rule="turn-size",
            severity=Severity.NOTICE,
            subject=name,
            message=f"the prompt of {plural(blind, 'call')} of `{name}` was not seen, so all input counts as what the"
            " user writes, and later turns are dearer than they will be; declare `tokens_per_turn`",
        )


def _saves(term: Term, now: Assumptions) -> bool:
    """Tell whether reading is cheaper than plain input; True without a price, which is told elsewhere."""
    usd = now.price(term.product, term.usage).usd
    plain = now.price(term.product, replace(term.usage, cache_read_tokens=0)).usd
    return usd is None or plain is None or usd < plain
