"""Tools that the provider runs: what their prompt, and one use with its result, adds to the input.

Medians of 2026-11-27 over the recorded requests that had such a tool: 1 to 25 of each. How often the model uses it, and
what it finds, is not in a request, so the bound is wide.
"""

from __future__ import annotations

BOUND_PERMILLE = 4000
"""Upper bound per counted token."""

HOSTED: dict[str, tuple[tuple[str, int], ...]] = {
    # group of families -> how the tool's type begins, tokens
    "openai": (
        ("web_search", 270), ("file_search", 1100), ("code_interpreter", 1300), ("image_generation", 1700),
        ("mcp", 1050), ("tool_search", 300),
    ),
    "openai-5": (
        ("web_search", 8500), ("file_search", 1100), ("code_interpreter", 1300), ("image_generation", 1700),
        ("mcp", 1050), ("tool_search", 280),
    ),
    "claude": (
        ("web_search", 10_700), ("web_fetch", 6400), ("code_execution", 4100), ("tool_search", 340),
        ("memory", 1070), ("advisor", 800), ("mcp", 2600),
    ),
    "gemini": (
        ("googleSearch", 100), ("google_search", 100), ("fileSearch", 750), ("file_search", 750),
        ("urlContext", 3000), ("url_context", 3000), ("codeExecution", 1000), ("code_execution", 1000),
    ),
    "nova": (("systemTool", 90),),
}  # fmt: skip

ROUTED = (("openrouter:web_search", 2290), ("openrouter:advisor", 820))
"""Tools that a router runs for any model: 5 requests with the first, 2 with the second."""


def hosted_tokens(group: str, kind: str) -> int | None:
    """Return the tokens that a tool of this kind adds; None for one that is not in the table."""
    return next((tokens for begin, tokens in (*HOSTED.get(group, ()), *ROUTED) if kind.startswith(begin)), None)
