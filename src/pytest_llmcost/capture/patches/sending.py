"""What a request asks for, by the arguments of whoever sends it; looked at only once a spend limit is reached."""

from __future__ import annotations

import json
from typing import Any

from pytest_llmcost.capture.patches.coding import encoding_of, plain
from pytest_llmcost.capture.refusing import Asked

_TO_MODELS = frozenset({"model", "purpose"})


def about(body: bytes | None, headers: Any) -> Asked:
    """Tell what a request with this body and these headers asks for."""
    return Asked(body, encoding_of(headers))


def of_arguments(kwargs: dict[str, Any]) -> Asked:
    """Tell what the arguments `json`, `data` and `files` of requests and aiohttp ask for.

    A form of files is looked at by its fields: an upload that names neither a model nor a purpose is none for a model.
    """
    data, files = kwargs.get("data"), kwargs.get("files")
    if data is None and kwargs.get("json") is not None:
        return Asked(json.dumps(kwargs["json"], default=str).encode())
    if data is None or isinstance(data, (str, bytes)):
        return about(b"" if data is None else plain(data), kwargs.get("headers"))
    if not isinstance(data, (dict, list, tuple)):
        return Asked()
    return Asked(None if files and not _TO_MODELS.isdisjoint(dict(data)) else b"")
