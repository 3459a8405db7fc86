"""Start: read options, configuration and baseline, and register the session; every problem before any test."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcost.errors import BaselineError, LlmCostError

if TYPE_CHECKING:
    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.plugin.options import Options
    from pytest_llmcost.plugin.session import Session
    from pytest_llmcost.pricing import PriceBook
    from pytest_llmcost.process.spend import Terms


def start(config: pytest.Config, *, full: bool) -> None:
    """Register the session object; UsageError (exit 4) with one line per problem.

    Args:
        config: pytest's.
        full: True for `--llmcost`; False records only for the tests that use the fixture or limits.
    """
    try:
        session = _session(config, full=full)
    except LlmCostError as error:
        raise pytest.UsageError(str(error)) from None
    except Exception as error:
        line = f"pytest-llmcost could not start ({type(error).__name__}): run without --llmcost, and please report it"
        raise pytest.UsageError(line) from error
    config.pluginmanager.register(session, "llmcost-session")
    if full and config.getoption("xmlpath", None):
        from pytest_llmcost.plugin.junit import Junit

        config.pluginmanager.register(Junit(session), "llmcost-junit")


def _session(config: pytest.Config, *, full: bool) -> Session:
    from pytest_llmcost import config as configuration
    from pytest_llmcost.plugin import options
    from pytest_llmcost.plugin.session import Session

    shared: dict[str, Any] | None = getattr(config, "workerinput", {}).get("llmcost")
    typed = options.read(config)
    settings = configuration.load(typed.config, config.rootpath)
    settings = configuration.headline(settings, typed.scenario, "--llmcost-scenario")
    configuration.known_features(settings, typed.explain, "--llmcost-explain")
    now = datetime.now(UTC)
    as_of = date.fromisoformat(shared["as_of"]) if shared else settings.prices_as_of or now.date()
    book = cache(lambda: _book(settings, as_of))
    ending = None
    if full and not hasattr(config, "workerinput"):
        from pytest_llmcost.plugin.ending import Ending
        from pytest_llmcost.storage.checkout import step

        ending = Ending(config.rootpath, settings, typed, _against_in_full(config.rootpath, settings, typed))
        ending.book, ending.as_of, ending.now, ending.step = book, as_of, now, step(os.environ)
    session = Session(config, ending, settings, book, lambda: against(config.rootpath, settings, typed))
    session.recording.currency = settings.currency
    terms = None
    if typed.max_spend is not None and (shared or ending):
        from pytest_llmcost.process.spend import Terms

        path = Path(shared["spend"]) if shared else ending.spend_path()  # type: ignore[union-attr] # one of both is there
        own = settings.models, settings.prices, settings.discounts, settings.currency
        terms = Terms(typed.max_spend, path, as_of, *own)
    if settings.subprocesses:
        _record_children(config, session, terms, shared.get("folders") if shared else None)
    if terms is not None:
        _limit_spend(session, terms)
    return session


def _book(settings: Settings, as_of: date) -> PriceBook:
    from pytest_llmcost.pricing import PriceBook

    return PriceBook(as_of=as_of, models=settings.models, prices=settings.prices, discounts=settings.discounts)


def _limit_spend(session: Session, terms: Terms) -> None:
    from pytest_llmcost.process.spend import SpendLimit

    reading, recorder = session.recording.reading, session.recording.recorder
    limit = SpendLimit(terms)
    recorder.gate, recorder.on_end = limit.gate, partial(limit.count, reading.pipeline.spent)
    reading.session_findings = limit.findings


def _record_children(config: pytest.Config, session: Session, terms: Terms | None, inside: str | None) -> None:
    from pytest_llmcost.plugin.children import Children

    recording, judges = session.recording, session.settings.evaluation
    children = Children(recording.recorder, str(config.rootpath), judges, terms, inside)
    recording.children = children
    config.add_cleanup(children.close)
    config.pluginmanager.register(children, "llmcost-children")


def against(root: Path, settings: Settings, typed: Options) -> Against:
    """Read what this run is compared with; BaselineError or GitError when what was asked for cannot be read."""
    from pytest_llmcost.core.against import Against
    from pytest_llmcost.storage.sources import read_baseline

    try:
        return read_baseline(typed.explicit_baseline, configured=settings.baseline, root=root, environ=os.environ)
    except BaselineError as error:
        if typed.update_baseline and typed.explicit_baseline is None:
            return Against(sentence=f"the old baseline is replaced: {error}")
        raise


def _against_in_full(root: Path, settings: Settings, typed: Options) -> Against:
    """Read also what the change itself proposes: only the verdict needs it, so workers do not."""
    from pytest_llmcost.storage.sources import with_work_tree

    found = against(root, settings, typed)
    return with_work_tree(found, configured=settings.baseline, root=root, environ=os.environ)
