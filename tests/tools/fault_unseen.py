"""Scenes of libraries whose calls cannot be read, or are recognised while they are imported."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import mock

from capture_wire import CHAT, QUESTION, chat
from fault_play import answering, scene

SENT = json.dumps(QUESTION)
GENERATE = "/google.cloud.aiplatform.v1.PredictionService/GenerateContent"


@scene("http")
def http_client():
    import http.client

    connection = http.client.HTTPConnection(answering(chat()).removeprefix("http://").partition("/")[0])
    connection.request("POST", CHAT, body=SENT)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer == chat()


@scene("httplib2")
def httplib2():
    import httplib2

    http = httplib2.Http()
    _, answer = http.request(answering(chat()), "POST", body=SENT)
    http.close()
    return json.loads(answer) == chat()


@scene("httplib2")
def imported_late():
    """Import a library that is patched while it is imported."""
    before = sys.modules.pop("httplib2", None)
    try:
        module = importlib.import_module("httplib2")
        return callable(module.Http), type(module.__loader__).__name__, module.__spec__.loader is module.__loader__
    finally:
        if before is not None:
            sys.modules["httplib2"] = before


@scene("pycurl")
def pycurl():
    with mock.patch.dict(sys.modules):
        sys.modules.pop("pycurl", None)  # what pytest-recording puts there
        pycurl = importlib.import_module("pycurl")
    handle, answer = pycurl.Curl(), []
    handle.setopt(pycurl.URL, answering(chat()))
    handle.setopt(pycurl.POSTFIELDS, SENT)
    handle.setopt(pycurl.WRITEFUNCTION, answer.append)
    handle.perform()
    handle.close()
    return json.loads(b"".join(answer)) == chat(), type(handle) is pycurl.Curl


@scene("curl_cffi")
def curl_cffi():
    from curl_cffi import requests

    async def go():
        async with requests.AsyncSession() as session:
            return (await session.post(answering(chat()), json=QUESTION)).json() == chat()

    return requests.post(answering(chat()), json=QUESTION).json() == chat(), asyncio.run(go())


@scene("pyreqwest")
def pyreqwest():
    from pyreqwest import client

    with client.SyncClientBuilder().build() as made:
        begun = made.post(answering(chat())), made.request("POST", answering(chat()))
        return [one.body_json(QUESTION).build().send().json() == chat() for one in begun]


@scene("tornado")
def tornado():
    from tornado.httpclient import AsyncHTTPClient, HTTPRequest

    async def go():
        url = answering(chat())
        asked = HTTPRequest(url, method="POST", body=SENT)
        said = [await AsyncHTTPClient().fetch(url, method="POST", body=SENT), await AsyncHTTPClient().fetch(asked)]
        return [json.loads(one.body) == chat() for one in said]

    return asyncio.run(go())


@contextmanager
def _socket():
    from websockets.sync.server import serve

    with serve(lambda connection: connection.send("hello"), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/realtime"
        server.shutdown()
        thread.join()


@scene("websockets")
def websockets():
    from websockets.sync.client import connect

    with _socket() as address, connect(address) as connection:
        return connection.recv()


@scene("websockets", "wsproto", "httpx2")
def httpx2_websockets():
    import httpx2

    if not hasattr(httpx2.Client, "websocket"):
        return None
    with _socket() as address, httpx2.Client() as client, client.websocket(address) as connection:
        return connection.receive_text()


@scene("grpc")
def grpc():
    import grpc

    class Echo(grpc.GenericRpcHandler):
        def service(self, details):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: request)

    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            return channel.unary_unary(GENERATE)(b"hello")
    finally:
        server.stop(None).wait()
