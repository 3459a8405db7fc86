"""Prompts: counts the files of `[tool.llmcost.prompts]`, once, where the run is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.prompt_checks import uncounted
from pytest_llmcost.core.prompt_files import claims, model_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.prompt_files import PromptFile
    from pytest_llmcost.core.settings import Settings


class Counted(NamedTuple):
    """The files that could be counted, and a finding for each that could not."""

    files: tuple[PromptFile, ...] = ()
    findings: tuple[Finding, ...] = ()


def counted(root: Path, settings: Settings, baseline: Baseline | None) -> Counted:
    """Count every file that a pattern matches, for the model of the pattern that holds it.

    Args:
        root: the folder that patterns are relative to.
        settings: as configured; without patterns nothing is read or loaded.
        baseline: what it has counted is not counted again.
    """
    if not settings.prompts:
        return Counted()
    from pytest_llmcost.storage.prompt_texts import matching, read
    from pytest_llmcost.tokens import ESTIMATOR
    from pytest_llmcost.tokens.prompt_files import PromptCounter

    known = baseline if baseline is not None and baseline.header.estimator == ESTIMATOR else None
    counter = PromptCounter(
        settings.models, known.known_blocks if known else dict, known.header.prompts.values() if known else ()
    )
    files, findings = [], []
    for path in matching(root, (limit.pattern for limit in settings.prompts)):
        found = read(root / path, path)
        models = sorted({model_of(limit) for limit in claims(path, settings.prompts)})
        unknown = [model for model in models if not counter.knows(model)]
        if found.problem:
            message = (
                f"`{path}` {found.problem}, so its limit in [tool.llmcost.prompts] holds nothing;"
                " narrow the pattern, or repair the file"
            )
            findings.append(uncounted(path, message, settings, f"{path}:1"))
        elif unknown:
            message = (
                f"`{path}` is not counted: nothing is known of how `{unknown[0]}` counts tokens;"
                " correct its name in [tool.llmcost.prompts], or name its like in [tool.llmcost.models]"
            )
            findings.append(uncounted(path, message, settings, f"{path}:1"))
        else:
            files += [counter.count(path, found.text, model) for model in models]
    return Counted(tuple(files), tuple(findings))
