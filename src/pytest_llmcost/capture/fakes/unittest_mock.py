"""Mocks of unittest.mock that stand for an SDK's method or client, or for an HTTP function at an LLM's address."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes import Fake, note
from pytest_llmcost.capture.fakes.apis import SDKS, of_class, of_name, of_words
from pytest_llmcost.capture.fakes.asking import asking
from pytest_llmcost.capture.fakes.bedrock import of_bedrock, parameters_of
from pytest_llmcost.capture.fakes.calling import expression
from pytest_llmcost.capture.fakes.http import is_address, of_http
from pytest_llmcost.capture.fakes.replacing import entering, stands_for
from pytest_llmcost.capture.fakes.saying import Saying, saying
from pytest_llmcost.capture.patches import replaced
from pytest_llmcost.capture.recorder import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextvars import Token
    from types import FrameType, ModuleType

    from pytest_llmcost.capture.fakes.apis import Api
    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder

    Beneath = tuple[list[Flight], Token[list[Flight] | None]]

_EXHAUSTED = (StopIteration, StopAsyncIteration)
_LONG_DATA = frozenset({"embeddings", "ollama-embed", "embed-content"})
_POSITIONAL = ("model", "messages")
"""What the functions of litellm and of Hugging Face take by position."""


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what mocks of `module` (unittest.mock) are asked, where they stand for a model."""
    watcher = _Watcher(recorder)
    with ExitStack() as stack:
        for kind, wrap in ((module.CallableMixin, _around), (module.AsyncMockMixin, _around_async)):
            wrapper = wrap(kind._execute_mock_call, watcher)  # noqa: SLF001 - mocks of every kind end here
            stack.enter_context(replaced(kind, "_execute_mock_call", wrapper, recorder))
        patching = module._patch  # noqa: SLF001 - patch() in every form ends here
        stack.enter_context(replaced(patching, "__enter__", entering(patching.__enter__, recorder), recorder))
        yield


def _around(original: Callable[..., Any], watcher: _Watcher) -> Callable[..., Any]:
    @wraps(original)
    def _execute_mock_call(mock: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        beneath = watcher.enter(mock)
        try:
            result = original(mock, *args, **kwargs)
        except BaseException as error:
            watcher.leave(beneath)
            watcher.raised(mock, args, kwargs, error, beneath)
            raise
        watcher.leave(beneath)
        watcher.returned(mock, args, kwargs, result, beneath)
        return result

    return _execute_mock_call


def _around_async(original: Callable[..., Any], watcher: _Watcher) -> Callable[..., Any]:
    @wraps(original)
    async def _execute_mock_call(mock: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        beneath = watcher.enter(mock)
        try:
            result = await original(mock, *args, **kwargs)
        except BaseException as error:
            watcher.leave(beneath)
            watcher.raised(mock, args, kwargs, error, beneath)
            raise
        watcher.leave(beneath)
        watcher.returned(mock, args, kwargs, result, beneath)
        return result

    return _execute_mock_call


class _Watcher:
    """Looks at each call of a mock once it is over. Nothing of it raises, and most calls are no business of ours."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def enter(self, mock: Any) -> Beneath | None:
        """Watch for calls that are made inside of this one, where the mock runs code of its own."""
        try:
            held = mock.__dict__
            effect = held.get("_mock_side_effect")
            is_plain = held.get("_mock_wraps") is None and held.get("_mock_delegate") is None
            if (effect is None or not callable(effect)) and is_plain:
                return None
            made: list[Flight] = []
            return made, within.set(made)
        except Exception as error:
            self._recorder.fault(error)
            return None

    @staticmethod
    def leave(beneath: Beneath | None) -> None:
        """Watch no longer."""
        if beneath is not None:
            with suppress(ValueError):  # a coroutine that was closed from another context
                within.reset(beneath[1])

    def returned(
        self, mock: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, beneath: Beneath | None
    ) -> None:
        """Record a call if it is one of a model. What has gone out as a real call, from inside of it, is that call."""
        try:
            if not (args or kwargs) or (beneath is not None and beneath[0]) or not self._recorder.open:
                return  # a call without arguments asks for nothing: `parse()`, `get_final_message()`
            kind = type(result)
            if kind.__module__.partition(".")[0] in SDKS or _asks_model(args, kwargs):
                fake = _of_sdk(mock, args, kwargs, result)
            elif is_address(args, kwargs):
                fake = of_http(mock._extract_mock_name(), args, kwargs, result)  # noqa: SLF001 - `client.post`
            else:
                return
            if fake is not None:
                note(self._recorder, fake, _caller())
        except Exception as error:
            self._recorder.fault(error)

    def raised(
        self, mock: Any, args: tuple[Any, ...], kwargs: dict[str, Any], error: BaseException, beneath: Beneath | None
    ) -> None:
        """Record a call of a model that the mock lets fail."""
        try:
            asks = _asks_model(args, kwargs) and not isinstance(error, _EXHAUSTED)
            if not asks or (beneath is not None and beneath[0]) or not self._recorder.open:
                return
            fake = _of_sdk(mock, args, kwargs, error)
            if fake is not None:
                status = getattr(error, "status_code", None)
                status = status if isinstance(status, int) else None
                fake = fake._replace(reply=None, stream=False, status=status, error=type(error).__name__)
                note(self._recorder, fake, _caller())
        except Exception as fault:
            self._recorder.fault(fault)


def _called() -> str:
    return expression(sys._getframe(1))  # noqa: SLF001 - frames of ours and of mocks are passed over


def _caller() -> FrameType:
    return sys._getframe(2)  # noqa: SLF001 - frames of ours and of unittest.mock are passed over


def _asks_model(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Tell whether a model is named: by that a chat is told from a mail service whose method has the same name."""
    if "model" in kwargs:
        return isinstance(kwargs["model"], str)
    if len(args) == len(_POSITIONAL) and isinstance(args[0], str) and isinstance(args[1], list):
        return True
    return ("modelId" in kwargs or len(args) > 1) and parameters_of(args, kwargs) is not None


def _of_sdk(mock: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Fake | None:
    """Return the call of an SDK that a mock stands for; None when it stands for none."""
    sdk, name = stands_for(mock)
    parameters = parameters_of(args, kwargs)
    if parameters is not None:
        return of_bedrock(name, args, parameters, result) or of_bedrock(_called(), args, parameters, result)
    named = of_name(name, sdk) or of_words(_called(), sdk)
    said = Saying(None) if isinstance(result, BaseException) else saying(result)
    typed = None if said.kind is None else of_class(said.kind)
    api = typed or named
    if api is None:
        return None
    if typed is not None and api.name in _LONG_DATA:
        said = saying(result, bare=True)
    arguments = _arguments(api, args, kwargs)
    model = arguments.get("model")
    model = model if isinstance(model, str) else None
    request = asking(api, arguments)
    if typed is None and (request is None or model is None):
        return None
    return Fake(api.url(model), request, said.body, said.stream, said.status)


def _arguments(api: Api, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Name what was given by position: of a chat these are the model, a text, and the messages, a list."""
    given = {_POSITIONAL[isinstance(one, list)]: one for one in args if isinstance(one, str | list)}
    return {**(given if api.name == "chat" else {}), **kwargs}
