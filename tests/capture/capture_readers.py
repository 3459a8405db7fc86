"""Every way to read a file of bytes, as responses are."""

from __future__ import annotations


def into(response):
    parts, buffer = [], bytearray(50)
    while count := response.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


FILE_READERS = {
    "read": lambda response: response.read(),
    "read in parts": lambda response: b"".join(iter(lambda: response.read(50), b"")),
    "read1": lambda response: b"".join(iter(lambda: response.read1(50), b"")),
    "readline": lambda response: b"".join(iter(response.readline, b"")),
    "readlines": lambda response: b"".join(response.readlines()),
    "readinto": into,
    "iteration": b"".join,
}
