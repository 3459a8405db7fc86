"""Pages of PDFs that OpenRouter reads for a model are counted, for they are billed."""

import json

import pytest
from dialect_exchanges import read_reply

URL = "https://openrouter.ai/api/v1/chat/completions"
USAGE = {"prompt_tokens": 31, "completion_tokens": 80, "total_tokens": 111}


def file(*texts):
    parts = [{"type": "text", "text": text} for text in ('<file name="a.pdf">', *texts, "</file>")]
    return {"type": "file", "file": {"hash": "1", "name": "a.pdf", "content": parts}}


def completion(*annotations):
    message = {"role": "assistant", "content": "It is empty.", "annotations": list(annotations)}
    return {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "usage": USAGE}


def asked(engine=None):
    more = {} if engine is None else {"plugins": [{"id": "file-parser", "pdf": {"engine": engine}}]}
    return {"model": "openai/gpt-5.1-codex-mini", "messages": [], **more}


@pytest.mark.parametrize(
    ("annotations", "pages"),
    [
        ([file("# One")], 1),
        ([file("# One", "# Two")], 2),
        ([file("# One"), file("# Two", "# Three")], 3),
        ([{"type": "file", "file": {}}], 1),
        ([{"type": "url_citation", "url_citation": {}}], None),
        ([], None),
    ],
)
def test_each_text_of_a_file_is_a_page(annotations, pages):
    assert read_reply(URL, completion(*annotations), request=asked()).usage.document_pages == pages


@pytest.mark.parametrize(
    ("engine", "pages"), [(None, 1), ("mistral-ocr", 1), ("native", None), ("cloudflare-ai", None), (3, None)]
)
def test_an_engine_that_costs_nothing_has_no_pages(engine, pages):
    assert read_reply(URL, completion(file("# One")), request=asked(engine)).usage.document_pages == pages


def test_pages_are_counted_in_a_stream():
    events = [
        {"choices": [{"delta": {"content": "It", "annotations": [file("# One", "# Two")]}}]},
        {"choices": [{"delta": {"content": ""}, "finish_reason": "stop"}], "usage": USAGE},
    ]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    assert read_reply(URL, body.encode(), request=asked() | {"stream": True}).usage.document_pages == 2


@pytest.mark.parametrize("odd", [None, 3, "file", [None], [{"type": "file"}], [{"type": "file", "file": 3}]])
def test_odd_annotations_do_no_harm(odd):
    reply = completion()
    reply["choices"][0]["message"]["annotations"] = odd
    assert read_reply(URL, reply, request=asked()).usage.input_tokens == 31
