"""A server on the loopback that speaks every provider's API, each with the answers of `sdks_answers`."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

from sdks_answers import WORDS, answer

_LONGEST_WAIT_S = 10
_FIRST_WORD = WORDS[0].encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of readers that have left; whatever else goes wrong, the SDK complains."""


class Provider:
    """Answers by path and body.

    Attributes:
        base: address, without a path.
        asked: the paths that were posted to, in order.
        refusals: how many of the next requests are refused with status 429.
        held: True to send each stream up to its first word only, until `let_go()`: a client that is faster than another
            reads no more than that. In binary streams the word is hidden, and it is the first half.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refusals = 0
        self.held = False
        self._released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_POST(self) -> None:
                outer._handle(self)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        loop = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        loop.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()

    def begin(self, *, refusals: int = 0, held: bool = False) -> None:
        """Forget what was asked, and answer like this from now on."""
        self.asked = []
        self.refusals = refusals
        self.held = held
        self._released.clear()

    def let_go(self) -> None:
        """Send what was held back."""
        self._released.set()

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        path = unquote(handler.path)
        raw = _body(handler)
        self.asked.append(path)
        if self.refusals:
            self.refusals -= 1
            refusal = {"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limited"}}
            _send(handler, 429, "application/json", json.dumps(refusal).encode(), {"retry-after-ms": "1"})
            return
        try:
            asked: Any = json.loads(raw)
        except ValueError:
            asked = {}
        kind, body, headers = answer(path, asked if isinstance(asked, dict) else {})
        if isinstance(body, bytes):
            _send(handler, 200, kind, body, headers)
        else:
            self._stream(handler, kind, body, headers)

    def _stream(self, handler: BaseHTTPRequestHandler, kind: str, chunks: list[bytes], headers: dict[str, str]) -> None:
        _head(handler, 200, {**headers, "content-type": kind, "transfer-encoding": "chunked"})
        first = next((place for place, chunk in enumerate(chunks) if _FIRST_WORD in chunk), len(chunks) // 2 - 1)
        try:
            for position, chunk in enumerate(chunks):
                if self.held and position == first + 1:
                    self._released.wait(_LONGEST_WAIT_S)
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                handler.wfile.flush()
            handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            handler.close_connection = True  # the reader has left


def _send(handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
    _head(handler, status, {**headers, "content-type": kind, "content-length": str(len(body))})
    handler.wfile.write(body)


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("content-length") or 0))
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
