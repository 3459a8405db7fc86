"""Libraries whose calls cannot be read: no call is seen, and that one was made is told."""

import asyncio
import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from capture_wire import CHAT, QUESTION
from clients import JSON, WHOLE

SENT = json.dumps(QUESTION)


@pytest.fixture
def socket_server():
    """An address of a realtime API that says one word."""
    serving = pytest.importorskip("websockets.sync.server")
    with serving.serve(lambda connection: connection.send("hello"), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/realtime"
        server.shutdown()
        thread.join()


@pytest.mark.seen(area="not", name="websockets", client="realtime APIs", finding="not-captured")
def test_websockets(socket_server):
    client = pytest.importorskip("websockets.sync.client")
    with client.connect(socket_server) as connection:
        assert connection.recv() == "hello"


@pytest.mark.seen(area="not", name="websockets, asyncio", client="realtime APIs", finding="not-captured")
def test_websockets_async(socket_server):
    client = pytest.importorskip("websockets.asyncio.client")

    async def go():
        async with client.connect(socket_server) as connection:
            assert await connection.recv() == "hello"

    asyncio.run(go())


@pytest.mark.seen(
    area="not",
    name="openai, `realtime.connect()`",
    client="realtime, responses by websocket",
    finding="not-captured",
)
def test_openai_realtime(socket_server):
    openai = pytest.importorskip("openai")
    pytest.importorskip("websockets")
    base = socket_server.removesuffix("/realtime")
    with (
        openai.OpenAI(api_key="none", websocket_base_url=base) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        assert connection.recv_bytes() == b"hello"


@pytest.mark.seen(area="not", name="httpx2.websockets", client="realtime APIs", finding="not-captured")
def test_httpx2_websockets(socket_server):
    pytest.importorskip("wsproto")
    httpx2 = pytest.importorskip("httpx2")
    if not hasattr(httpx2.Client, "websocket"):
        pytest.skip("this httpx2 has none")
    with httpx2.Client() as client, client.websocket(socket_server) as connection:
        assert connection.receive_text() == "hello"


def test_a_websocket_to_something_else_is_no_matter(socket_server):
    client = pytest.importorskip("websockets.sync.client")
    with client.connect(socket_server.replace("/v1/realtime", "/prices")) as connection:
        assert connection.recv() == "hello"


GENERATE = "/google.cloud.aiplatform.v1.PredictionService/GenerateContent"
LIST = "/google.cloud.aiplatform.v1.DatasetService/ListDatasets"


@pytest.fixture
def service():
    grpc = pytest.importorskip("grpc")

    def echo(request, context):
        return request

    class Echo(grpc.GenericRpcHandler):
        def service(self, details):
            return grpc.unary_unary_rpc_method_handler(echo)

    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.mark.seen(area="not", name="grpc", client="older Vertex SDKs, xAI", finding="not-captured")
@pytest.mark.parametrize("way", ["__call__", "with_call", "future"])
def test_grpc(service, way):
    import grpc

    with grpc.insecure_channel(service) as channel:
        answer = getattr(channel.unary_unary(GENERATE), way)(b"hello")
        answer = answer[0] if way == "with_call" else answer.result() if way == "future" else answer
    assert answer == b"hello"


@pytest.mark.seen(area="not", name="grpc, asyncio", client="older Vertex SDKs, xAI", finding="not-captured")
def test_grpc_async(service):
    import grpc.aio

    async def go():
        async with grpc.aio.insecure_channel(service) as channel:
            assert await channel.unary_unary(GENERATE)(b"hello") == b"hello"

    asyncio.run(go())


def test_grpc_for_something_else_is_no_matter(service):
    import grpc

    with grpc.insecure_channel(service) as channel:
        assert channel.unary_unary(LIST)(b"hello") == b"hello"


@pytest.mark.seen(area="not", name="curl_cffi (also async)", client="any API", finding="not-captured")
@pytest.mark.parametrize("way", ["whole", "async"])
def test_curl_cffi(server, way):
    curl_cffi = pytest.importorskip("curl_cffi.requests")

    async def go():
        async with curl_cffi.AsyncSession() as session:
            return await session.post(server.chat, json=QUESTION)

    answer = asyncio.run(go()) if way == "async" else curl_cffi.post(server.chat, json=QUESTION)
    assert answer.json() == WHOLE


@pytest.mark.seen(area="not", name="pycurl", client="any API", finding="not-captured")
def test_pycurl(server):
    pycurl = pytest.importorskip("pycurl")
    handle, answer = pycurl.Curl(), []
    handle.setopt(pycurl.URL, server.chat)
    handle.setopt(pycurl.POSTFIELDS, SENT)
    handle.setopt(handle.WRITEFUNCTION, answer.append)
    handle.perform()
    handle.close()
    assert json.loads(b"".join(answer)) == WHOLE
    assert type(handle) is pycurl.Curl


@pytest.mark.seen(area="not", name="pyreqwest", client="any API", finding="not-captured")
@pytest.mark.parametrize("way", ["post", "request"])
def test_pyreqwest(server, way):
    client = pytest.importorskip("pyreqwest.client")
    with client.SyncClientBuilder().build() as made:
        begun = made.post(server.chat) if way == "post" else made.request("POST", server.chat)
        assert begun.body_json(QUESTION).build().send().json() == WHOLE


@pytest.mark.seen(area="not", name="httplib2", client="older Google SDKs", finding="not-captured")
def test_httplib2(server):
    httplib2 = pytest.importorskip("httplib2")
    _, answer = httplib2.Http().request(server.chat, "POST", body=SENT, headers=JSON)
    assert json.loads(answer) == WHOLE


@pytest.mark.seen(area="not", name="tornado", client="any API", finding="not-captured")
def test_tornado(server):
    tornado = pytest.importorskip("tornado.httpclient")

    async def go():
        return await tornado.AsyncHTTPClient().fetch(server.chat, method="POST", body=SENT)

    assert json.loads(asyncio.run(go()).body) == WHOLE


@pytest.mark.seen(area="not", name="`http.client` itself", client="any API", finding="not-captured")
def test_http_client(server):
    connection = http.client.HTTPConnection(server.base.removeprefix("http://"))
    connection.request("POST", CHAT, body=SENT, headers=JSON)
    assert json.loads(connection.getresponse().read()) == WHOLE
    connection.close()


def test_a_request_to_something_else_is_no_matter(server):
    connection = http.client.HTTPConnection(server.base.removeprefix("http://"))
    connection.request("POST", "/prices", body=SENT)
    assert json.loads(connection.getresponse().read()) == WHOLE
    connection.close()
    httplib2 = pytest.importorskip("httplib2")
    httplib2.Http().request(server.base + "/prices", "POST", body=SENT)


def test_a_test_that_tells_its_calls_itself_has_said_enough(server, request):
    if request.config.pluginmanager.has_plugin("llmcost-session"):
        record = request.getfixturevalue("llmcost").record
        record(provider="openai", model="gpt-4o-mini", input_tokens=9, output_tokens=2)
    test_http_client(server)
