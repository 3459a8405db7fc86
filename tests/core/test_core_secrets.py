"""Keys inside a text are never kept."""

import pytest

from pytest_llmcost.core.secrets import without_keys

KEYS = [
    "sk-proj-abcdefghij0123456789",
    "sk-ant-api03-abcdefghij0123456789_-x",
    "AIzaSyA1234567890abcdefghijk",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghij0123456789abcd",
    "glpat-abcdefghij0123456789",
    "xoxb-123456789012-abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_replaced_and_the_text_around_it_stays(key):
    assert without_keys(f"Use {key}, please.") == "Use [key], please."


def test_a_bearer_token_of_any_form_is_replaced():
    assert without_keys("Authorization: Bearer abc.def/ghi+jkl=0123\nHi") == "Authorization: Bearer [key]\nHi"


@pytest.mark.parametrize(
    "text", ["", "Be kind.", "a task-oriented assistant", "key-value pairs", "ask-me-anything-about-it"]
)
def test_a_text_without_keys_stays(text):
    assert without_keys(text) == text
