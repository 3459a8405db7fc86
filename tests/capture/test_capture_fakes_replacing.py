"""What tests put in the place of an SDK without a mock is noticed; all that is no business of ours is not."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from unittest.mock import MagicMock, patch

import pytest

from pytest_llmcost.capture.fakes import replacing

openai = pytest.importorskip("openai")
httpx = pytest.importorskip("httpx")

COMPLETIONS = openai.resources.chat.completions.Completions
CREATE = "openai.resources.chat.completions.completions.Completions.create"
TEST = "test_it.py::test_it"


def targets(recorder):
    assert {test for test, _ in recorder.replaced} <= {TEST}
    return [target for _, target in recorder.replaced]


@pytest.mark.seen(
    area="not",
    name="`monkeypatch.setattr` of a method of an SDK, with a function",
    client="a fake written by hand",
    finding="replaced",
)
def test_a_function_set_by_monkeypatch_is_noticed(recorder, monkeypatch):
    monkeypatch.setattr(COMPLETIONS, "create", lambda *_, **__: "Hi")
    assert openai.OpenAI(api_key="test").chat.completions.create() == "Hi"
    assert targets(recorder) == [CREATE]


def test_a_function_set_by_its_dotted_name_is_noticed(recorder, monkeypatch):
    monkeypatch.setattr("openai.resources.chat.completions.Completions.create", lambda *_, **__: "Hi")
    assert targets(recorder) == [CREATE]


@pytest.mark.seen(
    area="not",
    name="`patch(new=)` of a method of an SDK, with a function",
    client="a fake written by hand",
    finding="replaced",
)
def test_a_function_in_a_patch_is_noticed(recorder):
    with patch("openai.resources.chat.completions.Completions.create", new=lambda *_, **__: "Hi"):
        pass
    with patch.object(COMPLETIONS, "create", lambda *_, **__: "Hi"):
        pass
    assert targets(recorder) == [CREATE, CREATE]


@pytest.mark.seen(
    area="not",
    name="`monkeypatch.setattr` of a client, with an object",
    client="a fake written by hand",
    finding="replaced",
)
def test_a_client_written_by_hand_is_noticed(recorder, monkeypatch):
    app = SimpleNamespace(client=openai.OpenAI(api_key="test"), OpenAI=openai.OpenAI)
    monkeypatch.setattr(app, "client", SimpleNamespace(chat=None))
    monkeypatch.setattr(app, "OpenAI", lambda **_: None)
    assert targets(recorder) == ["openai.OpenAI", "openai.OpenAI"]


@pytest.mark.seen(
    area="not",
    name="`monkeypatch.setattr` of `httpx.Client.send`, with a function",
    client="a fake written by hand",
    finding="replaced",
)
def test_what_sends_for_the_sdks_is_noticed(recorder, monkeypatch):
    monkeypatch.setattr(httpx.Client, "send", lambda *_, **__: None)
    monkeypatch.setattr(httpx.AsyncClient, "send", lambda *_, **__: None)
    assert targets(recorder) == ["httpx.Client.send", "httpx.AsyncClient.send"]


def test_mocks_are_no_matter_for_a_notice(recorder, monkeypatch):
    monkeypatch.setattr(COMPLETIONS, "create", MagicMock())
    with patch.object(COMPLETIONS, "parse", autospec=True), patch("openai.OpenAI"):
        pass
    assert targets(recorder) == []


def test_a_mock_set_by_monkeypatch_is_told_what_it_stands_for(recorder, monkeypatch):
    monkeypatch.setattr(COMPLETIONS, "create", MagicMock(return_value=SimpleNamespace(choices=[])))
    openai.OpenAI(api_key="test").chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    assert recorder.one().fake


def test_what_is_no_client_or_still_is_one_is_not_noticed(recorder, monkeypatch):
    class Ours(openai.OpenAI):
        pass

    app = SimpleNamespace(OpenAI=openai.OpenAI, client=openai.OpenAI(api_key="test"), ask=lambda: 1, post=httpx.post)
    monkeypatch.setattr(app, "OpenAI", Ours)
    monkeypatch.setattr(app, "client", openai.OpenAI(api_key="other"))
    monkeypatch.setattr(app, "client", None)
    monkeypatch.setattr(app, "ask", lambda: 2)
    monkeypatch.setattr(app, "post", lambda *_, **__: None)
    monkeypatch.setattr(openai, "api_key", "other")
    monkeypatch.setattr(openai.OpenAI, "copy", lambda self: self)
    monkeypatch.setattr("os.getcwd", functools.partial(str, "/"))
    assert targets(recorder) == []


def test_what_monkeypatch_refuses_it_refuses_as_before(recorder, monkeypatch):
    with pytest.raises(AttributeError):
        monkeypatch.setattr(COMPLETIONS, "nothing_of_the_kind", 1)
    with pytest.raises(AttributeError):
        patch.object(COMPLETIONS, "nothing_of_the_kind").start()
    assert targets(recorder) == []


def test_a_bug_of_ours_in_looking_is_a_fault_and_no_more(recorder, monkeypatch):
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(replacing, "_look", None)
        with patch.object(COMPLETIONS, "create", "x"):
            assert COMPLETIONS.create == "x"
        app = SimpleNamespace(name="before")
        monkeypatch.setattr(app, "name", "after")
        assert app.name == "after"
    assert len(recorder.faults) >= 2
    assert all("TypeError" in fault for fault in recorder.faults)
    recorder.faults.clear()
