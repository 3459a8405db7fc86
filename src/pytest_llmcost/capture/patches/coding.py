"""Content codings of libraries that leave them to their caller."""

from __future__ import annotations

import zlib

_GZIP_OR_ZLIB = 47


def inflate(encoding: str, body: bytes) -> bytes:
    """Undo gzip or deflate, as far as a body that was cut goes; what is neither, or decoded already, stays as it is."""
    del encoding  # the first bytes tell it, and whether it is still there
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body)
    except zlib.error:
        return body
