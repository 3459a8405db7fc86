"""What is not chat: images, audio, pages, moderation, counting, Vertex' predictions."""

from __future__ import annotations

import pytest
from dialect_exchanges import events, read_reply, read_request

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

OPENAI = "https://api.openai.com/v1"
IMAGES, SPEECH, HEARD = f"{OPENAI}/images/generations", f"{OPENAI}/audio/speech", f"{OPENAI}/audio/transcriptions"
VERTEX = "https://aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models"
FORM = (
    b'--x1\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--x1\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n\x00\x01\r\n--x1--\r\n'
)


def test_images_are_counted_where_no_tokens_are_stated():
    request = read_request(IMAGES, {"model": "dall-e-3", "prompt": "A sunrise"})
    assert (request.operation, request.model) == ("image", "dall-e-3")
    assert read_reply(IMAGES, {"data": [{"url": "a"}, {"url": "b"}]}).usage == Usage(image_count=2)


def test_images_with_tokens_are_read_by_them():
    stated = {"input_tokens": 9, "output_tokens": 1000, "total_tokens": 1009}
    usage = Usage(input_tokens=9, output_tokens=1000)
    assert read_reply(IMAGES, {"data": [{}], "usage": stated}).usage == usage
    wire = events({"type": "image_generation.completed", "usage": stated})
    assert (read_reply(IMAGES, wire).usage, read_reply(IMAGES, wire).outcome) == (usage, Outcome.OK)


def test_a_form_names_its_model_and_its_file_is_no_field():
    request = read_request(HEARD, FORM)
    assert (request.model, request.operation, request.parts) == ("whisper-1", "audio", ())


def test_a_form_that_was_not_read_is_a_call_all_the_same():
    assert read_request(HEARD, None).model is None


def test_transcriptions_state_tokens_or_seconds():
    tokens = {"input_tokens": 14, "output_tokens": 5, "input_token_details": {"audio_tokens": 14, "text_tokens": 0}}
    assert read_reply(HEARD, {"text": "Hi", "usage": tokens}).usage == Usage(
        input_tokens=14, output_tokens=5, input_audio_tokens=14
    )
    reply = read_reply(HEARD, {"text": "Hi", "usage": {"type": "duration", "seconds": 3}})
    assert (reply.usage, reply.pieces) == (None, Usage(audio_seconds=3))


def test_sound_is_a_reply_that_went_well():
    reply = read_reply(SPEECH, b"ID3\x00\xff", request={"model": "tts-1", "input": "Hi", "voice": "alloy"})
    assert (reply.usage, reply.outcome) == (None, Outcome.OK)


@pytest.mark.parametrize(
    ("url", "asked", "answer", "model"),
    [
        (
            "https://api.anthropic.com/v1/messages/count_tokens",
            {"model": "c", "messages": []},
            {"input_tokens": 7},
            "c",
        ),
        (f"{VERTEX}/g:countTokens", {"contents": []}, {"totalTokens": 7}, "g"),
        (f"{OPENAI}/responses/input_tokens", {"model": "m", "input": "a"}, {"input_tokens": 7}, "m"),
    ],
)
def test_counting_tokens_uses_none(url, asked, answer, model):
    request, reply = read_request(url, asked), read_reply(url, answer, request=asked)
    assert (request.operation, request.model, request.parts) == ("count", model, ())
    assert (reply.usage, reply.outcome) == (Usage(), Outcome.OK)


def test_moderation_is_free_at_openai_and_has_a_usage_at_mistral():
    asked = {"model": "m", "input": ["a"]}
    free = read_reply(f"{OPENAI}/moderations", {"results": []}, request=asked)
    billed = read_reply("https://api.mistral.ai/v1/moderations", {"usage": {"prompt_tokens": 4}}, request=asked)
    assert (free.usage, billed.usage) == (Usage(), Usage(input_tokens=4))


def test_refused_counting_is_refused():
    reply = read_reply("https://api.anthropic.com/v1/messages/count_tokens", {"type": "error", "error": {}}, status=404)
    assert reply.outcome is Outcome.REFUSED


def test_pages_are_noted():
    url, asked = "https://api.mistral.ai/v1/ocr", {"model": "mistral-ocr-latest", "document": {}}
    reply = read_reply(url, {"pages": [], "usage_info": {"pages_processed": 4}}, request=asked)
    assert (read_request(url, asked).operation, reply.usage, reply.pieces) == ("ocr", None, Usage(document_pages=4))


def test_each_embedding_of_vertex_states_its_tokens():
    url = f"{VERTEX}/gemini-embedding-001:predict"
    request = read_request(url, {"instances": [{"content": "a"}, {"content": "b"}]})
    assert (request.operation, request.model, len(request.parts)) == ("embeddings", "gemini-embedding-001", 2)
    rows = [{"embeddings": {"values": [0.1], "statistics": {"token_count": tokens}}} for tokens in (3, 4)]
    assert read_reply(url, {"predictions": rows}).usage == Usage(input_tokens=7)
    assert read_reply(url, {"predictions": [*rows, {"embeddings": {}}]}).usage is None


def test_images_of_vertex_are_counted():
    reply = read_reply(f"{VERTEX}/imagen-4.0-generate-001:predict", {"predictions": [{"bytesBase64Encoded": "A"}]})
    assert reply.usage == Usage(image_count=1)


def test_a_model_of_ones_own_on_vertex_is_no_call():
    url = "https://us-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/77:predict"
    assert read_request(url, {"instances": [{"x": 1}]}) is None
    assert read_request("http://ml.test/v1/models/iris:predict", {"instances": [{"x": 1}]}) is None
