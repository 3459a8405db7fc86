"""vcrpy and pytest-recording: recording from a server on the loopback, then replaying."""

import pytest
from capture_wire import Server
from clients import EVENTS, WHOLE, ask, of

vcr = pytest.importorskip("vcr")


@pytest.mark.seen(
    area="replay",
    name="vcrpy",
    client="httpx, httpx2 (both also async), requests",
    origin="local, replayed",
    streams="yes",
)
@of("httpx", "httpx async", "httpx2", "httpx2 async", "requests")
def test_vcr(client, stream, server, tmp_path):
    path = str(tmp_path / "chat.yaml")
    for record_mode, played in (("once", 0), ("none", 1)):
        with vcr.use_cassette(path, record_mode=record_mode) as cassette:
            ask(client, server.chat, stream)
            assert cassette.play_count == played
    assert len(server.asked) == 1


@pytest.mark.seen(area="replay", name="vcrpy", client="aiohttp", origin="local, replayed", streams="yes")
@of("aiohttp")
def test_vcr_aiohttp(client, stream, server, tmp_path):
    test_vcr(client, stream, server, tmp_path)


@pytest.mark.seen(area="replay", name="vcrpy", client="urllib3", origin="local, replayed", streams="yes")
@of("urllib3")
def test_vcr_urllib3(client, stream, server, tmp_path):
    test_vcr(client, stream, server, tmp_path)


@pytest.mark.seen(area="replay", name="vcrpy", client="urllib", origin="local, replayed", streams="no")
@of("urllib")
def test_vcr_urllib(client, stream, server, tmp_path):
    if stream:
        pytest.skip("vcrpy's reply is read whole")
    test_vcr(client, stream, server, tmp_path)


@pytest.fixture(scope="module")
def steady():
    """One address for both halves of a recording."""
    with Server() as server:
        yield server


CLIENTS = ("httpx", "httpx async", "httpx2", "httpx2 async", "requests")


@pytest.fixture
def cassette(client, stream):
    """What pytest-recording names the cassette by: the same in both halves."""
    return f"{client}-{'stream' if stream else 'whole'}".replace(" ", "-")


@pytest.fixture
def default_cassette_name(cassette):
    return cassette


@pytest.mark.needs_plugin
@pytest.mark.seen(
    area="replay",
    name="pytest-recording, recording",
    client="httpx, httpx2 (both also async), requests",
    origin="local",
    streams="yes",
)
@pytest.mark.vcr(record_mode="once")
@of(*CLIENTS)
def test_recording(client, stream, steady):
    steady.answer(EVENTS if stream else WHOLE)
    if len(steady._answers) > 1:
        steady._answers.pop(0)
    ask(client, steady.chat, stream)


@pytest.mark.needs_plugin
@pytest.mark.seen(
    area="replay",
    name="pytest-recording, replaying",
    client="httpx, httpx2 (both also async), requests",
    origin="replayed",
    streams="yes",
)
@pytest.mark.vcr(record_mode="none")
@of(*CLIENTS)
def test_replaying(client, stream, steady):
    asked = len(steady.asked)
    ask(client, steady.chat, stream)
    assert len(steady.asked) == asked
