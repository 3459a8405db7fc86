"""Multipart forms that httpx sends: they are seen without harm, and a batch with its requests."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from pytest_llmcost.capture.dialects import form, recognise

FILES = "https://api.openai.com/v1/files"
SPEECH = "https://api.openai.com/v1/audio/transcriptions"
LINES = b'{"custom_id": "a", "url": "/v1/chat/completions", "body": {"model": "gpt-4o"}}\n'


class Deaf(io.BytesIO):
    """A user's own file: nobody but the client may read it."""

    reads = 0

    def read(self, *args):
        self.reads += 1
        return super().read(*args)


def sent(http, url, **more):
    """Return the body that reached the wire."""
    bodies = []

    def answer(request):
        bodies.append(request.read())
        return http.Response(200, json={})

    with http.Client(transport=http.MockTransport(answer)) as client:
        client.post(url, **more)
    return bodies[0]


def test_the_file_of_a_batch_is_kept_as_it_was_sent(recorder, http, tmp_path):
    path = tmp_path / "batch.jsonl"
    path.write_bytes(LINES)
    with path.open("rb") as file:
        for given in (LINES, io.BytesIO(LINES), file, LINES.decode()):
            body = sent(http, FILES, data={"purpose": "batch"}, files={"file": ("batch.jsonl", given)})
            seen = recorder.exchange()
            assert seen.request == body
            assert form.file(seen) == LINES


def test_an_async_client_shows_the_same(recorder, http):
    async def go():
        transport = http.MockTransport(lambda request: http.Response(200, json={}))
        async with http.AsyncClient(transport=transport) as client:
            await client.post(FILES, data={"purpose": "batch"}, files={"file": ("b.jsonl", io.BytesIO(LINES))})

    asyncio.run(go())
    assert form.file(recorder.exchange()) == LINES


def test_sound_is_not_copied_but_the_fields_beside_it_are(recorder, http):
    body = sent(http, SPEECH, data={"model": "whisper-1"}, files={"file": ("a.mp3", b"sound")})
    assert b"sound" in body
    seen = recorder.exchange()
    assert form.texts(seen) == {"model": "whisper-1"}
    assert form.file(seen) == b""


def test_a_file_of_the_users_own_making_is_read_by_the_client_alone(recorder, http):
    counts = []
    for purpose in ("batch", "assistants"):
        file = Deaf(LINES)
        body = sent(http, FILES, data={"purpose": purpose}, files={"file": ("b.jsonl", file)})
        assert LINES in body
        counts.append(file.reads)
    assert counts[0] == counts[1]


def test_a_generator_is_left_alone(recorder, http):
    assert sent(http, SPEECH, content=iter([b"a", b"b"])) == b"ab"
    assert recorder.exchange().request is None


def test_the_openai_sdk_uploads_a_batch_that_is_read(recorder):
    openai = pytest.importorskip("openai")
    http = pytest.importorskip("httpx2" if int(openai.__version__.partition(".")[0]) > 2 else "httpx")
    reply = {"id": "f", "object": "file", "bytes": 1, "created_at": 1, "filename": "b.jsonl", "purpose": "batch"}
    transport = http.MockTransport(lambda request: http.Response(200, json={**reply, "status": "processed"}))
    asked = [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": {"model": name, "messages": []}}
        for name in ("gpt-4o", "gpt-4o-mini")
    ]
    with http.Client(transport=transport) as client:
        sdk = openai.OpenAI(api_key="none", http_client=client)
        lines = "\n".join(map(json.dumps, asked)).encode()
        assert sdk.files.create(file=("b.jsonl", io.BytesIO(lines)), purpose="batch").id == "f"
    flight = recorder.one()
    calls = list(flight.dialect.read(flight.exchange()))
    assert [(request.model, request.service_tier) for request, _ in calls] == [
        ("gpt-4o", "batch"),
        ("gpt-4o-mini", "batch"),
    ]


def test_a_file_that_is_closed_is_the_users_error_alone(recorder, http):
    file = io.BytesIO(LINES)
    file.close()
    with pytest.raises(ValueError, match="closed"):
        sent(http, FILES, data={"purpose": "batch"}, files={"file": ("batch.jsonl", file)})


# -- aiohttp -------------------------------------------------------------------------------------------------------


def posted(server, path, make):
    """Send with aiohttp what `make(FormData)` gives, and return what reached the server."""
    aiohttp = pytest.importorskip("aiohttp")
    server.answer({"text": "Hi", "usage": {"type": "tokens", "input_tokens": 5, "output_tokens": 2, "total_tokens": 7}})

    async def go():
        async with aiohttp.ClientSession() as session, session.post(server.base + path, data=make(aiohttp)) as answer:
            assert (await answer.json())["text"] == "Hi"

    asyncio.run(go())
    return server.asked[-1][1]


def of_fields(aiohttp):
    data = aiohttp.FormData()
    data.add_field("model", "whisper-1")
    data.add_field("file", io.BytesIO(b"sound"), filename="a.wav", content_type="audio/wav")
    return data


@pytest.mark.parametrize(
    "make", [of_fields, lambda _: {"model": "whisper-1", "file": io.BytesIO(b"sound")}], ids=["fields", "pairs"]
)
def test_a_form_of_aiohttp_is_read_without_its_sound_and_sent_as_it_was(recorder, server, make):
    assert b"sound" in posted(server, "/v1/audio/transcriptions", make)
    seen = recorder.exchange()
    assert form.texts(seen) == {"model": "whisper-1"}
    assert b"sound" not in seen.request
    ((request, reply),) = recognise("POST", SPEECH).read(seen)
    assert (request.model, request.operation) == ("whisper-1", "audio")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (5, 2)


def test_a_file_of_the_users_own_is_left_to_aiohttp(recorder, server):
    file = Deaf(b"sound")
    posted(server, "/v1/audio/transcriptions", lambda _: {"model": "whisper-1", "file": file})
    assert form.texts(recorder.exchange()) == {"model": "whisper-1"}


def test_a_batch_is_read_from_a_form_of_aiohttp(recorder, server):
    def make(aiohttp):
        data = aiohttp.FormData({"purpose": "batch"})
        data.add_field("file", io.BytesIO(LINES), filename="b.jsonl")
        return data

    assert LINES in posted(server, "/v1/files", make)
    assert form.file(recorder.exchange()) == LINES


def test_a_form_without_a_file_is_sent_as_it_was(recorder, server):
    assert posted(server, "/v1/audio/speech", lambda _: {"model": "tts-1", "input": "Hi"}) == b"model=tts-1&input=Hi"
    assert form.texts(recorder.exchange()) == {"model": "tts-1", "input": "Hi"}


@pytest.mark.parametrize("client", ["requests", "urllib3"])
def test_other_clients_show_their_forms(recorder, server, client):
    library = pytest.importorskip(client)
    server.answer({"text": "Hi"})
    url, file = server.base + "/v1/audio/transcriptions", ("a.wav", b"sound")
    if client == "requests":
        library.post(url, data={"model": "whisper-1"}, files={"file": file}, timeout=9)
    else:
        with library.PoolManager() as manager:
            manager.request("POST", url, fields={"model": "whisper-1", "file": file})
    assert form.texts(recorder.exchange()) == {"model": "whisper-1"}
