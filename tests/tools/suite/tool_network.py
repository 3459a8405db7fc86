"""No tool at all, and tools that a call goes past: origin `live` and `local`."""

import pytest
from clients import ask, of

CLIENTS = ("httpx", "httpx async", "httpx2", "httpx2 async", "requests")


@pytest.mark.seen(
    area="client", name="none", client="httpx, httpx2 (both also async), requests", origin="local", streams="yes"
)
@of(*CLIENTS)
def test_this_machine(client, stream, server):
    ask(client, server.chat, stream)


@pytest.mark.seen(
    area="client", name="none", client="httpx, httpx2 (both also async), requests", origin="live", streams="yes"
)
@of(*CLIENTS)
def test_the_network(client, stream, world):
    ask(client, world, stream)


@pytest.mark.seen(area="client", name="none", client="aiohttp", origin="live", streams="yes")
@of("aiohttp")
def test_the_network_by_aiohttp(client, stream, world):
    ask(client, world, stream)


@pytest.mark.seen(area="client", name="none", client="urllib3", origin="live", streams="yes")
@of("urllib3")
def test_the_network_by_urllib3(client, stream, world):
    ask(client, world, stream)


@pytest.mark.seen(area="client", name="none", client="urllib", origin="live", streams="yes")
@of("urllib")
def test_the_network_by_urllib(client, stream, world):
    ask(client, world, stream)


@pytest.mark.seen(
    area="mock", name="respx", client="httpx2 (also async)", origin="live", streams="yes", finding="bypassed-mock"
)
@of("httpx2", "httpx2 async")
def test_past_respx(client, stream, world):
    respx = pytest.importorskip("respx")
    with respx.mock(assert_all_called=False) as router:
        router.post(world)
        ask(client, world, stream)


@pytest.mark.needs_plugin
@pytest.mark.seen(
    area="mock",
    name="pytest-httpx",
    client="httpx2 (also async)",
    origin="live",
    streams="yes",
    finding="bypassed-mock",
)
@pytest.mark.httpx_mock(assert_all_responses_were_requested=False)
@of("httpx2", "httpx2 async")
def test_past_pytest_httpx(client, stream, world, httpx_mock):
    httpx_mock.add_response(url=world)
    ask(client, world, stream)


@pytest.mark.seen(
    area="mock", name="pook", client="httpx2 (also async)", origin="live", streams="yes", finding="bypassed-mock"
)
@of("httpx2", "httpx2 async")
def test_past_pook(client, stream, world):
    pook = pytest.importorskip("pook")
    with pook.use():
        pook.post(world).reply(200)
        ask(client, world, stream)


@of("httpx2", "requests")
def test_a_local_server_beside_a_mock_is_meant(client, stream, server):
    respx = pytest.importorskip("respx")
    with respx.mock:
        ask(client, server.chat, stream)
