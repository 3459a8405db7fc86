"""What mocks aiohttp."""

import pytest
from capture_wire import OPENAI
from clients import ask, body, headers, of


@pytest.mark.seen(area="mock", name="aioresponses", client="aiohttp", origin="replayed", streams="yes")
@of("aiohttp")
def test_aioresponses(client, stream):
    aioresponses = pytest.importorskip("aioresponses")
    with aioresponses.aioresponses() as mock:
        mock.post(OPENAI, body=body(stream), headers=headers(stream))
        ask(client, OPENAI, stream)
        mock.assert_called_once()


@pytest.mark.seen(area="mock", name="aioresponses, passing through", client="aiohttp", origin="local", streams="yes")
@of("aiohttp")
def test_aioresponses_passing_through(client, stream, server):
    aioresponses = pytest.importorskip("aioresponses")
    with aioresponses.aioresponses(passthrough=[server.base]):
        ask(client, server.chat, stream)
