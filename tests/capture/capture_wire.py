"""A real HTTP server on the loopback interface, and replies in the providers' formats."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
OPENAI = "https://api.openai.com" + CHAT
QUESTION = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}


def chat(**more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hi there"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "choices": [choice]}
    return {**whole, "usage": USAGE, **more}


def chat_events(words: int = 3) -> list[bytes]:
    """Return an OpenAI stream, one event a chunk: words, finish, usage, `[DONE]`."""
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    deltas: list[Any] = [{"delta": {"content": f"word{n} "}, "finish_reason": None} for n in range(words)]
    deltas.append({"delta": {}, "finish_reason": "stop"})
    values = [{**base, "choices": [{"index": 0, **delta}], "usage": None} for delta in deltas]
    values.append({**base, "choices": [], "usage": USAGE})
    return [*(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values), b"data: [DONE]\n\n"]


def message() -> dict[str, Any]:
    usage = {"input_tokens": 9, "output_tokens": 2}
    whole = {"id": "m1", "type": "message", "role": "assistant", "model": "claude-next", "usage": usage}
    return {**whole, "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn", "stop_sequence": None}


def message_events() -> list[bytes]:
    values: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message(), "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 2},
        },
        {"type": "message_stop"},
    ]
    return [f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode() for value in values]


def gemini(**more: Any) -> dict[str, Any]:
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}
    candidate = {"content": {"parts": [{"text": "Hi"}], "role": "model"}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", **more}


class Server:
    """Answers in the order of `answer()`; the last answer is repeated."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self._answers: list[tuple[int, dict[str, str], bytes | list[bytes], float]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._handle(self)

            def do_GET(self) -> None:
                outer._handle(self)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.chat = self.base + CHAT

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, body: Any, status: int = 200, headers: dict[str, str] | None = None, *, gap: float = 0.0
    ) -> Server:
        """Answer next with a JSON value, bytes, or a list of chunks that come `gap` seconds apart."""
        kind = "text/event-stream" if isinstance(body, list) else "application/json"
        raw = body if isinstance(body, (bytes, list)) else json.dumps(body).encode()
        self._answers.append((status, {"content-type": kind, **(headers or {})}, raw, gap))
        return self

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append((handler.path, _body(handler)))
        status, headers, body, gap = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if isinstance(body, bytes):
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            return
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        try:
            for chunk in body:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                handler.wfile.flush()
                time.sleep(gap)
            handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            handler.close_connection = True  # the reader has left


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("content-length") or 0))
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
