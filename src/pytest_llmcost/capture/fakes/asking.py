"""What a fake is asked, as the body of the request that the SDK would have sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes.apis import ASKS
from pytest_llmcost.capture.fakes.plain import encoded, fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.capture.fakes.apis import Api

_ASIDE = frozenset({
    "api_key", "api_base", "base_url", "extra_headers", "extra_query", "extra_body", "headers", "timeout", "client",
    "http_client", "modelId", "mock_response", "file", "image", "mask",
})  # fmt: skip
"""Arguments that are not part of the body."""


def asking(api: Api, arguments: Mapping[str, Any]) -> bytes | None:
    """Return the body; None when the arguments hold no prompt that the API knows.

    It is written now: the caller may go on with the same list of messages.
    """
    if not any(name in arguments for name in ASKS[api.name]):
        return None
    if api.name.startswith("generate"):
        return encoded(_generate(arguments))
    body = {name: value for name, value in arguments.items() if name not in _ASIDE}
    extra = arguments.get("extra_body")
    return encoded({**body, **extra} if isinstance(extra, dict) else body)


def _generate(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Put the arguments of google-genai where its API has them. Its types: google-genai 3.4.0, 2026-11-21."""
    given = arguments.get("config")
    config = given if isinstance(given, dict) else fields(given)
    system = config.get("system_instruction", config.get("systemInstruction"))
    contents = arguments["contents"]
    return {
        "contents": [_content(one) for one in (contents if isinstance(contents, list) else [contents])],
        "tools": [one for one in config.get("tools") or () if not callable(one)],
        "system_instruction": None if system is None else _content(system),
        "generation_config": {name: value for name, value in config.items() if "ystem" not in name and name != "tools"},
    }


def _content(one: Any) -> Any:
    """Return a content: a text and a part stand for one of the user's, and a list for its parts."""
    if isinstance(one, str):
        return {"role": "user", "parts": [{"text": one}]}
    if isinstance(one, list):
        return {"role": "user", "parts": [{"text": part} if isinstance(part, str) else part for part in one]}
    held = one if isinstance(one, dict) else fields(one)
    return one if "parts" in held else {"role": "user", "parts": [one]}
