"""botocore's client of Amazon Bedrock, at `_make_api_call`: what is recorded is the HTTP that it stands for."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_llmcost.capture.flight import in_flight
from pytest_llmcost.capture.patches import around, replaced
from pytest_llmcost.capture.patches.raw_stream import tee
from pytest_llmcost.capture.recorder import recognised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder

_ENDINGS = {
    "Converse": "/converse",
    "ConverseStream": "/converse-stream",
    "InvokeModel": "/invoke",
    "InvokeModelWithResponseStream": "/invoke-with-response-stream",
    "CountTokens": "/count-tokens",
}
"""Operations of the service `bedrock-runtime`, and how their paths end; before it stands `/model/` and the model."""


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the clients of `botocore.client` (given as `module`) ask models."""
    client = module.BaseClient
    call = around(client._make_api_call, recorder, _depart, _read, _raised)  # noqa: SLF001 - mock tools lie below
    convert = _noting_request(client._convert_to_request_dict, recorder)  # noqa: SLF001 - it has the body as sent
    with ExitStack() as stack:
        stack.enter_context(replaced(client, "_make_api_call", call, recorder))
        stack.enter_context(replaced(client, "_convert_to_request_dict", convert, recorder))
        yield


def _depart(recorder: Recorder, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    __tracebackhide__ = True
    ending = _ENDINGS.get(args[0] if args else kwargs.get("operation_name", ""))
    if ending is None:
        return None
    params = args[1] if len(args) > 1 else kwargs.get("api_params")
    meta = client.meta
    if not params or "modelId" not in params or meta.service_model.service_name != "bedrock-runtime":
        return None  # another service, or what botocore itself complains about
    path = f"/model/{quote(str(params['modelId']), safe='')}{ending}"
    dialect = recognised("POST", path)
    return None if dialect is None else recorder.depart(dialect, "POST", f"{meta.endpoint_url}{path}", params)


def _noting_request(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    """Wrap what makes the request of the parameters of a call: the body is then made once, and by botocore."""

    @wraps(original)
    def convert(client: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        request = original(client, *args, **kwargs)
        try:
            flight = in_flight()
            if flight is not None and recognised("POST", request["url_path"]) is flight.dialect:
                _note_request(flight, request)
        except Exception as error:
            recorder.fault(error)
        return request

    return convert


def _note_request(flight: Flight, request: dict[str, Any]) -> None:
    body = request["body"]
    if flight.request is None and isinstance(body, bytes):
        flight.request, flight.url = body, request["url"]


def _read(flight: Flight, result: dict[str, Any]) -> None:
    metadata = result.get("ResponseMetadata") or {}
    flight.status = metadata.get("HTTPStatusCode", 200)  # stubs need not have it
    flight.reply_headers = metadata.get("HTTPHeaders")
    key = "stream" if "stream" in result else "body"
    if key not in result:
        flight.body = _json({name: value for name, value in result.items() if name != "ResponseMetadata"})
        return
    source = result[key]
    raw = getattr(source, "_raw_stream", source)
    if isinstance(raw, io.BytesIO):  # of a mock: the whole body, and reading it leaves it to the reader
        flight.body = raw.getvalue()
    elif isinstance(raw, bytes):
        flight.body = raw
    elif isinstance(raw, list | tuple):
        flight.body = b"".join(_json(event) + b"\n" for event in raw)
    else:
        flight.complete, flight.is_lazy = False, str(flight.url).endswith("/invoke")
        flight.chunks = []
        if hasattr(raw, "__next__") and not hasattr(raw, "read"):  # of a mock: events in the form of a reader
            result[key] = _noting_events(raw, flight)
        else:
            tee(raw, flight)


def _noting_events(events: Iterator[Any], flight: Flight) -> Iterator[Any]:
    """Hand events on, and note them as lines of JSON."""
    for event in events:
        try:
            flight.chunks.append(_json(event) + b"\n")  # type: ignore[union-attr]
        except Exception as error:
            flight.fault(error)
        yield event
    flight.complete = True
    flight.ended()


def _raised(flight: Flight, error: BaseException) -> None:
    """Take the status of an error that Bedrock answered with."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        flight.status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_blob).encode()


def _blob(value: Any) -> str:
    """Return bytes as the API writes them; anything else that is no JSON is of no use to a reader."""
    return b64encode(value).decode() if isinstance(value, bytes | bytearray) else str(value)
