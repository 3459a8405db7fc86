"""A run file as the other side of a comparison: the baseline that its run would have left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.baseline import Baseline
from pytest_llmcost.core.prompt_files import held
from pytest_llmcost.core.renewal import entries, header
from pytest_llmcost.core.sampling import last_attempts
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage.run_calls import rows
from pytest_llmcost.storage.run_prompt_files import prompt_reports
from pytest_llmcost.storage.run_prompts import Prompts
from pytest_llmcost.storage.run_row import Row
from pytest_llmcost.storage.run_session import run
from pytest_llmcost.storage.run_settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.run import TestRun


def baseline(data: Mapping[str, object], *, source: str) -> Baseline:
    """Return the baseline of a parsed run file; `source` names the file for people.

    The same as `renew` would make of the report, without the calls that this is made of.

    Raises RunFileError, one sentence, for a file that is damaged or has no session.
    """
    file = Row(data)
    if data.get("session", ...) is None:
        raise RunFileError(f"{source} does not say which tests ran: write a new one with pytest --llmcost")
    session, stated, prices = run(file, ()), settings(data), file.row("prices")
    last = last_attempts(session.tests)
    traffic = {one.name: one.traffic.requests_per_month for one in stated.features if one.traffic is not None}
    found = header(
        stated,
        {name: requests for name, requests in traffic.items() if requests is not None},
        plugin_version=session.plugin_version,
        price_book=f"{prices.text('source')} {prices.text('version')}",
        estimator=session.estimator,
    )
    tests = entries(_sampled(file, last), last)
    found = replace(found, commit=session.origins.commit, prompts=held(prompt_reports(file)))
    return Baseline(header=found, tests=dict(sorted(tests.items())), source=source)


def _sampled(file: Row, last: Mapping[str, TestRun]) -> Iterator[tuple[str, str | None, Profile]]:
    """Yield test, feature and profile of the calls that are in samples: `in_sample` says which."""
    attempts = {test: one.attempt for test, one in last.items() if one.is_sample}
    for test, _, attempt, _, shared in rows(file, Prompts(file)):
        if test is not None and attempts.get(test) == attempt and not shared.values.get("evaluation"):
            yield test, shared.feature, shared.profile
