import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.models import billed_model, is_snapshot


@pytest.mark.parametrize(
    ("requested", "replied"),
    [
        ("gpt-4o", "gpt-4o"),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o", "GPT-4o-2024-08-06"),
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gpt-4", "gpt-4-0613"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("gpt-4-turbo", "gpt-4-turbo-2024-04-09"),
        ("o1", "o1-2024-12-17"),
        ("text-embedding-ada", "text-embedding-ada-002"),
        ("claude-sonnet-4", "claude-sonnet-4-20250514"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("claude-sonnet-4", "claude-sonnet-4@20250514"),
        ("claude-3-5-sonnet", "claude-3-5-sonnet-20241022-v2:0"),
        ("gemini-2.0-flash", "gemini-2.0-flash-001"),
        ("gemini-2.0-flash", "models/gemini-2.0-flash-001"),
        ("models/gemini-2.0-flash", "gemini-2.0-flash"),
        ("publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemini-2.5-flash", "gemini-2.5-flash-preview-05-20"),
        ("gemini-2.5-flash", "gemini-2.5-flash-preview-09-2025"),
        ("gemini-2.0-flash", "gemini-2.0-flash-exp"),
        ("mistral-large", "mistral-large-2411"),
        ("mistral-large", "mistral-large-latest"),
        ("command-r", "command-r-08-2024"),
        ("deepseek-v3", "deepseek-v3-0324"),
        ("openai/gpt-4o", "openai/gpt-4o-2024-08-06"),
    ],
)
def test_a_dated_or_numbered_version_is_a_snapshot(requested, replied):
    assert is_snapshot(requested, replied)
    assert billed_model(requested, replied, live=False) == replied.removeprefix("models/")


@pytest.mark.parametrize(
    ("requested", "replied"),
    [
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("gpt-4o", "gpt-4"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o-2024-05-13"),
        ("gpt-4", "gpt-4o"),
        ("gpt-4", "gpt-4-32k"),
        ("gpt-4", "gpt-4-turbo-2024-04-09"),
        ("gpt-4", "gpt-4-1106-preview"),
        ("gpt-5", "gpt-5.1-2025-11-13"),
        ("claude-sonnet-4", "claude-sonnet-4-5"),
        ("claude-sonnet-4", "claude-sonnet-4-5-20250929"),
        ("claude-opus-4", "claude-opus-4-1"),
        ("gemini-2.0-flash", "gemini-2.0-flash-lite"),
        ("gemini-2.0-flash", "gemini-2.0-flash-lite-001"),
        ("gemini-2.5-flash", "gemini-2.5-flash-preview-tts"),
        ("gemini-2.0-flash", "gemini-2.0-flash-exp-image-generation"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-16k-0613"),
        ("command-r", "command-r-plus-08-2024"),
        ("my-deployment", "gpt-4o-2024-08-06"),
        ("acme/llama-70b", "acme/llama-70b:free"),
    ],
)
def test_another_model_is_no_snapshot_and_a_recorded_reply_is_priced_as_requested(requested, replied):
    assert not is_snapshot(requested, replied)
    assert billed_model(requested, replied, live=False) == requested


@pytest.mark.parametrize(("requested", "replied"), [("gpt-4o", "gpt-4o-mini"), ("my-deployment", "gpt-4o-2024-08-06")])
def test_a_live_reply_knows_best(requested, replied):
    assert billed_model(requested, replied, live=True) == replied


@pytest.mark.parametrize(
    ("requested", "replied"),
    [
        ("gemini-flash-latest", "gemini-2.5-flash"),
        ("openrouter/auto", "anthropic/claude-sonnet-4.5"),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2", "claude-sonnet-4-5-20250929"),
    ],
)
def test_an_alias_that_says_nothing_is_priced_as_what_answered(requested, replied):
    assert billed_model(requested, replied, live=False) == replied


@pytest.mark.parametrize("live", [True, False])
def test_one_missing_name_leaves_the_other(live):
    assert billed_model("gpt-4o", None, live=live) == "gpt-4o"
    assert billed_model("models/gemini-2.5-pro", "", live=live) == "gemini-2.5-pro"
    assert billed_model(None, "gpt-4o-2024-08-06", live=live) == "gpt-4o-2024-08-06"
    assert billed_model(None, None, live=live) == "unknown"


@given(st.text(min_size=1), st.text(), st.booleans())
def test_any_names_are_compared_without_an_error(requested, replied, live):
    assert billed_model(requested, replied, live=live)
    assert is_snapshot(requested, requested)


@pytest.mark.parametrize("part", ["0", "-0000", "-00-00", "-00-0000", "@000", "-v1:0", "-preview", "-2024-08-06"])
def test_a_long_name_is_compared_at_once(part):
    started = time.process_time()
    assert not is_snapshot("model", f"model{part * 20_000}x")
    assert time.process_time() - started < 1
