"""The conversation: system prompt, recent history, a help article and a loop over the tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from support_bot.retrieval import find_article
from support_bot.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openai import OpenAI

    from support_bot.tools import OrderBook

MODEL = "gpt-4o"
PROMPT = Path(__file__).parents[2] / "prompts" / "support.md"
HISTORY_TURNS = 6
MAX_ROUNDS = 4
HAND_OVER = "I could not work this out. Shall I pass our conversation to a colleague?"

Message = dict[str, Any]


class SupportChat:
    """Answers one message at a time; the history is the caller's, as text without articles and tool results."""

    def __init__(self, client: OpenAI, orders: OrderBook) -> None:
        self.client = client
        self.orders = orders

    def answer(self, message: str, history: Sequence[Message] = ()) -> str:
        messages: list[Any] = [
            {"role": "system", "content": PROMPT.read_text(encoding="utf-8")},
            *history[-2 * HISTORY_TURNS :],
            {"role": "user", "content": with_article(message)},
        ]
        for _ in range(MAX_ROUNDS):
            reply = self._complete(messages)
            if not reply.tool_calls:
                return reply.content or HAND_OVER
            messages.append(reply.model_dump(include={"role", "content", "tool_calls"}))
            messages.extend(self._run(call) for call in reply.tool_calls)
        return HAND_OVER

    def _complete(self, messages: list[Any]) -> Any:
        completion = self.client.chat.completions.create(
            model=MODEL,
            messages=messages,
            tools=TOOLS,
            temperature=0.2,
            max_completion_tokens=500,
        )
        return completion.choices[0].message

    def _run(self, call: Any) -> Message:
        result = self.orders.run(call.function.name, call.function.arguments)
        return {"role": "tool", "tool_call_id": call.id, "content": result}


def with_article(message: str) -> str:
    """The message, after the help article that fits it."""
    article = find_article(message)
    return message if article is None else f"<article>\n{article}</article>\n\n{message}"
