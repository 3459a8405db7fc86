"""Retrieval: the help article that fits a question."""

from __future__ import annotations

from pathlib import Path

KNOWLEDGE = Path(__file__).parents[2] / "docs" / "knowledge"


def find_article(question: str) -> str | None:
    """The article with the most keywords in the question, or None when none has any."""
    articles = (path.read_text(encoding="utf-8") for path in sorted(KNOWLEDGE.glob("*.md")))
    hits = [(count, article) for article in articles if (count := _hits(article, question.lower()))]
    return max(hits)[1] if hits else None


def _hits(article: str, question: str) -> int:
    line = next(line for line in article.splitlines() if line.startswith("Keywords:"))
    keywords = line.removeprefix("Keywords:").split(",")
    return sum(keyword.strip() in question for keyword in keywords)
