"""A chat in the terminal: `python -m support_bot`, with the API keys in the environment."""

from __future__ import annotations

import asyncio
import sys

from anthropic import AsyncAnthropic
from openai import OpenAI

from support_bot.chat import Message, SupportChat
from support_bot.router import classify
from support_bot.summary import summarize
from support_bot.tools import OrderBook


def main() -> None:
    client = OpenAI()
    chat = SupportChat(client, OrderBook())
    history: list[Message] = []
    while message := input("> ").strip():
        history.append({"role": "user", "content": message})
        if classify(client, message) == "human":
            asyncio.run(hand_over(history))
            return
        answer = chat.answer(message, history[:-1])
        history.append({"role": "assistant", "content": answer})
        sys.stdout.write(f"{answer}\n")


async def hand_over(history: list[Message]) -> None:
    sys.stdout.write("A colleague takes over. What they are told:\n")
    async for text in summarize(AsyncAnthropic(), history):
        sys.stdout.write(text)
        sys.stdout.flush()
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
