"""Prints what each client costs more while it is watched, a call, a chunk and a request that is no call.

    python bench/clients.py [--rounds 9]

Each client sends to an answer in memory, so that nothing but its own code and ours is timed; the least of all rounds
counts. Not a test: nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import time
import urllib.request
import warnings
from contextlib import nullcontext
from http.client import HTTPResponse
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.recorder import Recorder
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS, CHUNKS = 300, 200
LLM, OTHER = "http://127.0.0.1/v1/chat/completions", "http://127.0.0.1/v1/other"
TEXT = "Parcel 7 left Porto on Monday and has not moved since. Is it lost, and what can the sender do about it? " * 10
QUESTION = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": TEXT}]}
BODY = json.dumps(QUESTION).encode()
ANSWER = json.dumps({"model": "gpt-4o-mini", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}})
LINE = b"data: " + ANSWER.encode() + b"\n\n"


def of_httpx(name: str) -> Callable[[str, int], None]:
    """Return a client of httpx or httpx2 on a transport in memory."""
    http = import_module(name)

    def answer(request: Any) -> Any:
        chunks = int(request.headers["chunks"])
        return http.Response(200, content=iter([LINE] * chunks) if chunks else ANSWER.encode())

    client = http.Client(transport=http.MockTransport(answer))

    def send(url: str, chunks: int) -> None:
        headers = {"chunks": str(chunks)}
        if not chunks:
            client.post(url, content=BODY, headers=headers)
            return
        with client.stream("POST", url, content=BODY, headers=headers) as response:
            for _ in response.iter_raw():
                pass

    return send


def of_urllib3() -> Callable[[str, int], None]:
    """Return a pool whose connections answer from memory."""
    urllib3 = import_module("urllib3")

    class Pool(urllib3.HTTPConnectionPool):  # type: ignore[misc, name-defined]
        def _make_request(self, *_: Any, preload_content: bool = True, headers: Any = None, **__: Any) -> Any:
            return urllib3.HTTPResponse(answer(int(headers["chunks"])), preload_content=preload_content)

    pool = Pool("127.0.0.1")

    def send(url: str, chunks: int) -> None:
        path = url.partition("127.0.0.1")[2]
        response = pool.urlopen("POST", path, BODY, {"chunks": str(chunks)}, preload_content=not chunks)
        if chunks:
            for _ in response.stream(len(LINE)):
                pass

    return send


def of_requests() -> Callable[[str, int], None]:
    """Return a session with an adapter in memory."""
    requests, urllib3 = import_module("requests"), import_module("urllib3")

    class Adapter(requests.adapters.BaseAdapter):  # type: ignore[misc, name-defined]
        def send(self, request: Any, **_: Any) -> Any:
            response = requests.Response()
            response.status_code, response.request = 200, request
            body = answer(int(request.headers["chunks"]))
            response.raw = urllib3.HTTPResponse(body, preload_content=False)
            return response

        def close(self) -> None:
            pass

    session = requests.Session()
    session.mount("http://", Adapter())

    def send(url: str, chunks: int) -> None:
        response = session.post(url, data=BODY, headers={"chunks": str(chunks)}, stream=bool(chunks))
        if chunks:
            for _ in response.iter_content(len(LINE)):
                pass

    return send


def of_urllib() -> Callable[[str, int], None]:
    """Return an opener that answers from memory."""

    class Socket(io.BytesIO):
        def makefile(self, *_: Any) -> Socket:
            return self

    class Handler(urllib.request.BaseHandler):
        def http_open(self, request: Any) -> HTTPResponse:
            body = answer(int(request.headers["Chunks"])).getvalue()
            response = HTTPResponse(Socket(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body))  # type: ignore[arg-type]
            response.begin()
            return response

    opener = urllib.request.OpenerDirector()
    opener.add_handler(Handler())

    def send(url: str, chunks: int) -> None:
        response = opener.open(urllib.request.Request(url, BODY, {"Chunks": str(chunks)}))  # noqa: S310 - in memory
        while chunks and response.read(len(LINE)):
            pass
        if not chunks:
            response.read()

    return send


def of_aiohttp() -> Callable[[str, int], None]:
    """Return a session whose requests are answered from memory."""
    aiohttp = import_module("aiohttp")
    protocol = type("Protocol", (), {"_reading_paused": False, "connected": True})()
    sent = import_module("multidict").CIMultiDict({"content-type": "application/json"})

    class Response:
        status, headers, _body = 200, sent, None

        def __init__(self, content: Any) -> None:
            self.content = content

    warnings.simplefilter("ignore", DeprecationWarning)  # aiohttp would rather not be inherited from

    class Session(aiohttp.ClientSession):  # type: ignore[misc, name-defined]
        async def _request(self, _: str, __: str, *, chunks: int, data: Any) -> Response:
            del data
            content = aiohttp.StreamReader(protocol, 2**16, loop=loop)
            for chunk in [LINE] * chunks or [ANSWER.encode()]:
                content.feed_data(chunk)
            content.feed_eof()
            return Response(content)

    loop = asyncio.new_event_loop()

    async def make() -> Any:
        return Session()

    async def go(url: str, chunks: int) -> None:
        response = await session.post(url, data=BODY, chunks=chunks)
        if not chunks:
            await response.content.read()
            return
        async for _ in response.content.iter_chunked(len(LINE)):
            pass

    session = loop.run_until_complete(make())
    return lambda url, chunks: loop.run_until_complete(go(url, chunks))


def of_botocore() -> Callable[[str, int], None]:
    """Return a client of Bedrock whose answers are put in before they are sent for."""
    session = import_module("botocore.session").get_session()
    session.set_credentials("none", "none")
    client = session.create_client("bedrock-runtime", region_name="us-east-1")
    urllib3 = import_module("urllib3")
    made = type("Made", (), {"status_code": 200})()
    state = {"chunks": 0}

    def before(**_: Any) -> Any:
        if not state["chunks"]:
            return made, {"output": {"message": {"content": [{"text": TEXT}]}}, "usage": {"inputTokens": 9}}
        raw = urllib3.HTTPResponse(answer(state["chunks"]), preload_content=False)
        return made, {"body": raw}

    client.meta.events.register("before-call.bedrock-runtime", before)
    messages = [{"role": "user", "content": [{"text": TEXT}]}]

    def send(url: str, chunks: int) -> None:
        state["chunks"] = chunks
        if url == OTHER:
            client.apply_guardrail(guardrailIdentifier="g", guardrailVersion="1", source="INPUT", content=[])
        elif not chunks:
            client.converse(modelId="m", messages=messages)
        else:
            for _ in client.invoke_model(modelId="m", body=BODY)["body"].stream(len(LINE)):
                pass

    return send


def answer(chunks: int) -> io.BytesIO:
    """Return a body of so many chunks, or a whole one."""
    return io.BytesIO(LINE * chunks if chunks else ANSWER.encode())


def timed(send: Callable[[str, int], None], url: str, chunks: int, calls: int) -> float:
    """Return microseconds of CPU a call."""
    begun = time.process_time()
    for _ in range(calls):
        send(url, chunks)
    return (time.process_time() - begun) / calls * 1e6


def figures(send: Callable[[str, int], None], rounds: int) -> tuple[list[float], list[float]]:
    """Return microseconds a call, a call of many chunks, and a request that is no call: alone, and watched.

    The two take turns: what else the machine does, or how its memory lies, is then in both.
    """
    least = [float("inf")] * 3, [float("inf")] * 3
    for _ in range(rounds):
        for row, recorder in zip(least, (None, Recorder(Sites("."))), strict=True):
            with watch(recorder) if recorder else nullcontext():
                for place, (url, chunks, calls) in enumerate(
                    ((LLM, 0, CALLS), (LLM, CHUNKS, CALLS // 10), (OTHER, 0, CALLS))
                ):
                    row[place] = min(row[place], timed(send, url, chunks, calls))
                    if recorder:
                        recorder.rest()
    return least


def main() -> None:
    """Time every client, watched and not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds; the least counts")
    rounds = parser.parse_args().rounds
    clients: dict[str, Callable[[], Callable[[str, int], None]]] = {
        "httpx": lambda: of_httpx("httpx"),
        "httpx2": lambda: of_httpx("httpx2"),
        "requests": of_requests,
        "urllib3": of_urllib3,
        "urllib": of_urllib,
        "aiohttp": of_aiohttp,
        "botocore": of_botocore,
    }
    print(f"{'':10}{'a call':>18}{'a chunk':>18}{'no call':>18}   floor and what is added, microseconds")
    for name, make in clients.items():
        send = make()
        floor, ours = figures(send, rounds)
        row = [
            (floor[0], ours[0] - floor[0]),
            ((floor[1] - floor[0]) / CHUNKS, (ours[1] - ours[0] - floor[1] + floor[0]) / CHUNKS),
            (floor[2], ours[2] - floor[2]),
        ]
        print(f"{name:10}" + "".join(f"{least:10.2f}{added:+8.2f}" for least, added in row))


if __name__ == "__main__":
    main()
