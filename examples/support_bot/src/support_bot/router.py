"""The router: a small model decides who deals with a message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai import OpenAI

MODEL = "gpt-4o-mini"
PROMPT = Path(__file__).parents[2] / "prompts" / "triage.md"
ROUTES = ("order", "returns", "product", "human")


def classify(client: OpenAI, message: str) -> str:
    """One of ROUTES; a person deals with whatever the model does not sort."""
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": PROMPT.read_text(encoding="utf-8")},
            {"role": "user", "content": message},
        ],
        temperature=0,
        max_completion_tokens=5,
    )
    label = (completion.choices[0].message.content or "").strip().lower()
    return label if label in ROUTES else "human"
