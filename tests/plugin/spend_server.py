"""A model on this machine that counts what reaches it; every call costs ten cents."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

APP = """
import httpx

URL = "{url}/v1/chat/completions"
client = httpx.Client()


def ask(model="gpt-4"):
    body = {{"model": model, "messages": [{{"role": "user", "content": "Hello"}}]}}
    return client.post(URL, json=body).json()
"""


class SpendServer(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.requests = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.requests += 1
        usage = {"prompt_tokens": 80_000, "completion_tokens": 10_000, "total_tokens": 90_000}  # ten cents
        message = {"role": "assistant", "content": "Hi"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        reply = json.dumps(
            {"id": "1", "object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage}
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        """Print nothing."""
