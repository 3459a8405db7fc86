"""litellm's own mocks: `mock_response`, which answers in the place of any provider.

The usage that litellm puts beside a text is always the same, 10 and 20 tokens: it is left out, and the texts are
counted. What a test states itself, in a response of its own, stays.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes import chatting, note
from pytest_llmcost.capture.fakes.apis import litellm_url
from pytest_llmcost.capture.fakes.plain import encoded
from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, ModuleType

    from pytest_llmcost.capture.fakes import Fake
    from pytest_llmcost.capture.recorder import Recorder

_NAMES = ("model", "messages", "stream", "n", "mock_response", "mock_tool_calls")


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the mocks of `litellm.main` (given as `module`) are asked."""
    original = module.mock_completion

    @wraps(original)
    def mock_completion(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            result = original(*args, **kwargs)
        except Exception as error:
            _note(recorder, args, kwargs, error)
            raise
        _note(recorder, args, kwargs, result)
        return result

    with replaced(module, "mock_completion", mock_completion, recorder):
        yield


def _note(recorder: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    try:
        given = {**dict(zip(_NAMES, args, strict=False)), **kwargs}
        frame = sys._getframe(2)  # noqa: SLF001 - litellm's function that was called, where tools are
        note(recorder, _fake(given, result, frame), frame)
    except Exception as error:
        recorder.fault(error)


def _fake(given: dict[str, Any], result: Any, frame: FrameType) -> Fake:
    """Return the call; its tools are not handed on, and are taken from litellm's function that was."""
    model, provider = str(given["model"]), given.get("custom_llm_provider")
    tools = frame.f_locals.get("tools")
    asked = chatting.request(model, given["messages"], tools=tools, stream=given.get("stream") is True)
    fake = chatting.fake(asked, None, url=litellm_url(model, provider if isinstance(provider, str) else ""))
    if isinstance(result, Exception):
        status = getattr(result, "status_code", None)
        return fake._replace(status=status if isinstance(status, int) else None, error=type(result).__name__)
    answer = given.get("mock_response")
    if hasattr(type(result), "__next__") or hasattr(type(result), "__anext__"):
        return fake._replace(reply=_streamed(model, answer), stream=True)
    value = result.model_dump(mode="json", warnings=False)
    return fake._replace(reply=encoded(value if _states_usage(answer) else {**value, "usage": None}))


def _streamed(model: str, answer: Any) -> bytes | None:
    """Return what a stream will say, which its reader alone may read: the text is known from the start."""
    if isinstance(answer, str):
        return chatting.stream(model, answer, ended=True)
    choices = getattr(answer, "choices", None)
    content = getattr(getattr(choices[0], "message", None), "content", None) if choices else None
    return chatting.stream(model, content, ended=True) if isinstance(content, str) else None


def _states_usage(answer: Any) -> bool:
    usage = answer.get("usage") if isinstance(answer, dict) else getattr(answer, "usage", None)
    tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else getattr(usage, "prompt_tokens", None)
    return bool(tokens)  # litellm fills in zeros
