"""Scenes of clients that have an HTTP library of their own: requests, aiohttp, urllib, urllib3, botocore."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from functools import cache
from unittest import mock

from capture_wire import CHAT, OPENAI, QUESTION, chat, chat_events
from fault_play import answering, scene

STREAM = b"".join(chat_events())
SENT = json.dumps(QUESTION)
GZIPPED = {"content-encoding": "gzip"}
ASKED = [{"role": "user", "content": [{"text": "Hello"}]}]
NOVA = "amazon.nova-lite-v1:0"


@scene("requests")
def requests_whole():
    import requests

    return requests.post(answering(chat()), json=QUESTION).json() == chat()


@scene("requests")
def requests_streams():
    import requests

    with requests.post(answering(chat_events()), json=QUESTION, stream=True) as response:
        chunks = b"".join(response.iter_content(16))
    with requests.post(answering(gzip.compress(STREAM), GZIPPED), json=QUESTION, stream=True) as response:
        raw = response.raw.read(decode_content=False)
    with requests.post(answering(chat_events()), json=QUESTION, stream=True) as response:
        return chunks == STREAM, gzip.decompress(raw) == STREAM, response.raw.read(16)


@scene("requests")
def requests_fails():
    import requests

    try:
        requests.post("no://host" + CHAT, json=QUESTION)
    except requests.exceptions.InvalidSchema as error:
        return str(error)


@scene("requests_mock")
def requests_mock():
    import requests
    import requests_mock

    with requests_mock.Mocker() as mocker:
        mocker.post(OPENAI, json=chat())
        return requests.post(OPENAI, json=QUESTION).json() == chat()


@scene("aiohttp")
def aiohttp_session():
    import aiohttp

    async def go():
        async with aiohttp.ClientSession() as session:
            async with session.post(answering(chat()), json=QUESTION) as response:
                whole = await response.json()
            async with session.post(answering(chat_events()), data=SENT) as response:
                streamed = b"".join([chunk async for chunk in response.content.iter_any()])
            async with aiohttp.request("POST", answering(chat()), json=QUESTION) as response:
                return whole == chat(), streamed == STREAM, await response.json() == chat()

    return asyncio.run(go())


@scene("aiohttp")
def aiohttp_forms():
    import aiohttp

    async def go():
        fields = aiohttp.FormData({"purpose": "batch"})
        fields.add_field("file", io.BytesIO(b"{}"))
        url, said = answering({"id": "file"}).removesuffix(CHAT) + "/v1/files", []
        for form in (fields, {"purpose": "batch", "file": b"{}"}, [("purpose", "assistants")], io.BytesIO(b"{}")):
            async with aiohttp.ClientSession() as session, session.post(url, data=form) as response:
                said.append(await response.json())
        return said

    return asyncio.run(go())


@scene("aiohttp")
def aiohttp_left_early():
    import aiohttp

    async def go():
        base = answering(chat_events()).removesuffix(CHAT)
        async with (
            aiohttp.ClientSession(base_url=base) as session,
            session.post(CHAT, data=SENT, headers=[("a", "b")]) as response,
        ):
            first = await response.content.readexactly(16)
            response.content._timer = response.content._timer
            return first, response.content.at_eof(), response.content.read_nowait(8)

    return asyncio.run(go())


@scene("aiohttp")
def aiohttp_too_short():
    import aiohttp

    async def go():
        async with aiohttp.ClientSession() as session, session.post(answering(chat()), data=SENT) as response:
            try:
                await response.content.readexactly(10_000)
            except asyncio.IncompleteReadError as error:
                return json.loads(error.partial) == chat()

    return asyncio.run(go())


@scene("aiohttp")
def aiohttp_raises():
    import aiohttp

    async def go():
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            try:
                await session.post(answering({"error": "no"}, status=400), json=QUESTION)
            except aiohttp.ClientResponseError as error:
                return error.status

    return asyncio.run(go())


@scene("aiohttp")
def aiohttp_driven_by_hand():
    import aiohttp

    async def go():
        async with aiohttp.ClientSession() as session:
            sent = [session.post(answering(chat()), json=QUESTION) for _ in range(3)]
            sent[0].close()
            sent[1].send(None)
            said = []
            for one in sent[1:]:
                try:
                    one.throw(KeyError("mine"))
                except KeyError as error:
                    said.append(str(error))
            return said

    return asyncio.run(go())


@scene("aioresponses")
def aioresponses():
    import aiohttp
    from aioresponses import aioresponses as mocking

    async def go():
        with mocking() as mocked:
            mocked.post(OPENAI, payload=chat())
            async with aiohttp.ClientSession() as session, session.post(OPENAI, json=QUESTION) as response:
                return await response.json() == chat()

    if tuple(map(int, aiohttp.__version__.split(".")[:2])) >= (3, 14):
        return None  # which it does not know
    return asyncio.run(go())


@scene("urllib3")
def urllib3():
    import urllib3

    url, pools = answering(chat()), urllib3.PoolManager()
    whole = pools.request("POST", url, body=SENT).json() == chat()
    response = pools.request("POST", answering(chat_events()), body=SENT, preload_content=False)
    streamed = b"".join(response.stream(16)) == STREAM
    response.release_conn()
    zipped = pools.request("POST", answering(gzip.compress(STREAM), GZIPPED), body=SENT, preload_content=False)
    raw = gzip.decompress(zipped.read(decode_content=False)) == STREAM
    pool = urllib3.connection_from_url(url)
    body, headers = gzip.compress(SENT.encode()), {"content-encoding": "gzip"}
    alone = pool.urlopen("POST", CHAT, body=body, headers=headers).data
    pool.close()
    pools.clear()
    return whole, streamed, raw, len(alone)


@scene("urllib")
def urllib_whole():
    import urllib.request

    with urllib.request.urlopen(_asked(chat())) as response:
        return json.loads(response.read()) == chat()


@scene("urllib")
def urllib_by_parts():
    import urllib.request

    parts, buffer = [], bytearray(50)
    with urllib.request.urlopen(_asked(gzip.compress(STREAM), GZIPPED)) as response:
        while count := response.readinto(buffer):
            parts.append(bytes(buffer[:count]))
    with urllib.request.urlopen(_asked(chat_events())) as response:
        return gzip.decompress(b"".join(parts)) == STREAM, response.readline()


@scene("urllib")
def urllib_fails():
    import urllib.error
    import urllib.request

    try:
        urllib.request.urlopen(_asked({"error": "no"}, None, 400))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def _asked(body, headers=None, status=200):
    import urllib.request

    data, sent = gzip.compress(SENT.encode()), {"content-encoding": "gzip"}
    return urllib.request.Request(answering(body, headers, status), data=data, headers=sent, method="POST")


@cache
def bedrock(endpoint=None):
    """Return a client; none of its keys is one."""
    import boto3
    from botocore.config import Config

    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=endpoint, config=once, **keys)


@scene("boto3")
def bedrock_stubbed():
    from botocore.response import StreamingBody
    from botocore.stub import Stubber

    usage = {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}
    said = {"message": {"role": "assistant", "content": [{"image": {"format": "png", "source": {"bytes": b"x"}}}]}}
    reply = {"output": said, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}
    kind = {"contentType": "application/json"}
    with Stubber(bedrock()) as stubber:
        stubber.add_response("converse", reply)
        stubber.add_response("invoke_model", {"body": StreamingBody(io.BytesIO(b"{}"), 2), **kind})
        stubber.add_client_error("converse", "ThrottlingException", http_status_code=429)
        told = bedrock().converse(modelId=NOVA, messages=ASKED)["usage"]
        body = bedrock().invoke_model(modelId=NOVA, body=b"{}")["body"].read()
        try:
            bedrock().converse(modelId=NOVA, messages=ASKED)
        except bedrock().exceptions.ThrottlingException as error:
            return told == usage, body, error.response["ResponseMetadata"]


@scene("boto3")
def bedrock_answered_by_a_handler():
    """Let a handler of a test answer, with a stream that is no more than an iterator."""
    events, name = [{"contentBlockDelta": {"delta": {"text": "Hi"}}}, {"messageStop": {}}], "before-call"

    def answer(**_):
        return mock.Mock(status_code=200), {"stream": iter(events)}

    bedrock().meta.events.register(name, answer)
    try:
        return list(bedrock().converse_stream(modelId=NOVA, messages=ASKED)["stream"]) == events
    finally:
        bedrock().meta.events.unregister(name, answer)


@scene("boto3")
def bedrock_served():
    from bedrock_streams import binary, chunk

    base = answering(b"").removesuffix(CHAT)
    client, events = bedrock(base), binary({"messageStop": {"stopReason": "end_turn"}})
    answering({"output": {"message": {"role": "assistant", "content": []}}})
    whole = client.converse(modelId=NOVA, messages=ASKED)["output"]
    kind = {"content-type": "application/vnd.amazon.eventstream"}
    answering(events, kind)
    stream = list(client.converse_stream(modelId=NOVA, messages=ASKED)["stream"])
    answering(binary(chunk({"a": 1})), kind)
    pieces = list(client.invoke_model_with_response_stream(modelId=NOVA, body=b"{}")["body"])
    answering({"completion": "Hi"})
    return whole, stream, pieces, client.invoke_model(modelId=NOVA, body=b"{}")["body"].read()
