import pytest
from support_bot.chat import HISTORY_TURNS, PROMPT, SupportChat
from support_bot.tools import OrderBook


def roles(request):
    return [message["role"] for message in request["messages"]]


def test_a_question_about_returns_is_answered_from_the_article(recording):
    replay = recording("returns_question")
    chat = SupportChat(replay.openai(), OrderBook())
    answer = chat.answer("What does it cost to return a parcel from Austria? The order was about 60 euros.")
    assert "free" in answer
    system, user = replay.sent[0]["messages"]
    assert PROMPT.read_text(encoding="utf-8") in system["content"]
    assert "deduct €4.90" in user["content"]


def test_an_order_is_looked_up(recording):
    replay = recording("order_lookup")
    chat = SupportChat(replay.openai(), OrderBook())
    answer = chat.answer("Where is my order FB-20417? I've been waiting since Friday.")
    assert "Leipzig" in answer
    assert roles(replay.sent[1]) == ["system", "user", "assistant", "tool"]
    assert "parcel centre Leipzig" in replay.sent[1]["messages"][-1]["content"]


def test_a_refund_is_started_after_the_order_was_looked_up(recording):
    orders = OrderBook()
    chat = SupportChat(recording("refund").openai(), orders)
    answer = chat.answer(
        "The burr grinder in my order FB-20388 is dead. Your workshop says it can't be repaired and there is no "
        "other one in stock, so please give me my money back."
    )
    assert "€129.00" in answer
    assert [(refund["sku"], refund["reason"]) for refund in orders.refunds] == [("GR-310", "faulty")]


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_each_turn_of_a_conversation_carries_the_history(recording, conversation, turn):
    messages = conversation("mixer")
    history, question, expected = messages[: 2 * turn - 2], messages[2 * turn - 2], messages[2 * turn - 1]
    replay = recording(f"mixer_turn_{turn}")
    answer = SupportChat(replay.openai(), OrderBook()).answer(question["content"], history)
    assert answer == expected["content"]
    assert replay.sent[0]["messages"][1:-1] == history


def test_a_long_conversation_is_cut_to_the_recent_turns(recording, conversation):
    history = conversation("espresso")
    replay = recording("long_conversation")
    answer = SupportChat(replay.openai(), OrderBook()).answer("Which descaling tablets do I need for it?", history)
    assert "D-10" in answer
    assert replay.sent[0]["messages"][1:-1] == history[-2 * HISTORY_TURNS :]
