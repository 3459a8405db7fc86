"""Scenes of the spend limit: what is still sent, and what is refused, by each client."""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from unittest import mock

from capture_wire import CHAT, QUESTION, chat
from fault_clients import bedrock
from fault_http import ask_server, library
from fault_play import NotBegunError, answering, as_hooks_do, reading, recorder, scene

from pytest_llmcost.core.currency import USD
from pytest_llmcost.errors import SpendLimitReached
from pytest_llmcost.process.spend import SpendLimit, Terms
from pytest_llmcost.storage.spend import SpendFile

SENT = json.dumps(QUESTION)


def terms(folder):
    """Return a limit that one call reaches."""
    return Terms(Decimal("0.000001"), folder / "spent", date(2026, 1, 1), {}, {}, {}, USD)


@contextmanager
def _limited(spent=None):
    """Set a limit as the plugin does, with what was spent before."""
    with tempfile.TemporaryDirectory() as folder:
        held = terms(Path(folder))
        if spent is not None:
            SpendFile(held.file).add(spent)
        try:
            limit = SpendLimit(held)
        except ZeroDivisionError:
            raise NotBegunError from None
        recorder().gate = limit.gate
        recorder().on_end = partial(limit.count, reading().pipeline.spent)
        yield limit


def refused(send):
    """Send; a bug of ours may let a call pass, or stop more of them once the limit is reached: both are told."""
    try:
        return send()
    except SpendLimitReached:
        return True


@scene()
def limited():
    """Ask until a limit of what may be spent is reached; what cannot be priced is refused as well."""
    with _limited():
        return [refused(ask_server) for _ in range(3)]


@scene()
def limited_by_what_is_asked_for_later():
    """Reach it with a reply whose usage is told to whoever asks what has become of it."""
    with _limited(), _background() as (client, url):
        asked = {"model": "gpt-4o-mini", "input": "Hi", "background": True}
        begun = client.post(url, json=asked).json()["status"]
        ended = client.get(f"{url}/resp_1").json()["status"], client.get(f"{url}/resp_1").json()["status"]
        return begun, ended, refused(lambda: client.post(url, json=asked).json()["status"] == "queued")


@scene()
def asked_for_later():
    with _background() as (client, url):
        begun = client.post(url, json={"model": "gpt-4o-mini", "input": "Hi", "background": True}).json()
        return begun, [client.get(f"{url}/resp_1").json() for _ in range(2)]


@contextmanager
def _background():
    """Let a server begin to answer, and tell the answer later."""
    http = library()
    usage = {"input_tokens": 9, "output_tokens": 2}

    def answer(request):
        if request.method == "POST":
            return http.Response(200, json={"id": "resp_1", "object": "response", "status": "queued"})
        done = {"id": "resp_1", "object": "response", "status": "completed", "model": "gpt-4o-mini", "usage": usage}
        return http.Response(200, json=done)

    with http.Client(transport=http.MockTransport(answer)) as client:
        yield client, "https://api.openai.com/v1/responses"


@scene()
def limited_past_what_is_no_model():
    """Ask under a limit that is reached what is no model, and what is one by its words only."""
    http = library()
    app = http.Client(transport=http.MockTransport(lambda request: http.Response(200, json={"mine": 1})))
    with _limited(Decimal(1)), app:
        base = answering({"mine": 1}).removesuffix(CHAT)
        said = [
            refused(lambda: http.post(f"{base}/generate", json={"inputs": "Hi", "model": "m"}).json() == {"mine": 1})
        ]
        return [
            *said,
            refused(lambda: app.post("http://testserver/generate", json={"inputs": "Hi"}).json() == {"mine": 1}),
        ]


@scene()
def limited_by_what_cannot_be_read():
    """Reach it with a call that cannot be read, and so has no price."""

    def unreadable(_):
        raise EOFError

    with _limited() as limit:
        try:
            with as_hooks_do():
                _count(limit, unreadable)
        finally:
            said = refused(ask_server)
        return said


def _count(limit, read):
    try:
        limit.count(read, mock.sentinel.flight)
    except EOFError:
        return


@scene("requests")
def limited_requests():
    import requests

    def prepared():
        with requests.Session() as session:
            return session.send(requests.Request("POST", answering(chat()), json=QUESTION).prepare()).json() == chat()

    with _limited(Decimal(1)):
        return refused(lambda: requests.post(answering(chat()), json=QUESTION).json() == chat()), refused(prepared)


@scene("aiohttp")
def limited_aiohttp():
    import aiohttp

    async def post(**options):
        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(answering(chat()), **options) as response:
                    return await response.json() == chat()
            except SpendLimitReached:
                return True

    async def go():
        return [await post(json=QUESTION), await post(data=SENT)]

    with _limited(Decimal(1)):
        return asyncio.run(go())


@scene("urllib3")
def limited_urllib3():
    import urllib3

    with _limited(Decimal(1)), urllib3.PoolManager() as pools:
        url = answering(chat())
        pool = pools.connection_from_url(url)
        whole = refused(lambda: pools.request("POST", url, body=SENT).json() == chat())
        return whole, refused(lambda: pool.urlopen("POST", CHAT, body=SENT).json() == chat())


@scene("urllib")
def limited_urllib():
    import urllib.request

    def send():
        with urllib.request.urlopen(answering(chat()), SENT.encode()) as response:
            return json.loads(response.read()) == chat()

    with _limited(Decimal(1)):
        return refused(send)


@scene("boto3")
def limited_bedrock():
    said = {"message": {"role": "assistant", "content": []}}
    base = answering({"output": said}).removesuffix(CHAT)

    def send():
        return bedrock(base).converse(modelId="amazon.nova-lite-v1:0", messages=[])["output"] == said

    with _limited(Decimal(1)):
        return refused(send)
