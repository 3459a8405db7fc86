"""Family: what is known of models that count tokens alike: an encoding or a factor to one, framing, media."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_llmcost.tokens.images import Flat, ImageRule
from pytest_llmcost.tokens.writing import Writing, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNKNOWN_IMAGE = Flat(1000)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """One row. Two rows are never equal, so that they are quick dictionary keys.

    Units: `permille` and `milli` figures are thousandths of a token, so that counts are exact integers everywhere.
    """

    name: str
    """Also the tokenizer's name in fingerprints: counts of one family never serve for another."""
    pattern: str
    """Found in the lower-case model name."""
    host: str = ""
    """How the provider's name begins; empty for any."""
    group: str = "other"
    """Rows of one group share their measured errors (`measured.py`) and the provider's own tools (`hosted.py`)."""
    encoding: str = "o200k_base"
    own: bool = False
    """True when `encoding` is the model's own: then messages are counted exactly."""
    scale_permille: int = 1000
    """Tokens of the model per token of the encoding."""
    scales: Mapping[Writing, int] = field(default_factory=dict)
    """The same for texts of a writing that the tokenizer cuts otherwise, where that is known."""
    message_milli: int = 4000
    """What one message costs beside its content."""
    priming: int = 3
    """Tokens per request that has messages: the start of the reply, a hidden system prompt."""
    forgets: bool = False
    """True when the chat template leaves out what the model thought in earlier turns."""
    declares: bool = False
    """True when tools are read as declarations in TypeScript, as OpenAI's models do."""
    bare: bool = False
    """True when of tools, their calls and their results only names and values are counted, not the JSON."""
    is_open: bool = False
    """True when a tool's schema is read without `additionalProperties`."""
    tool_milli: int = 0
    """What one tool costs beside its name, description and schema as compact JSON."""
    tool_permille: int = 1000
    """Tokens of the model per token of that JSON."""
    tools: int = 0
    """Tokens per request that has tools: a hidden prompt about their use."""
    nested_tools: int | None = None
    """The same when the tools come in the nested form of OpenAI's chat completions; None when that is no different."""
    alone: int = 0
    """Tokens more for tools in that form where no system message holds them."""
    call_milli: int = 7000
    """What one earlier call of a tool, with its result, costs beside their text."""
    schema_permille: int = 0
    """Tokens of the model per token of the JSON schema that the answer must follow; 0 when no model reads it."""
    schema: int = 0
    """Tokens per request that has such a schema."""
    parallel: int = 0
    """Tokens more for earlier calls of tools where several are in one message."""
    named: int = 0
    """Tokens per request that makes the model call one tool, by its name."""
    forced: int = 0
    """Tokens per request that makes the model call a tool."""
    thinking: int = 0
    """Tokens per request that asks for thinking with a budget."""
    adaptive: int = 0
    """Tokens per request that lets the model choose how long to think."""
    adding: int = 0
    """Tokens each time that more tools come later in the conversation (`additional_tools`)."""
    compacting: int = 0
    """Tokens per request that asks to sum the conversation up."""
    own_tools: int = 0
    """Tokens per request of what the model's own tools tell it, whether the request has tools or not; a wide bound."""
    kept: int = 24
    """Tokens of a conversation or a prompt that the provider has kept and that a request only names. The median of 11
    recorded requests (2026-11-27). A long conversation has any number more, and no request tells how many."""
    recalled: int = 0
    """Tokens of a thought that the provider has kept and that a request only names: the median of what the recorded
    replies that thought had thought (143, 2026-11-27)."""
    sealed_permille: int = 0
    """Tokens per character of an encrypted thought that the request hands back."""
    sealed_free: int = 0
    """Characters of it that hold no text."""
    image: ImageRule = _UNKNOWN_IMAGE
    page: int = 1000
    """Tokens of one page of a document that is no plain text."""
    page_permille: int = 4500
    """Upper bound of such a page, per counted token: some hold a word, some are full."""
    audio_second: int = 10
    video_second: int = 290
    video: int = 0
    """Tokens of a video beside those for its seconds."""

    is_routed: bool = False
    """True when a router sends the request on to a provider of its choice, whose form of tools nobody sees."""

    def scale(self, text: str) -> int:
        """Return the tokens of the model per token of the encoding in a text, in thousandths."""
        return self.scales.get(writing(text), self.scale_permille) if self.scales else self.scale_permille

    @property
    def reads_schema(self) -> bool:
        """True when the schema of the answer may be in the prompt."""
        return bool(self.schema_permille) or self.group == "unknown"
