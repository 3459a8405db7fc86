"""What a test puts in the place of something else: mocks are told what they stand for, all the rest is noticed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes.apis import SDKS, of_name, sdk_of
from pytest_llmcost.capture.fakes.plain import fields, is_mock
from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Recorder

_TARGET = "_llmcost_target"
"""In a mock: the SDK and the name of what it stands for."""

_CLIENTS = frozenset({
    "OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI", "Anthropic", "AsyncAnthropic", "AnthropicBedrock",
    "AsyncAnthropicBedrock", "AnthropicVertex", "AsyncAnthropicVertex", "Client", "AsyncClient", "ClientV2",
    "AsyncClientV2", "Mistral", "Groq", "AsyncGroq", "Together", "AsyncTogether", "InferenceClient",
    "AsyncInferenceClient", "BedrockRuntime",
})  # fmt: skip
"""Classes of the SDKs through which calls are made."""
_FUNCTIONS = frozenset({"function", "method", "builtin_function_or_method"})

_CARRIERS = frozenset({
    "Client.send", "Client.request", "AsyncClient.send", "AsyncClient.request", "Session.send", "Session.request",
})  # fmt: skip
"""What the SDKs send with; `httpx.post` and its like are not among them."""
_CARRYING = frozenset({"httpx", "httpx2", "requests"})
_OF_BOTO = frozenset({"botocore", "google"})
"""Loaded for much that is no model."""


def stands_for(mock: Any) -> tuple[str, str]:
    """Return the SDK that a mock stands for, empty where it is not known, and the dotted name of what it is."""
    target = fields(mock).get(_TARGET)
    if target is not None:
        sdk, name = target
        return sdk, name
    top = mock
    while (parent := fields(top).get("_mock_new_parent")) is not None:
        top = parent
    sdk, _ = fields(top).get(_TARGET) or _named(fields(top).get("_spec_class"))
    return sdk, mock._extract_mock_name()  # noqa: SLF001 - what a mock says of itself in its repr


def _named(original: Any) -> tuple[str, str]:
    """Return the SDK that something comes from, empty for any other package, and its name there."""
    holder = _holder(original)
    return sdk_of(str(holder.__module__)), str(holder.__qualname__)


def _holder(thing: Any) -> Any:
    """Return what has a name: a class or a function itself, of anything else its class."""
    kind = type(thing)
    return thing if issubclass(kind, type) or kind.__name__ in _FUNCTIONS else kind


def entering(original: Callable[[Any], Any], recorder: Recorder) -> Callable[[Any], Any]:
    """Wrap what `patch()` does when it begins."""

    @wraps(original)
    def __enter__(patching: Any) -> Any:  # noqa: N807 - what it stands for is called so
        __tracebackhide__ = True
        entered = original(patching)
        try:
            _look(recorder, patching.attribute, patching.temp_original, fields(patching.target).get(patching.attribute))
        except Exception as error:
            recorder.fault(error)
        return entered

    return __enter__


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Look at what the `monkeypatch` of pytest (its module is given) sets."""
    original = module.MonkeyPatch.setattr

    @wraps(original)
    def setattr_(monkeypatch: Any, /, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        original(monkeypatch, *args, **kwargs)
        try:
            target, name, before = monkeypatch._setattr[-1]  # noqa: SLF001 - what it will undo
            _look(recorder, name, before, fields(target).get(name))
        except Exception as error:
            recorder.fault(error)

    with replaced(module.MonkeyPatch, "setattr", setattr_, recorder):
        yield


def _look(recorder: Recorder, attribute: str, before: Any, after: Any) -> None:
    """Tell a mock what it stands for; note what stands for an SDK and is neither a mock nor of an SDK itself."""
    sdk, name = _named(before)
    name = attribute if "<locals>" in name else name  # a decorator's function has its own name
    mock = fields(after).get("mock", after)  # a function with a specification keeps its mock there
    if is_mock(mock):
        if sdk:
            fields(mock)[_TARGET] = sdk, name
    elif after is not None and _sends(before, sdk, name) and not _is_of_sdk(after) and recorder.open:
        recorder.replaced.append((recorder.owners.current().test, _drawn(_holder(before).__module__, name)))


def _drawn(module: str, name: str) -> str:
    """Return the name of what was replaced as people write it: packages have modules that nobody is to know."""
    return ".".join([*(part for part in module.split(".") if not part.startswith("_")), name])


def _sends(before: Any, sdk: str, name: str) -> bool:
    """Tell whether calls of a model pass through this."""
    if sdk:
        return name in _CLIENTS or (type(before).__name__ in _FUNCTIONS and of_name(name, sdk) is not None)
    library = str(_holder(before).__module__).partition(".")[0]
    return library in _CARRYING and name in _CARRIERS and any(name in sys.modules for name in SDKS - _OF_BOTO)


def _is_of_sdk(after: Any) -> bool:
    holder = _holder(after)
    return any(sdk_of(str(one.__module__)) for one in getattr(holder, "__mro__", (holder,)))
