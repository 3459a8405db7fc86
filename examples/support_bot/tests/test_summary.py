import asyncio

import pytest
from support_bot.summary import summarize


async def collect(client, history):
    return [text async for text in summarize(client, history)]


@pytest.mark.parametrize(("name", "fact"), [("mixer", "FB-20466"), ("espresso", "descaling")])
def test_a_conversation_is_summarized_piece_by_piece(recording, conversation, name, fact):
    replay = recording(f"summary_{name}")
    pieces = asyncio.run(collect(replay.async_anthropic(), conversation(name)))
    assert len(pieces) > 1
    assert fact in "".join(pieces)
    assert replay.sent[0]["messages"][0]["content"].startswith("<chat>\nCustomer: ")
