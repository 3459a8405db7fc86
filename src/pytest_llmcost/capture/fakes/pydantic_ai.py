"""pydantic-ai's TestModel and FunctionModel: what they are asked and what they answer, streamed or not.

Their usage is a guess by the words, which pydantic-ai makes so that tests have plausible numbers: it is left out, and
the text is counted. What the function of a FunctionModel states itself stays. Field names: pydantic-ai 2.68.0,
2026-11-21.
"""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes import chatting, note
from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Recorder

    States = Callable[[Any, Any], bool]
    """Tells of messages and response whether the usage is the function's own."""


@contextmanager
def test_model(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the TestModel of `pydantic_ai.models.test` (given as `module`) is asked."""
    with _patched(module.TestModel, recorder, lambda *_: False):
        yield


@contextmanager
def function_model(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the FunctionModel of `pydantic_ai.models.function` (given as `module`) is asked."""

    def states(messages: Any, response: Any) -> bool:
        return bool(response.usage != module._estimate_usage([*messages, response]))  # noqa: SLF001 - its guess

    with _patched(module.FunctionModel, recorder, states):
        yield


@contextmanager
def _patched(kind: Any, recorder: Recorder, states: States) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(replaced(kind, "request", _request(kind.request, recorder, states), recorder))
        streaming = _request_stream(kind.request_stream, recorder)
        stack.enter_context(replaced(kind, "request_stream", streaming, recorder))
        yield


def _request(original: Callable[..., Any], recorder: Recorder, states: States) -> Callable[..., Any]:
    @wraps(original)
    async def request(model: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        asked = _asked(recorder, model, args, kwargs)
        response = await original(model, *args, **kwargs)
        try:
            messages = args[0] if args else kwargs["messages"]
            usage = _usage(response.usage) if states(messages, response) else None
            answered = chatting.reply(model.model_name, _answer(response), usage)
            note(recorder, chatting.fake(asked, answered))
        except Exception as error:
            recorder.fault(error)
        return response

    return request


def _request_stream(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @wraps(original)
    @asynccontextmanager
    async def request_stream(model: Any, /, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        __tracebackhide__ = True
        asked = _asked(recorder, model, args, kwargs)
        async with original(model, *args, **kwargs) as streamed:
            try:
                yield streamed
            finally:
                try:
                    answered = chatting.reply(model.model_name, _answer(streamed.get()))
                    note(recorder, chatting.fake(asked, answered))
                except Exception as error:
                    recorder.fault(error)

    return request_stream


def _asked(recorder: Recorder, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes | None:
    try:
        names = ("messages", "model_settings", "model_request_parameters")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        parameters = given["model_request_parameters"]
        tools = [
            chatting.tool(one.name, one.description, one.parameters_json_schema)
            for one in (*parameters.function_tools, *parameters.output_tools)
        ]
        messages = [*_instructions(parameters), *_messages(given["messages"])]
        settings = given.get("model_settings") or {}
        return chatting.request(model.model_name, messages, tools=tools, max_tokens=settings.get("max_tokens"))
    except Exception as error:
        recorder.fault(error)
        return None


def _instructions(parameters: Any) -> Iterator[dict[str, Any]]:
    for part in getattr(parameters, "instruction_parts", None) or ():
        yield chatting.said("system", part.content)


def _messages(messages: Any) -> Iterator[dict[str, Any]]:
    for message in messages:
        if message.kind == "response":
            yield _answer(message)
            continue
        for part in message.parts:
            read = _PARTS.get(part.part_kind)
            if read is not None:
                yield read(part)


def _user(part: Any) -> dict[str, Any]:
    if isinstance(part.content, str):
        return chatting.said("user", part.content)
    return chatting.said("user", [_piece(one) for one in part.content])


def _piece(piece: Any) -> dict[str, Any]:
    """Return a piece of a user's message: a text, or media by address or in base64."""
    if isinstance(piece, str):
        return {"type": "text", "text": piece}
    kind = str(getattr(piece, "media_type", "")).partition("/")[0]
    address = getattr(piece, "url", None) or getattr(piece, "data_uri", None)
    if address is None:
        return {"type": "text", "text": str(getattr(piece, "content", ""))}
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": address}}
    return {"type": "file", "file": {"file_data": address}}


_PARTS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "system-prompt": lambda part: chatting.said("system", part.content),
    "user-prompt": _user,
    "tool-return": lambda part: chatting.said("tool", part.model_response_str()),
    "retry-prompt": lambda part: chatting.said("user", part.model_response()),
}


def _answer(response: Any) -> dict[str, Any]:
    text = "".join(part.content for part in response.parts if part.part_kind in {"text", "thinking"})
    calls = [chatting.called(part.tool_name, part.args) for part in response.parts if part.part_kind == "tool-call"]
    return chatting.said("assistant", text, calls)


def _usage(stated: Any) -> dict[str, Any]:
    return {
        "prompt_tokens": stated.input_tokens,
        "completion_tokens": stated.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": stated.cache_read_tokens,
            "cache_write_tokens": stated.cache_write_tokens,
        },
    }
