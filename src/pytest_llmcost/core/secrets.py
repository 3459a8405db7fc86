"""Secrets: keys and tokens inside a text, which are never kept."""

from __future__ import annotations

import re

_KEY = re.compile(
    r"""
    \b(?:sk|pk|rk|gsk|xai|pplx|r8|hf|key)[-_][A-Za-z0-9_-]{16,}  # OpenAI, Anthropic, Groq, xAI, …
    | \bAIza[A-Za-z0-9_-]{20,}                                   # Google
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                              # Amazon
    | \b(?:gh[pousr]|github_pat|glpat|xox[abprs])[-_][A-Za-z0-9_-]{16,}  # GitHub, GitLab, Slack
    | \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*  # a JSON web token
    | (?<=Bearer\ )[A-Za-z0-9._~+/=-]{16,}
    """,
    re.VERBOSE,
)
"""The forms in which providers give out their keys."""


def without_keys(text: str) -> str:
    """Return the text with every key in it replaced by `[key]`."""
    return _KEY.sub("[key]", text)
