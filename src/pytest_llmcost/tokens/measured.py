"""How wrong a count is, measured: by group of families and by kind of request.

Measured on 2026-11-27 against the input tokens that providers reported for recorded requests of public test suites.
`true <= count x permille / 1000 + slack` was fitted to hold for 95 in 100 of them: docs/accuracy.md says where not.
"""

from __future__ import annotations

from typing import NamedTuple


class Measured(NamedTuple):
    """The error of one kind of request."""

    rows: int
    """Recorded requests that it was measured on; 0 for an assumption."""
    sources: int
    """Public projects that they come from."""
    median_permille: int
    """Median error, in thousandths of the true count."""
    permille: int
    """Bound per counted token, in thousandths."""
    slack: int
    """Tokens that the bound is further up: what matters for short prompts."""


TEXT, TOOLS = "text", "tools"

MEASURED: dict[tuple[str, str], Measured] = {
    ("openai", TEXT): Measured(704, 4, 0, 1020, 2),
    ("openai", TOOLS): Measured(433, 5, 9, 1080, 10),
    ("openai-5", TEXT): Measured(66, 5, 0, 1300, 2),
    ("openai-5", TOOLS): Measured(166, 4, 4, 1200, 4),
    ("claude", TEXT): Measured(165, 5, 37, 1400, 1),
    ("claude", TOOLS): Measured(261, 4, 9, 1080, 12),
    ("gemini", TEXT): Measured(119, 4, 12, 1250, 1),
    ("gemini", TOOLS): Measured(175, 4, 31, 1250, 4),
    ("mistral", TEXT): Measured(12, 1, 0, 1400, 1),
    ("mistral", TOOLS): Measured(16, 1, 0, 1150, 6),
    ("nova", TEXT): Measured(18, 1, 0, 1320, 1),
    ("nova", TOOLS): Measured(46, 2, 2, 1200, 10),
    ("llama", TEXT): Measured(16, 2, 56, 1200, 7),
    ("llama", TOOLS): Measured(42, 1, 0, 1100, 12),
    ("cohere", TEXT): Measured(9, 1, 0, 1100, 1),
    ("cohere", TOOLS): Measured(8, 1, 27, 1150, 5),
    ("other", TEXT): Measured(71, 3, 0, 1250, 2),
    ("other", TOOLS): Measured(16, 1, 7, 1400, 8),
}

UNKNOWN = {TEXT: Measured(0, 0, 0, 1800, 8), TOOLS: Measured(0, 0, 0, 2000, 150)}
"""Assumed for models nobody here has seen."""

ROUTED_PERMILLE = 1440
"""Least bound per counted token of a request with tools that a router sends on: it writes the tools anew for the
provider behind it. With it 20 of 20 recorded requests are within; 18 are with the bounds of the models' own providers.
"""


def measured(group: str, kind: str) -> Measured:
    """Return the error of a group of families for `text` or `tools`; what is not measured has a wide bound."""
    return MEASURED.get((group, kind)) or UNKNOWN[kind]
