"""Estimate: a month without any test, from declared usage, by the very functions that a pytest run goes through."""

from __future__ import annotations

from dataclasses import replace
from decimal import localcontext
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.assignment import Assignment
from pytest_llmcost.core.assumptions import Assumptions
from pytest_llmcost.core.compose import Earlier, build_report
from pytest_llmcost.core.fixed import embedding
from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.production_checks import terms
from pytest_llmcost.core.scenario import MEASURED

if TYPE_CHECKING:
    from pytest_llmcost.core.compose import Book
    from pytest_llmcost.core.declared import Declared
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings


class Estimate(NamedTuple):
    """What a declared feature costs."""

    report: Report
    """As of a run with one test."""
    settings: Settings
    """What it was made with."""


def estimate(declared: Declared, settings: Settings, book: Book, stamp: tuple[str, str] = ("", "")) -> Estimate:
    """Project a month of a declared feature.

    Args:
        declared: the feature.
        settings: of the project: its prices, scenarios, overheads and fixed costs hold, its features and limits do not.
        book: the price book.
        stamp: when it is made, ISO in UTC, and by which version of the plugin.
    """
    with localcontext(CONTEXT):
        own = _claimed(declared, declared.settings(settings), book)
        # No advice: a call that is only declared has no prompt to say anything about.
        earlier = Earlier(assignment=Assignment(own.features), advice=())
        return Estimate(build_report(declared.run(*stamp), own, Against(), book, earlier), own)


def _claimed(declared: Declared, settings: Settings, book: Book) -> Settings:
    """Keep the discounts on what is bought: commitments to other models are no part of this month."""
    now = Assumptions(scenario=MEASURED, requests={}, price=book.price, production=settings.production)
    bought = [term.product for term in terms(declared.name, [declared.sample], now)]
    bought += [embedding(corpus)[0] for corpus in settings.embeddings.values()]
    keys = {key for product in bought for key in book.claims(product)}
    return replace(settings, discounts={key: one for key, one in settings.discounts.items() if key in keys})
