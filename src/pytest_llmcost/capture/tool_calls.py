"""Which of a request's tools are called: by the reply, or by the history that the prompt repeats."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_llmcost.capture.decoded import Request

_ECHOES = b'"object":"response"'
"""A reply of OpenAI's responses API repeats the definitions of all tools."""
_SPACE = re.compile(rb"\s+")


def called(request: Request, reply: bytes, name_of: Callable[[int], str | None]) -> Iterator[int]:
    """Yield the positions of the parts that define a tool which is called; in doubt, a tool is.

    A schema that the answer must follow stands among the tools, and every answer uses it.

    Args:
        request: the request as read.
        reply: the reply's body as it came.
        name_of: the name of the tool that the part at a position defines; None where it has none.
    """
    tools = [position for position, part in enumerate(request.parts) if part.segment is Segment.TOOLS]
    if not tools:
        return
    earlier = {part.text.partition(" ")[0] for part in request.parts if part.segment is Segment.HISTORY}
    silent = _is_silent(reply)
    for position in tools:
        name = name_of(position) if request.parts[position].kind == "tool" else None
        if name is None or name in earlier or (not silent and json.dumps(name).encode() in reply):
            yield position


def _is_silent(reply: bytes) -> bool:
    """Tell whether a reply that repeats the definitions calls none of them."""
    if b'"response"' not in reply or b'_call"' in reply:
        return False
    return _ECHOES in _SPACE.sub(b"", reply[:4096])


def name_in(definition: str) -> str | None:
    """Return the name in a tool definition, given as JSON; None when it has none (a provider's own tool)."""
    try:
        value = json.loads(definition)
    except (ValueError, RecursionError):
        return None
    for holder in (
        (value, value.get("function"), value.get("custom"), value.get("toolSpec")) if isinstance(value, dict) else ()
    ):
        if isinstance(holder, dict) and isinstance(name := holder.get("name"), str):
            return name
    return None
