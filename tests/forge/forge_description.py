"""GitHub's own description of its API, where it lies beside the checkout: is a request one that GitHub knows?"""

from __future__ import annotations

import json
import os
import re
import warnings
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forge_wire import Asked

SHARED = Path(os.environ.get("PYTEST_LLMCOST_SHARED") or Path(__file__).parents[3] / "shared")
DESCRIPTION = SHARED / "github" / "api-subset.json"


@cache
def description() -> Any:
    """Return the description, None where it is not, or cannot be read; it takes a second to load."""
    if not DESCRIPTION.is_file():
        return None
    with warnings.catch_warnings():
        # Those of the libraries that it needs are not ours.
        warnings.simplefilter("ignore")
        try:
            from openapi_core import OpenAPI
            from werkzeug.datastructures import Headers  # noqa: F401 - what is imported here is not in a thread
        except ImportError:
            return None
        return OpenAPI.from_dict(json.loads(DESCRIPTION.read_text(encoding="utf-8")))


def objection(asked: Asked, prefix: str) -> str | None:
    """Say what is wrong with a request by GitHub's description; None when nothing is, or there is no description.

    GraphQL is another API, which the description does not have. `prefix` is the path of the API on the server.
    """
    if description() is None or asked.path.endswith("/graphql"):
        return None
    # One number is as good as another: so a request is judged once, however often tests send it.
    path = re.sub(r"/[0-9]+(?=/|$)", "/1", asked.raw_path.removeprefix(prefix))
    headers = tuple((name, value) for name, value in asked.headers.items() if name not in {"host", "content-length"})
    said = _judged(asked.method.lower(), path, tuple(asked.query.items()), headers, asked.body)
    return said and f"{asked.method} {asked.path} {asked.query}: {said}"


@lru_cache(10_000)
def _judged(
    method: str, path: str, query: tuple[tuple[str, str], ...], headers: tuple[tuple[str, str], ...], body: bytes
) -> str | None:
    from openapi_core.datatypes import RequestParameters
    from openapi_core.exceptions import OpenAPIError
    from werkzeug.datastructures import Headers, ImmutableMultiDict

    request = SimpleNamespace(
        host_url="https://api.github.com",
        path=path,
        method=method,
        body=body or None,
        content_type=dict(headers).get("content-type", ""),
        parameters=RequestParameters(
            query=ImmutableMultiDict(query), header=Headers(headers), cookie=ImmutableMultiDict(), path={}
        ),
    )
    try:
        description().validate_request(request)
    except OpenAPIError as error:
        return f"{error!r} {error.__cause__!r}"
    return None
