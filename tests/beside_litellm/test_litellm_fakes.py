"""litellm's `mock_response`, and mocks of litellm's own functions: one call each, with origin fake."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_llmcost

if importlib.util.find_spec("litellm") is None:
    pytest.skip("litellm is not installed", allow_module_level=True)

TESTS = """
import asyncio
from unittest.mock import AsyncMock, MagicMock, patch

import litellm, openai, pytest
from litellm import acompletion, completion

ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Where is my parcel? " * 20}]}
STATED = {"prompt_tokens": 120, "completion_tokens": 7, "total_tokens": 127}
TOOLS = [{"type": "function", "function": {"name": "track", "description": "Find a parcel. " * 20,
          "parameters": {"type": "object", "properties": {}}}}]


def reply():
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "On its way"}}
    return litellm.ModelResponse(model="gpt-4o", choices=[choice], usage=litellm.Usage(**STATED))


def test_text():
    assert completion(**ASKED, mock_response="On its way").choices[0].message.content == "On its way"


def test_tools():
    completion(**ASKED, tools=TOOLS, mock_response="On its way")


def test_async():
    asyncio.run(acompletion(**ASKED, mock_response="On its way"))


def test_stream():
    chunks = litellm.completion(**ASKED, mock_response="On its way", stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "On its way"


def test_async_stream():
    async def run():
        chunks = await litellm.acompletion(**ASKED, mock_response="On its way", stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    assert asyncio.run(run()) == "On its way"


def test_stated():
    assert completion(**ASKED, mock_response=reply()).usage.prompt_tokens == 120


def test_other_provider():
    completion(**{**ASKED, "model": "anthropic/claude-sonnet-4-5"}, mock_response="On its way")


def test_refused():
    with pytest.raises(litellm.RateLimitError):
        completion(**ASKED, mock_response="litellm.RateLimitError")


def test_mock():
    with patch("litellm.completion", return_value=reply()) as mocked:
        litellm.completion(**ASKED)
    mocked.assert_called_once_with(**ASKED)


def test_mock_by_position():
    with patch("litellm.completion") as mocked:
        mocked.return_value.choices = [MagicMock(message=MagicMock(content="On its way"))]
        litellm.completion(ASKED["model"], ASKED["messages"])


def test_mock_of_async():
    with patch("litellm.acompletion", AsyncMock(return_value=reply())):
        asyncio.run(litellm.acompletion(**ASKED))


def test_openai_2():
    create = "openai.resources.chat.completions.Completions.create"
    with patch(create, autospec=True, return_value=reply()):
        openai.OpenAI(api_key="test").chat.completions.create(**ASKED)
"""
COUNTED = ("text", "tools", "async", "stream", "async_stream", "other_provider", "mock_by_position")
STATED = ("stated", "mock", "mock_of_async", "openai_2")


BUG = """
import pytest_llmcost.capture.fakes.litellm as place

place._fake = None
"""


def _report(folder):
    (folder / "test_fakes.py").write_text(TESTS, encoding="utf-8")
    environment = {
        **os.environ,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONPATH": str(Path(pytest_llmcost.__file__).parents[1]),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json"]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "llmcost.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """The calls of one run, by test."""
    report = _report(tmp_path_factory.mktemp("fakes"))
    assert [one for one in report["findings"] if one["rule"] == "internal"] == []
    found: dict[str, list[dict[str, object]]] = {}
    for call in report["calls"]:
        found.setdefault(str(call["test"]).rpartition("::test_")[2], []).append(call)
    return found


def test_nothing_else_was_seen(calls):
    assert sorted(calls) == sorted([*COUNTED, *STATED, "refused"])


@pytest.mark.seen(
    area="fake",
    name="litellm `mock_response=`, a text, also async and as streams",
    client="a model",
    usage="counted",
    origin="fake",
)
@pytest.mark.parametrize("name", COUNTED)
def test_a_text_is_counted_and_never_what_litellm_makes_up(calls, name):
    (call,) = calls[name]
    assert (call["origin"], call["outcome"]) == ("fake", "ok")
    assert call["usage_source"] == ("scaled" if name in {"other_provider", "tools"} else "counted")
    assert 80 < call["usage"]["input_tokens"] < 250
    assert 1 < call["usage"]["output_tokens"] < 10
    assert call["stream"] == name.endswith("stream")


@pytest.mark.seen(
    area="fake",
    name="litellm `mock_response=`, a response with a usage",
    client="a model",
    usage="reported",
    origin="fake",
)
@pytest.mark.parametrize("name", STATED)
def test_a_usage_that_the_test_states_is_reported(calls, name):
    (call,) = calls[name]
    assert (call["origin"], call["usage_source"], call["outcome"]) == ("fake", "reported", "ok")
    assert (call["usage"]["input_tokens"], call["usage"]["output_tokens"]) == (120, 7)
    assert (call["provider"], call["model"]) == ("openai", "gpt-4o")


def test_tools_are_part_of_the_prompt(calls):
    assert calls["tools"][0]["segments"]["tools"] > 40


def test_another_provider_is_priced_as_that(calls):
    (call,) = calls["other_provider"]
    assert (call["provider"], call["model"]) == ("anthropic", "claude-sonnet-4-5")
    assert call["cost_usd"] is not None


@pytest.mark.seen(
    area="fake",
    name="litellm `mock_response=`, an error",
    client="a model",
    usage="0 where it is a refusal",
    origin="fake",
)
def test_an_error_that_is_mocked_is_refused(calls):
    (call,) = calls["refused"]
    assert (call["origin"], call["outcome"], call["cost_usd"]) == ("fake", "refused", "0")


def test_a_bug_of_ours_leaves_the_tests_green_and_is_an_internal_finding(tmp_path):
    (tmp_path / "conftest.py").write_text(BUG, encoding="utf-8")
    report = _report(tmp_path)
    assert "internal" in [one["rule"] for one in report["findings"]]
    assert len(report["calls"]) == len(STATED)  # the mocks of unittest.mock, and none of litellm's own
