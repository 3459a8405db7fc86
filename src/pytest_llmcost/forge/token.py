"""The token of a forge, which is sent and never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_llmcost.forge.failure import ForgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

_PLAIN = re.compile(r"[!-~]+")
SHOWN = "***"


class _Secret(str):
    """A header's value that debuggers and tracebacks with variables show as stars."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(SHOWN)


class Token:
    """A token; its text, however it is asked for, is stars.

    Raises ForgeError for a text that no token is, without quoting it: `requests` would quote it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = _Secret(value.strip())
        if not _PLAIN.fullmatch(self._value):
            what = "holds characters that no token has" if self._value else "is empty"
            raise ForgeError(f"the token {what}: set it from the secrets of the CI job")

    def __repr__(self) -> str:
        return f"Token({SHOWN})"

    def __str__(self) -> str:
        return SHOWN

    def __reduce__(self) -> str:
        raise TypeError("a token is not written down")

    def hidden(self, text: str) -> str:
        """Return a text of the forge without the token in it."""
        return text.replace(self._value, SHOWN)

    def signing(self, header: str, prefix: str) -> Callable[[PreparedRequest], PreparedRequest]:
        """Return what puts the token into a request when it is sent; with it `requests` reads no .netrc."""
        value = _Secret(prefix + self._value)

        def sign(request: PreparedRequest) -> PreparedRequest:
            request.headers[header] = value
            return request

        return sign


def unsigned(request: PreparedRequest) -> PreparedRequest:
    """Leave a request as it is: it goes to another host, and `requests` must not look into .netrc for it."""
    return request
