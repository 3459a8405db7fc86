"""What mocks aiohttp."""

import pytest
from capture_wire import OPENAI
from clients import ask, body, headers, needs_old_aiohttp, of


@pytest.mark.seen(area="mock", name="aioresponses", client="aiohttp", origin="replayed", streams="yes")
@of("aiohttp")
def test_aioresponses(client, stream):
    needs_old_aiohttp()
    aioresponses = pytest.importorskip("aioresponses")
    with aioresponses.aioresponses() as mock:
        mock.post(OPENAI, body=body(stream), headers=headers(stream))
        ask(client, OPENAI, stream)
        mock.assert_called_once()


@pytest.mark.seen(area="mock", name="aioresponses, passing through", client="aiohttp", origin="local", streams="yes")
@of("aiohttp")
def test_aioresponses_passing_through(client, stream, server):
    needs_old_aiohttp()
    aioresponses = pytest.importorskip("aioresponses")
    with aioresponses.aioresponses(passthrough=[server.base]):
        ask(client, server.chat, stream)
