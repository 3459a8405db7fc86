import pytest
from support_bot.router import classify


@pytest.mark.parametrize(
    ("message", "route"),
    [
        pytest.param("Where is my kettle? It was due on Monday.", "order", id="order"),
        pytest.param(
            "The lid of the blender arrived cracked. I don't want to keep it like this, what can you do?",
            "returns",
            id="returns",
        ),
        pytest.param(
            "My toaster caught fire this morning. I have photos and I want an answer today!", "human", id="human"
        ),
    ],
)
def test_a_message_is_routed(recording, message, route):
    replay = recording(f"route_{route}")
    assert classify(replay.openai(), message) == route
