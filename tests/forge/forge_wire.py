"""A real HTTP server on the loopback that keeps what it was asked, and fails when it is told to."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    raw_path: str
    """As it was sent, with what is quoted in it."""
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def token(self) -> str | None:
        value = self.headers.get("authorization") or self.headers.get("private-token")
        return value.removeprefix("Bearer ") if value else None


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with requests: no answer at all (`reply` None), or this one; before or after they are done."""

    method: str
    path: str
    reply: Reply | None
    is_done: bool
    times: int


class Wire:
    """Answers by `handle`; `gate` may hold a request back, and is left before the answer goes out."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.objections: list[str] = []
        """What was wrong with requests; an error when the server is left."""
        self.gate: Callable[[Asked], contextlib.AbstractContextManager[object]] = lambda _: contextlib.nullcontext()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body go out in two writes: without this, the second one waits for the client.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer._serve(self)

            do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names of http.server

            def log_message(self, *args: object) -> None:
                """Print nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Stay silent when a client goes away."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        assert error[0] or not self.objections, self.objections

    def fail(
        self, method: str, path: str, reply: Reply | None = None, *, times: int = 1, is_done: bool = False
    ) -> None:
        """Let the next requests of this method, whose path matches the pattern, go wrong."""
        self._faults.append(Fault(method=method, path=path, reply=reply, is_done=is_done, times=times))

    def count(self, method: str, path: str = "") -> int:
        return sum(one.method == method and re.search(path, one.path) is not None for one in self.asked)

    def handle(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        parts = urlsplit(handler.path)
        asked = Asked(
            method=handler.command,
            path=unquote(parts.path),
            raw_path=parts.path,
            query={name: values[-1] for name, values in parse_qs(parts.query).items()},
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=body,
        )
        with self.gate(asked), self._lock:
            self.asked.append(asked)
            fault = self._fault(asked)
            reply = self._handled(asked) if fault is None or fault.is_done else None
            if fault is not None:
                reply = fault.reply
        if reply is None:
            handler.close_connection = True
            with contextlib.suppress(OSError):
                handler.connection.shutdown(socket.SHUT_RDWR)
            return
        _answer(handler, reply)

    def _handled(self, asked: Asked) -> Reply:
        try:
            return self.handle(asked)
        except Exception as error:
            self.objections.append(f"{asked.method} {asked.path}: {error!r}")
            return Reply(status=400, json={"message": repr(error)})

    def _fault(self, asked: Asked) -> Fault | None:
        for fault in self._faults:
            if fault.times and fault.method == asked.method and re.search(fault.path, asked.path):
                fault.times -= 1
                return fault
        return None


def _answer(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    body = reply.body if reply.body is not None else b"" if reply.json is None else json.dumps(reply.json).encode()
    handler.send_response(reply.status)
    for name, value in {"Content-Type": "application/json", **reply.headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
