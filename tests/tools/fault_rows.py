"""A row of what is asked of a provider's API and answered by it."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

HELLO = [{"role": "user", "content": "Hello"}]
BILLED = {"billed_units": {"input_tokens": 9, "output_tokens": 2}}
PNG = "data:image/png;base64,AAAA"


class Row(NamedTuple):
    """One exchange: where, what is asked (JSON or a form), what is answered (JSON, or bytes that are a stream)."""

    name: str
    url: str
    asked: Any
    answer: Any
    headers: Mapping[str, str] = MappingProxyType({})
    status: int = 200

    @property
    def request(self) -> bytes:
        return self.asked if isinstance(self.asked, bytes) else json.dumps(self.asked).encode()

    @property
    def reply(self) -> bytes:
        return self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()


def form(fields: dict[str, Any], file: bytes = b"") -> bytes:
    """Return a multipart form with a file."""
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    return parts.encode() + head + file + b"\r\n--b--\r\n"
