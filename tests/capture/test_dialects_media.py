"""Images, audio and documents, and what Vertex predicts."""

from __future__ import annotations

import pytest
from dialect_exchanges import events, read_reply, read_request

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

IMAGES = "https://api.openai.com/v1/images/generations"
EDITS = "https://api.openai.com/v1/images/edits"
HEAR = "https://api.openai.com/v1/audio/transcriptions"
SPEAK = "https://api.openai.com/v1/audio/speech"
OCR = "https://api.mistral.ai/v1/ocr"
VERTEX = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/"
MADE = {"input_tokens": 8, "output_tokens": 90, "total_tokens": 98}


def form(**fields):
    """Return a form with a file in it."""
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\x00model')
    return "\r\n".join([*parts, "--x--\r\n"]).encode()


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (IMAGES, {"model": "gpt-image-1", "prompt": "A cat"}),
        (EDITS, form(model="gpt-image-1", prompt="A cat")),
        (
            "https://mine.openai.azure.com/openai/deployments/gpt-image-1/images/generations?api-version=1",
            {"prompt": "A cat"},
        ),
    ],
)
def test_an_image_is_asked_for(url, body):
    request = read_request(url, body)
    assert (request.operation, request.model, request.parts[0].text) == ("image", "gpt-image-1", "A cat")


def test_an_image_that_states_tokens_has_a_usage_and_another_the_number_of_images():
    stated = read_reply(IMAGES, {"data": [{"b64_json": "A"}], "usage": MADE})
    assert (stated.usage.input_tokens, stated.usage.output_tokens) == (8, 90)
    assert read_reply(IMAGES, {"data": [{"url": "u"}, {"url": "v"}]}).usage == Usage(image_count=2)
    assert read_reply(IMAGES, {"error": {"message": "no"}}, status=400).outcome is Outcome.REFUSED


def test_a_stream_of_images_ends_with_the_usage():
    part = {"type": "image_generation.partial_image", "b64_json": "A"}
    whole = read_reply(IMAGES, events(part, {"type": "image_generation.completed", "usage": MADE}))
    assert (whole.usage.output_tokens, whole.outcome) == (90, Outcome.OK)
    assert read_reply(IMAGES, events(part)).outcome is Outcome.PARTIAL


@pytest.mark.parametrize("body", [{"size": 3}, ["x"], b"\x00"])
def test_images_of_another_application_are_no_call(body):
    assert read_request("http://testserver/images/generations", body) is None


@pytest.mark.parametrize("path", ["/images/edits", "/images/variations", "/audio/transcriptions", "/audio/speech"])
@pytest.mark.parametrize("body", [form(title="Mine"), b"\x00", {"title": "Mine"}])
def test_a_form_of_another_application_is_no_call(path, body):
    assert read_request(f"http://testserver{path}", body) is None


def test_sound_is_heard_and_made():
    heard = read_request(HEAR, form(model="gpt-4o-transcribe", prompt="Names"))
    assert (heard.operation, heard.model, heard.parts[0].text) == ("audio", "gpt-4o-transcribe", "Names")
    spoken = read_request(SPEAK, {"model": "tts-1", "input": "Hello", "instructions": "Softly"})
    assert [part.text for part in spoken.parts] == ["Softly", "Hello"]


def test_a_form_that_was_not_kept_is_a_call_all_the_same():
    assert read_request(HEAR, None).operation == "audio"


def test_a_transcription_states_tokens_or_seconds():
    usage = {"type": "tokens", "input_tokens": 30, "output_tokens": 5, "input_token_details": {"audio_tokens": 28}}
    counted = read_reply(HEAR, {"text": "Hi", "usage": usage})
    assert counted.usage == Usage(input_tokens=30, output_tokens=5, input_audio_tokens=28)
    timed = read_reply(HEAR, {"text": "Hi", "usage": {"type": "duration", "seconds": 4}})
    assert (timed.usage, timed.pieces) == (None, Usage(audio_seconds=4))


def test_a_stream_of_a_transcription_ends_with_the_usage():
    done = {"type": "transcript.text.done", "text": "Hi", "usage": {"input_tokens": 3, "output_tokens": 1}}
    read = read_reply(HEAR, events({"type": "transcript.text.delta", "delta": "H"}, done))
    assert (read.usage.input_tokens, read.outcome) == (3, Outcome.OK)


@pytest.mark.parametrize(("status", "outcome"), [(200, Outcome.OK), (429, Outcome.REFUSED), (500, Outcome.ERROR)])
def test_speech_is_sound_and_states_nothing(status, outcome):
    read = read_reply(SPEAK, b"\xff\xfb\x90", status=status)
    assert (read.usage, read.outcome) == (None, outcome)


def test_a_document_is_billed_by_the_page():
    request = read_request(OCR, {"model": "mistral-ocr-latest", "document": {"type": "document_url"}})
    assert (request.provider, request.operation, request.model) == ("mistral", "ocr", "mistral-ocr-latest")
    read = read_reply(OCR, {"pages": [], "usage_info": {"pages_processed": 2}})
    assert (read.usage, read.pieces, read.outcome) == (None, Usage(document_pages=2), Outcome.OK)
    assert read_request("http://testserver/ocr", {"model": "m", "image": "x"}) is None


@pytest.mark.parametrize(
    ("model", "instance", "operation"),
    [
        ("text-embedding-005", {"content": "A cat"}, "embeddings"),
        ("textembedding-gecko@003", {"content": "A cat"}, "embeddings"),
        ("imagen-4.0-generate-001", {"prompt": "A cat"}, "image"),
        ("chat-bison@002", {"messages": [{"author": "user", "content": "A cat"}]}, "chat"),
    ],
)
def test_googles_own_models_are_asked_to_predict(model, instance, operation):
    request = read_request(f"{VERTEX}{model}:predict", {"instances": [instance]})
    assert (request.provider, request.operation, request.model) == ("google", operation, model)
    assert [part.text for part in request.parts] == ["A cat"]


@pytest.mark.parametrize(
    "url",
    [
        "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/7:predict",
        f"{VERTEX}house-prices:predict",
        "http://localhost:8501/v1/models/half_plus_two:predict",
        "http://localhost:8501/v1/models/my-text-embedding:predict",
    ],
)
def test_a_model_of_any_other_kind_predicts_without_being_a_call(url):
    assert read_request(url, {"instances": [{"content": "A cat"}]}) is None
    assert read_request(url, None) is None


def embedded(*tokens):
    return {"predictions": [{"embeddings": {"values": [], "statistics": {"token_count": count}}} for count in tokens]}


def test_a_prediction_states_its_usage_by_its_kind():
    assert read_reply(f"{VERTEX}text-embedding-005:predict", embedded(4, 5.0)).usage == Usage(input_tokens=9)
    drawn = read_reply(f"{VERTEX}imagen-4.0-generate-001:predict", {"predictions": [{}, {}]})
    assert drawn.usage == Usage(image_count=2)
    counts = {"inputTokenCount": {"totalTokens": 6}, "outputTokenCount": {"totalTokens": 2}}
    written = read_reply(f"{VERTEX}text-bison:predict", {"predictions": [{}], "metadata": {"tokenMetadata": counts}})
    assert written.usage == Usage(input_tokens=6, output_tokens=2)


def test_a_count_that_is_missing_leaves_the_whole_unknown():
    assert read_reply(f"{VERTEX}text-embedding-005:predict", embedded(4, None)).usage is None
