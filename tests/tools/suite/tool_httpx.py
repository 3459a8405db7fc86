"""What mocks httpx and httpx2."""

import pytest
from capture_wire import OPENAI
from clients import EVENTS, WHOLE, ask, body, headers, of

httpx = pytest.importorskip("httpx")


@pytest.mark.seen(area="mock", name="respx", client="httpx (also async)", origin="replayed", streams="yes")
@of("httpx", "httpx async")
def test_respx(client, stream):
    respx = pytest.importorskip("respx")
    with respx.mock(assert_all_called=True) as router:
        route = router.post(OPENAI).respond(200, content=body(stream), headers=headers(stream))
        ask(client, OPENAI, stream)
        assert route.call_count == 1


@pytest.mark.seen(
    area="mock", name='respx, `using="httpx"`', client="httpx (also async)", origin="replayed", streams="yes"
)
@of("httpx", "httpx async")
def test_respx_at_the_transport(client, stream):
    respx = pytest.importorskip("respx")
    with respx.mock(using="httpx", assert_all_called=True) as router:
        route = router.post(OPENAI).respond(200, content=body(stream), headers=headers(stream))
        ask(client, OPENAI, stream)
        assert route.call_count == 1


@pytest.mark.needs_plugin
@pytest.mark.seen(
    area="mock", name="respx, `respx_mock`", client="httpx (also async)", origin="replayed", streams="yes"
)
@of("httpx", "httpx async")
def test_respx_fixture(client, stream, respx_mock):
    respx_mock.post(OPENAI).respond(200, content=body(stream), headers=headers(stream))
    ask(client, OPENAI, stream)


@pytest.mark.seen(
    area="mock", name="respx, passing through", client="httpx (also async)", origin="local", streams="yes"
)
@of("httpx", "httpx async")
def test_respx_passing_through(client, stream, server):
    respx = pytest.importorskip("respx")
    with respx.mock as router:
        route = router.post(server.chat).pass_through()
        ask(client, server.chat, stream)
        assert route.called


@pytest.mark.seen(
    area="mock", name="respx, retried by the SDK", client="httpx", origin="replayed, replayed", streams="no"
)
def test_respx_and_an_sdk_that_tries_again():
    """Each attempt is a call; the refused one has no usage."""
    openai, respx = pytest.importorskip("openai"), pytest.importorskip("respx")
    if openai.VERSION.startswith("3"):
        pytest.skip("this openai is on httpx2")
    with respx.mock as router:
        router.post(OPENAI).mock(side_effect=[httpx.Response(503, json={}), httpx.Response(200, json=WHOLE)])
        with openai.OpenAI(api_key="none", max_retries=1) as client:
            client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}])


@pytest.mark.needs_plugin
@pytest.mark.seen(area="mock", name="pytest-httpx", client="httpx (also async)", origin="replayed", streams="yes")
@of("httpx", "httpx async")
def test_pytest_httpx(client, stream, httpx_mock):
    from pytest_httpx import IteratorStream

    if stream:
        httpx_mock.add_response(url=OPENAI, stream=IteratorStream(EVENTS))
    else:
        httpx_mock.add_response(url=OPENAI, json=WHOLE)
    ask(client, OPENAI, stream)
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.needs_plugin
@pytest.mark.seen(area="mock", name="pytest-httpx2", client="httpx2 (also async)", origin="replayed", streams="yes")
@of("httpx2", "httpx2 async")
def test_pytest_httpx2(client, stream, httpx2_mock):
    pytest.importorskip("pytest_httpx2")
    httpx2_mock.post(OPENAI).respond(200, content=body(stream), headers=headers(stream))
    ask(client, OPENAI, stream)
    assert httpx2_mock.calls.call_count == 1


async def app(scope, receive, send):
    """An ASGI application that answers as the model does."""
    asked = b""
    while True:
        message = await receive()
        asked += message.get("body", b"")
        if not message.get("more_body"):
            break
    stream = b'"stream":true' in asked
    head = [(name.encode(), value.encode()) for name, value in headers(stream).items()]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    for chunk in EVENTS if stream else [body(stream)]:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.seen(
    area="mock", name="`MockTransport`", client="httpx, httpx2 (both also async)", origin="replayed", streams="yes"
)
@of("httpx", "httpx async", "httpx2", "httpx2 async")
def test_mock_transport(client, stream, monkeypatch):
    library = pytest.importorskip(client.partition(" ")[0])

    def answer(request):
        return library.Response(200, content=body(stream), headers=headers(stream))

    _with_transport(monkeypatch, library, client, library.MockTransport(answer))
    ask(client, OPENAI, stream)


@pytest.mark.seen(area="mock", name="`ASGITransport`", client="httpx, httpx2", origin="replayed", streams="yes")
@of("httpx async", "httpx2 async")
def test_asgi_transport(client, stream, monkeypatch):
    library = pytest.importorskip(client.partition(" ")[0])
    _with_transport(monkeypatch, library, client, library.ASGITransport(app))
    ask(client, OPENAI, stream)


def _with_transport(monkeypatch, library, client, transport):
    """Let the clients of a library have a transport, as an application under test would give it."""
    name = "AsyncClient" if client.endswith("async") else "Client"
    kind = getattr(library, name)
    monkeypatch.setattr(library, name, lambda: kind(transport=transport))
