"""Prompt files counted: the tokens of a whole file as a model reads it, and how they are known."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.core.prompt_files import PromptFile
from pytest_llmcost.core.usage import Provenance
from pytest_llmcost.tokens.counter import Counter
from pytest_llmcost.tokens.families import UNKNOWN, family_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_OPERATION = "chat"


class PromptCounter:
    """Counts files, each text once. What an earlier run has counted in the same way is not counted again.

    Args:
        models: names that stand for others, as configured.
        known: gives token counts by fingerprint of blocks and pieces. Called once, at the first text.
        counted: files that need no counting while their text is the same.
    """

    def __init__(
        self,
        models: Mapping[str, str],
        known: Callable[[], Mapping[str, int]] = dict,
        counted: Iterable[PromptFile] = (),
    ) -> None:
        self._models = models
        self._counter = Counter(known)
        # What a name stands for may have changed since.
        self._counted = {(one.sha256, one.model, one.encoding): one for one in counted if one.model not in models}

    def knows(self, model: str) -> bool:
        """Tell whether anything is known of how a model counts; of one that is not, no count is given."""
        return family_of(*self._named(model), _OPERATION).name != UNKNOWN.name

    def count(self, path: str, text: str, model: str) -> PromptFile:
        """Count a text, without the framing of a message: the file alone, with its placeholders as they stand."""
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        named = self._named(model)
        family = family_of(*named, _OPERATION)
        # A tokenizer may have been installed since.
        old = self._counted.get((digest, model, family.encoding))
        if old is None:
            found = self._counter.count(*named, _OPERATION, (Part(Segment.SYSTEM, "text", text),))
            tokens, upper, exact = found.tokens, found.tokens if found.exact else found.upper, found.exact
        else:
            tokens, upper, exact = old.tokens, old.upper, old.is_exact
        return PromptFile(
            path=path,
            sha256=digest,
            model=model,
            encoding=family.encoding,
            tokens=tokens,
            upper=upper,
            source=Provenance.COUNTED if exact else Provenance.SCALED,
        )

    def _named(self, model: str) -> tuple[str, str]:
        """Return the provider, empty where the name has none, and the model's name."""
        name = self._models.get(model, model)
        provider, slash, _ = name.partition("/")
        return provider if slash else "", name
