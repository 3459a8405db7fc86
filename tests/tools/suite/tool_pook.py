"""pook, which mocks several clients at once."""

import pytest
from capture_wire import OPENAI
from clients import ask, body, headers, needs_old_aiohttp, of

pook = pytest.importorskip("pook")


@pytest.fixture
def mocked(stream, client):
    if client == "aiohttp":
        needs_old_aiohttp()
    with pook.use():
        mock = pook.post(OPENAI).reply(200).headers(headers(stream)).body(body(stream))
        yield mock
        assert pook.isdone() or not pook.isactive()


@pytest.mark.seen(area="mock", name="pook", client="httpx (also async), requests", origin="replayed", streams="yes")
@of("httpx", "httpx async", "requests")
def test_pook(client, stream, mocked):
    ask(client, OPENAI, stream)


@pytest.mark.seen(area="mock", name="pook", client="aiohttp", origin="replayed", streams="no")
@of("aiohttp")
def test_pook_aiohttp(client, stream, mocked):
    if stream:
        pook.off()
        pytest.skip("its reply cannot be read in parts, with us or without")
    ask(client, OPENAI, stream)


@pytest.mark.seen(area="mock", name="pook", client="urllib3", origin="replayed", streams="yes")
@of("urllib3")
def test_pook_urllib3(client, stream, mocked):
    ask(client, OPENAI, stream)
