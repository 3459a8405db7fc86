"""langchain's fake chat models: what they are asked, and the message or the text that they answer with."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes import chatting, note
from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Recorder

_ANSWERING = (
    ("FakeMessagesListChatModel", "_generate"),
    ("FakeListChatModel", "_call"),
    ("FakeChatModel", "_call"),
    ("GenericFakeChatModel", "_generate"),
    ("ParrotFakeChatModel", "_generate"),
)
"""Where each class makes its answer; whatever else it can do ends there, but for what follows."""
_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "HumanMessageChunk": "user"}


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the models of `langchain_core.language_models.fake_chat_models` (given as `module`) are asked."""
    listed = module.FakeListChatModel
    with ExitStack() as stack:
        for name, method in _ANSWERING:
            kind = getattr(module, name)
            stack.enter_context(replaced(kind, method, _answering(getattr(kind, method), recorder), recorder))
        awaited = module.FakeChatModel
        stack.enter_context(
            replaced(awaited, "_agenerate", _answering_async(awaited._agenerate, recorder), recorder)  # noqa: SLF001
        )
        stack.enter_context(replaced(listed, "_stream", _streaming(listed._stream, recorder), recorder))  # noqa: SLF001
        stack.enter_context(replaced(listed, "_astream", _streaming_async(listed._astream, recorder), recorder))  # noqa: SLF001
        yield


def _answering(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @wraps(original)
    def answer(model: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        result = original(model, *args, **kwargs)
        _note(recorder, model, args, kwargs, result)
        return result

    return answer


def _answering_async(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @wraps(original)
    async def answer(model: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        result = await original(model, *args, **kwargs)
        _note(recorder, model, args, kwargs, result)
        return result

    return answer


def _streaming(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @wraps(original)
    def stream(model: Any, /, *args: Any, **kwargs: Any) -> Iterator[Any]:
        __tracebackhide__ = True
        pieces: list[Any] = []
        ended = False
        try:
            for piece in original(model, *args, **kwargs):
                pieces.append(piece)
                yield piece
            ended = True
        finally:
            _note_stream(recorder, model, args, kwargs, pieces, ended)

    return stream


def _streaming_async(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @wraps(original)
    async def stream(model: Any, /, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        __tracebackhide__ = True
        pieces: list[Any] = []
        ended = False
        try:
            async for piece in original(model, *args, **kwargs):
                pieces.append(piece)
                yield piece
            ended = True
        finally:
            _note_stream(recorder, model, args, kwargs, pieces, ended)

    return stream


def _note(recorder: Recorder, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    try:
        name = str(model._llm_type)  # noqa: SLF001 - the only name that a fake has
        if isinstance(result, str):
            message, usage = chatting.said("assistant", result), None
        else:
            made = result.generations[0].message
            message, usage = _message(made), _usage(getattr(made, "usage_metadata", None))
        note(recorder, chatting.fake(_request(name, args, kwargs), chatting.reply(name, message, usage)))
    except Exception as error:
        recorder.fault(error)


def _note_stream(  # noqa: PLR0913, PLR0917 - what a generator has when it ends
    recorder: Recorder, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any], pieces: list[Any], ended: bool
) -> None:
    try:
        name = str(model._llm_type)  # noqa: SLF001 - as above
        text = "".join(str(piece.message.content) for piece in pieces)
        answered = chatting.stream(name, text, ended=ended)
        note(recorder, chatting.fake(_request(name, args, kwargs), answered, streamed=True))
    except Exception as error:
        recorder.fault(error)


def _request(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes | None:
    messages = args[0] if args else kwargs["messages"]
    return chatting.request(name, map(_message, messages), tools=kwargs.get("tools"))


def _message(message: Any) -> dict[str, Any]:
    kind = str(message.type)
    calls = [chatting.called(call["name"], call["args"]) for call in getattr(message, "tool_calls", None) or ()]
    return chatting.said(_ROLES.get(kind, kind), message.content, calls)


def _usage(stated: Any) -> dict[str, Any] | None:
    """Return a usage that the test has put into the message; None where it has not."""
    if not isinstance(stated, dict):
        return None
    cached = (stated.get("input_token_details") or {}).get("cache_read")
    reasoning = (stated.get("output_token_details") or {}).get("reasoning")
    return {
        "prompt_tokens": stated.get("input_tokens"),
        "completion_tokens": stated.get("output_tokens"),
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
