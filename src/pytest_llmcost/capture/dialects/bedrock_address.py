"""What the address of a call to Amazon Bedrock says: the model, which stands nowhere else."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from pytest_llmcost.capture.dialects.hosts import provider_of

_MODEL = re.compile(r"/model/(.+)/[a-z-]+$")
_OPAQUE = re.compile(r"^arn:.*/[^/.]+$")
"""An ARN whose last part has no maker in it: an application's inference profile, a provisioned or imported model."""


@lru_cache(maxsize=1024)
def model_of(url: str) -> str | None:
    """Return the model that an address names: an id, or an ARN, whose slashes may be escaped or not."""
    found = _MODEL.search(url)
    return unquote(found[1]) if found else None


def provider(url: str) -> str:
    """Return who answers: what imitates Bedrock, such as a server of a test, is priced like it."""
    return provider_of(url, "aws")


def answering(requested: str | None, named: str | None) -> str | None:
    """Return the model that a reply names, but only where the request's name tells nothing.

    An id has the region in it, on which the price depends; the name in a reply of Claude has not.
    """
    return named if requested is None or _OPAQUE.match(requested) else None
