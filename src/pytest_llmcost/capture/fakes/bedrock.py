"""Mocks of Amazon Bedrock's client, or of what all clients of botocore send with."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_llmcost.capture.fakes import Fake
from pytest_llmcost.capture.fakes.plain import encoded, fields, is_mock, made_of, returned

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"
_PATHS = {
    "converse": "converse",
    "conversestream": "converse-stream",
    "invokemodel": "invoke",
    "invokemodelwithresponsestream": "invoke-with-response-stream",
}
"""Operation, as methods and as `_make_api_call` name it, without underscores and in lower case -> end of the path."""
_ASIDE = frozenset({"modelId", "body", "contentType", "accept"})
_SENDS_ALL = "_make_api_call"


def parameters_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the parameters that name a model of Bedrock; None for any other call."""
    for one in (kwargs, *args[1:3]):
        if isinstance(one, dict) and isinstance(one.get("modelId"), str):
            return one
    return None


def of_bedrock(name: str, args: tuple[Any, ...], parameters: Mapping[str, Any], result: Any) -> Fake | None:
    """Return the call that a mock of this name stands for; None for an operation that asks no model."""
    operation = name.rpartition(".")[2]
    if operation == _SENDS_ALL:
        operation = next((one for one in args if isinstance(one, str)), "")
    path = _PATHS.get(operation.replace("_", "").lower())
    if path is None:
        return None
    asked = parameters.get("body") if path.startswith("invoke") else None
    if asked is None:
        asked = encoded({key: value for key, value in parameters.items() if key not in _ASIDE})
    url = f"{_HOST}/model/{quote(parameters['modelId'], safe='')}/{path}"
    body = asked.encode() if isinstance(asked, str) else asked if isinstance(asked, bytes) else None
    return Fake(url, body, None if "stream" in path else _answer(path, result), stream="stream" in path)


def _answer(path: str, result: Any) -> bytes | None:
    if path == "converse":
        is_known = isinstance(result, dict) or (is_mock(result) and not {"output", "usage"}.isdisjoint(made_of(result)))
        return encoded(result) if is_known else None
    body = result.get("body") if isinstance(result, dict) else None
    if is_mock(body):
        body = returned(made_of(body).get("read"))
    body = fields(body).get("_raw_stream", body)
    if isinstance(body, BytesIO):
        return body.getvalue()  # which leaves it to its reader
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
