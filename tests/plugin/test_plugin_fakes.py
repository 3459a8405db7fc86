"""Fakes in a whole run: shown as such, reported as they say, and noticed where they hide their calls."""

import pytest

pytest.importorskip("openai")

FAKED = """
    from unittest.mock import MagicMock, patch
    import openai
    from openai.types.chat import ChatCompletion

    REPLY = ChatCompletion.model_validate({
        "id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 2, "total_tokens": 22},
    })
    CREATE = "openai.resources.chat.completions.Completions.create"

    def ask(text="Hello"):
        return openai.OpenAI(api_key="test").chat.completions.create(
            model="gpt-4", messages=[{"role": "user", "content": text}]
        )

    def test_it():
        with patch(CREATE, return_value=REPLY) as create:
            assert ask() is REPLY
        create.assert_called_once()
"""


def test_a_fake_is_a_call_with_its_price_and_its_origin(project):
    project.write("test_it.py", FAKED)
    ran = project.cost()
    assert ran.status == 0
    (call,) = ran.json["calls"]
    assert (call["origin"], call["usage_source"], call["outcome"]) == ("fake", "reported", "ok")
    assert (call["usage"]["input_tokens"], call["usage"]["output_tokens"]) == (20, 2)
    assert call["cost_usd"] == "0.000024"
    assert call["call_site"] == "test_it.py:14"
    assert ran.rules() == []


def test_a_fake_is_never_spent_nor_refused_for_what_was(project):
    project.write("test_it.py", FAKED)
    ran = project.cost("--llmcost-max-spend=0.0000001")
    assert (ran.status, ran.rules()) == (0, [])
    assert len(ran.json["calls"]) == 1


def test_a_usage_that_cannot_belong_to_its_request_is_noticed(project):
    project.write("test_it.py", FAKED.replace("ask()", "ask('word ' * 500)"))
    ran = project.cost()
    assert ran.json["calls"][0]["usage"]["input_tokens"] == 20
    assert ran.rules("notice") == ["stale-reply"]


def test_fakes_travel_from_workers(project):
    project.write("test_it.py", FAKED)
    ran = project.cost("-n", "2")
    assert [call["origin"] for call in ran.json["calls"]] == ["fake"]


REPLACED = """
    from types import SimpleNamespace
    import openai, pytest

    @pytest.mark.parametrize("number", range(5))
    def test_it(monkeypatch, number):
        monkeypatch.setattr(openai.resources.chat.completions.Completions, "create", lambda *_, **__: "Hi")
        assert openai.OpenAI(api_key="test").chat.completions.create() == "Hi"
"""


@pytest.mark.parametrize("mode", [(), ("-n", "2")])
def test_what_hides_its_calls_is_one_notice_with_target_and_tests(project, mode):
    project.write("test_it.py", REPLACED)
    ran = project.cost(*mode)
    found = ran.finding("replaced")
    assert (ran.status, found["severity"]) == (0, "notice")
    assert found["subject"] == "openai.resources.chat.completions.completions.Completions.create"
    assert "`test_it.py::test_it[0]`" in found["message"]
    assert "and 2 more" in found["message"]


def test_a_test_that_declares_its_calls_hides_none(project):
    declared = REPLACED.replace("number):", "number, llmcost):")
    declared += "        llmcost.record(provider='openai', model='gpt-4', input_tokens=900, output_tokens=60)\n"
    project.write("test_it.py", declared)
    ran = project.cost()
    assert ran.rules() == []
    assert [call["origin"] for call in ran.json["calls"]] == ["recorded"] * 5


BUG = """
    import pytest_llmcost.capture.fakes.{module} as place

    def bug(*_, **__):
        raise ZeroDivisionError("Sesame")

    place.{name} = bug
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("unittest_mock", "stands_for"),
        ("unittest_mock", "saying"),
        ("unittest_mock", "asking"),
        ("unittest_mock", "note"),
        ("replacing", "_look"),
        ("apis", "Api.url"),
    ],
)
def test_a_bug_of_ours_leaves_the_test_green_and_is_an_internal_finding(project, module, name):
    project.write("conftest.py", BUG.format(module=module, name=name))
    project.write("test_it.py", FAKED)
    ran = project.cost()
    assert ran.has("1 passed")
    assert "internal" in ran.rules()
    assert not ran.has("Sesame")


FRAMEWORKS = """
    import asyncio
    from langchain_core.language_models.fake_chat_models import FakeListChatModel
    from pydantic_ai import Agent
    from pydantic_ai.models.test import TestModel

    def test_agent():
        agent = Agent(TestModel(custom_output_text="Fine"))
        assert asyncio.run(agent.run("How is it?")).output == "Fine"

    def test_chat():
        assert FakeListChatModel(responses=["Fine"]).invoke("How is it?").content == "Fine"
"""
STANDS_FOR = """
    [tool.llmcost.models]
    "test" = "openai/gpt-4"
    "fake-list-chat-model" = "openai/gpt-4"
"""


def test_models_of_frameworks_are_priced_as_what_they_stand_for(project):
    pytest.importorskip("pydantic_ai")
    pytest.importorskip("langchain_core")
    project.write("test_it.py", FRAMEWORKS)
    assert project.cost().rules() == ["unpriced", "unpriced"]
    project.configure(STANDS_FOR)
    ran = project.cost()
    assert ran.rules() == []
    assert [call["origin"] for call in ran.json["calls"]] == ["fake", "fake"]
    assert [call["call_site"] for call in ran.json["calls"]] == ["test_it.py:9", "test_it.py:12"]
    assert all(call["cost_usd"] for call in ran.json["calls"])
