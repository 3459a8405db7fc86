"""What each provider's API answers: one short text, and always the same token counts, in its own words."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT, OUTPUT, CACHED = 1200, 34, 1000
WORDS = ("Hel", "lo", " you")
TEXT = "".join(WORDS)

Json = dict[str, Any]
Answer = tuple[str, bytes | list[bytes], dict[str, str]]
"""Content type, body (a stream is a list of chunks), more headers."""
_EVENTS = "text/event-stream"


def answer(path: str, asked: Json) -> Answer:
    """Return the answer to what is posted to a path."""
    path = path.partition("?")[0]
    for ending, answering in _ANSWERS.items():
        if path.endswith(ending):
            return answering(path, asked)
    raise ValueError(f"no API here answers at {path}")


def _json(value: Any, headers: Json | None = None) -> Answer:
    return "application/json", json.dumps(value).encode(), headers or {}


def _events(values: list[Any], *, named: bool = False, done: bool = False) -> Answer:
    chunks = [b"data: " + json.dumps(value).encode() + b"\n\n" for value in values]
    if named:
        chunks = [f"event: {value['type']}\n".encode() + chunk for value, chunk in zip(values, chunks, strict=True)]
    return _EVENTS, [*chunks, b"data: [DONE]\n\n"] if done else chunks, {}


def _text_for(asked: Json) -> str:
    """Return the text, as JSON where a schema was asked for."""
    wanted = json.dumps(asked)
    return '{"text": "Hello you"}' if '"json_schema"' in wanted or '"response_schema"' in wanted.lower() else TEXT


# -- OpenAI, and whoever speaks as it does -----------------------------------------------------------------------------

_OPENAI_USAGE = {
    "prompt_tokens": INPUT,
    "completion_tokens": OUTPUT,
    "total_tokens": INPUT + OUTPUT,
    "prompt_tokens_details": {"cached_tokens": CACHED},
}


def _chat(path: str, asked: Json) -> Answer:
    head = {"id": "chatcmpl-1", "created": 1780305246, "model": asked.get("model", "gpt-4o-mini")}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": _text_for(asked)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return _json({**head, "object": "chat.completion", "choices": [choice], "usage": _OPENAI_USAGE})
    head = {**head, "object": "chat.completion.chunk"}
    said = [{"delta": {"role": "assistant", "content": word}, "finish_reason": None} for word in _words(asked)]
    said.append({"delta": {}, "finish_reason": "stop"})
    chunks: list[Json] = [{**head, "choices": [{"index": 0, **choice}]} for choice in said]
    if path.startswith("/openai/v1/"):  # Groq
        chunks[-1]["x_groq"] = {"id": "req_1", "usage": _OPENAI_USAGE}
    else:
        chunks.append({**head, "choices": [], "usage": _OPENAI_USAGE})
    return _events(chunks, done=True)


def _words(asked: Json) -> tuple[str, ...]:
    text = _text_for(asked)
    return WORDS if text == TEXT else (text[:5], text[5:10], text[10:])


def _completion(_: str, asked: Json) -> Answer:
    choice = {"index": 0, "text": TEXT, "finish_reason": "stop", "logprobs": None}
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1780305246, "model": asked["model"]}
    return _json({**head, "choices": [choice], "usage": _OPENAI_USAGE})


def _openai_embeddings(_: str, asked: Json) -> Answer:
    numbers: Any = [0.5, -0.25, 1.0]
    if asked.get("encoding_format") == "base64":
        numbers = base64.b64encode(struct.pack("<3f", *numbers)).decode()
    data = [{"object": "embedding", "index": 0, "embedding": numbers}]
    usage = {"prompt_tokens": INPUT, "total_tokens": INPUT}
    return _json({"id": "e-1", "object": "list", "data": data, "model": asked.get("model"), "usage": usage})


def _responses(_: str, asked: Json) -> Answer:
    usage = {
        "input_tokens": INPUT,
        "input_tokens_details": {"cached_tokens": CACHED},
        "output_tokens": OUTPUT,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT + OUTPUT,
    }
    part = {"type": "output_text", "text": _text_for(asked), "annotations": []}
    item = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}
    head = {
        "id": "resp_1", "object": "response", "created_at": 1780305246, "model": asked["model"], "tools": [],
        "tool_choice": "auto", "parallel_tool_calls": True, "error": None, "incomplete_details": None,
        "instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0,
    }  # fmt: skip
    whole = {**head, "status": "completed", "output": [item], "usage": usage}
    if not asked.get("stream"):
        return _json(whole)
    empty = {**head, "status": "in_progress", "output": [], "usage": None}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    values: list[Json] = [
        {"type": "response.created", "response": empty},
        {"type": "response.in_progress", "response": empty},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
        *({"type": "response.output_text.delta", **at, "delta": word, "logprobs": []} for word in _words(asked)),
        {"type": "response.output_text.done", **at, "text": _text_for(asked), "logprobs": []},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return _events([{**value, "sequence_number": number} for number, value in enumerate(values)], named=True)


# -- Anthropic, also through Bedrock and Vertex ------------------------------------------------------------------------

_ANTHROPIC_USAGE = {
    "input_tokens": INPUT - CACHED,
    "cache_read_input_tokens": CACHED,
    "cache_creation_input_tokens": 0,
    "output_tokens": OUTPUT,
}
_SNAPSHOT = "claude-sonnet-4-5-20250929"


def _message(asked: Json) -> Json:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked.get("model", _SNAPSHOT)}
    content = [{"type": "text", "text": _text_for(asked)}]
    return {**head, "content": content, "stop_reason": "end_turn", "stop_sequence": None, "usage": _ANTHROPIC_USAGE}


def _message_events(asked: Json) -> list[Json]:
    started = {**_message(asked), "content": [], "stop_reason": None, "usage": {**_ANTHROPIC_USAGE, "output_tokens": 1}}
    words = [{"type": "text_delta", "text": word} for word in _words(asked)]
    return [
        {"type": "message_start", "message": started},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in words),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": OUTPUT},
        },
        {"type": "message_stop"},
    ]


def _messages(_: str, asked: Json) -> Answer:
    return _events(_message_events(asked), named=True) if asked.get("stream") else _json(_message(asked))


def _messages_streamed(_: str, asked: Json) -> Answer:
    return _events(_message_events(asked), named=True)


# -- Google ------------------------------------------------------------------------------------------------------------

_GEMINI_USAGE = {
    "promptTokenCount": INPUT,
    "cachedContentTokenCount": CACHED,
    "candidatesTokenCount": OUTPUT,
    "totalTokenCount": INPUT + OUTPUT,
}


def _candidate(text: str, more: Json) -> Json:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **more}]}


def _gemini_head(path: str) -> Json:
    return {"modelVersion": path.rpartition("/")[2].partition(":")[0], "responseId": "r1"}


def _gemini(path: str, asked: Json) -> Answer:
    text = '{"text": "Hello you"}' if "responseSchema" in json.dumps(asked) else _text_for(asked)
    return _json({**_candidate(text, {"finishReason": "STOP"}), "usageMetadata": _GEMINI_USAGE, **_gemini_head(path)})


def _gemini_streamed(path: str, _: Json) -> Answer:
    first, *others = WORDS
    values = [{**_candidate(first, {}), **_gemini_head(path)}]
    values += [{**_candidate(word, {"finishReason": "STOP"}), **_gemini_head(path)} for word in others]
    asked = {"promptTokenCount": INPUT, "cachedContentTokenCount": CACHED, "totalTokenCount": INPUT}
    stated = [*(asked for _ in others), _GEMINI_USAGE]
    return _events([{**value, "usageMetadata": usage} for value, usage in zip(values, stated, strict=True)])


def _gemini_embeddings(_: str, asked: Json) -> Answer:
    del asked
    return _json({"embeddings": [{"values": [0.5, -0.25]}], "usageMetadata": {"promptTokenCount": INPUT}})


# -- Cohere ------------------------------------------------------------------------------------------------------------

_COHERE_TOKENS = {"input_tokens": INPUT, "output_tokens": OUTPUT}
_COHERE_META = {"billed_units": {**_COHERE_TOKENS}, "tokens": {**_COHERE_TOKENS}}


def _cohere_chat(path: str, asked: Json) -> Answer:
    if path.endswith("/v1/chat"):
        return _cohere_chat_1(asked)
    if not asked.get("stream"):
        message = {"role": "assistant", "content": [{"type": "text", "text": TEXT}]}
        return _json({"id": "c1", "finish_reason": "COMPLETE", "message": message, "usage": _COHERE_META})
    start = {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}
    words = [{"message": {"content": {"text": word}}} for word in WORDS]
    return _events(
        [
            {"type": "message-start", "id": "c1", "delta": start},
            {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
            *({"type": "content-delta", "index": 0, "delta": word} for word in words),
            {"type": "content-end", "index": 0},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": _COHERE_META}},
        ],
        named=True,
    )


def _cohere_chat_1(asked: Json) -> Answer:
    whole = {"response_id": "r1", "generation_id": "g1", "text": TEXT, "finish_reason": "COMPLETE"}
    whole["meta"] = {"api_version": {"version": "1"}, **_COHERE_META}
    if not asked.get("stream"):
        return _json(whole)
    values: list[Json] = [
        {"event_type": "stream-start", "generation_id": "g1", "is_finished": False},
        *({"event_type": "text-generation", "text": word, "is_finished": False} for word in WORDS),
        {"event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE", "response": whole},
    ]
    return "application/stream+json", [json.dumps(value).encode() + b"\n" for value in values], {}


def _cohere_embed(_: str, asked: Json) -> Answer:
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": INPUT}}
    kind = "embeddings_by_type"
    return _json({"id": "e1", "embeddings": {"float": [[0.5]]}, "texts": ["x"], "meta": meta, "response_type": kind})


def _cohere_rerank(_: str, asked: Json) -> Answer:
    found = [{"index": 0, "relevance_score": 0.9}]
    return _json({"id": "r1", "results": found, "meta": {"billed_units": {"search_units": 1}}})


# -- Ollama ------------------------------------------------------------------------------------------------------------


def _ollama(path: str, asked: Json) -> Answer:
    def said(text: str) -> Json:
        return {"message": {"role": "assistant", "content": text}} if path.endswith("/chat") else {"response": text}

    head = {"model": asked["model"], "created_at": "2026-06-01T09:14:06Z"}
    counts = {
        "prompt_eval_count": INPUT,
        "eval_count": OUTPUT,
        "total_duration": 5,
        "load_duration": 1,
        "eval_duration": 4,
    }
    if asked.get("stream") is False:
        return _json({**head, **said(TEXT), "done": True, "done_reason": "stop", **counts})
    values = [{**head, **said(word), "done": False} for word in WORDS]
    values.append({**head, **said(""), "done": True, "done_reason": "stop", **counts})
    return "application/x-ndjson", [json.dumps(value).encode() + b"\n" for value in values], {}


def _ollama_embed(_: str, asked: Json) -> Answer:
    return _json(
        {
            "model": asked["model"],
            "embeddings": [[0.5]],
            "total_duration": 5,
            "load_duration": 1,
            "prompt_eval_count": INPUT,
        }
    )


# -- Amazon Bedrock ----------------------------------------------------------------------------------------------------

_BEDROCK_USAGE = {"inputTokens": INPUT - CACHED, "outputTokens": OUTPUT, "totalTokens": INPUT + OUTPUT,
                  "cacheReadInputTokens": CACHED, "cacheWriteInputTokens": 0}  # fmt: skip
_BEDROCK_HEADERS = {
    "x-amzn-bedrock-input-token-count": str(INPUT - CACHED),
    "x-amzn-bedrock-output-token-count": str(OUTPUT),
    "x-amzn-bedrock-cache-read-input-token-count": str(CACHED),
}


def _converse(_: str, asked: Json) -> Answer:
    message = {"role": "assistant", "content": [{"text": TEXT}]}
    whole = {"output": {"message": message}, "stopReason": "end_turn", "metrics": {"latencyMs": 5}}
    return _json({**whole, "usage": _BEDROCK_USAGE})


def _converse_streamed(_: str, asked: Json) -> Answer:
    chunks = [_frame("messageStart", {"role": "assistant"})]
    chunks += [_frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}}) for word in WORDS]
    chunks.append(_frame("contentBlockStop", {"contentBlockIndex": 0}))
    chunks.append(_frame("messageStop", {"stopReason": "end_turn"}))
    chunks.append(_frame("metadata", {"usage": _BEDROCK_USAGE, "metrics": {"latencyMs": 5}}))
    return "application/vnd.amazon.eventstream", chunks, {}


def _invoke(_: str, asked: Json) -> Answer:
    return _json(_message(asked), _BEDROCK_HEADERS)


def _invoke_streamed(_: str, asked: Json) -> Answer:
    values = [json.dumps(value).encode() for value in _message_events(asked)]
    chunks = [_frame("chunk", {"bytes": base64.b64encode(value).decode()}) for value in values]
    return "application/vnd.amazon.eventstream", chunks, {}


def _frame(event: str, value: Json) -> bytes:
    """Return one message of a binary event stream: lengths, checksum, headers, payload, checksum."""
    names = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(text)) + text.encode()
        for name, text in names.items()
    )
    payload = json.dumps(value).encode()
    lengths = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    message = lengths + struct.pack("!I", zlib.crc32(lengths)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


_ANSWERS: dict[str, Callable[[str, Json], Answer]] = {
    "/fim/completions": _chat,
    "/chat/completions": _chat,
    "/completions": _completion,
    "/openai/responses": _responses,
    "/responses": _responses,
    "/embeddings": _openai_embeddings,
    "/messages": _messages,
    ":rawPredict": _messages,
    ":streamRawPredict": _messages_streamed,
    ":generateContent": _gemini,
    ":streamGenerateContent": _gemini_streamed,
    ":batchEmbedContents": _gemini_embeddings,
    "/api/chat": _ollama,
    "/api/generate": _ollama,
    "/api/embed": _ollama_embed,
    "/v1/chat": _cohere_chat,
    "/v2/chat": _cohere_chat,
    "/embed": _cohere_embed,
    "/rerank": _cohere_rerank,
    "/converse": _converse,
    "/converse-stream": _converse_streamed,
    "/invoke": _invoke,
    "/invoke-with-response-stream": _invoke_streamed,
}
"""How a path ends, and who answers there; the first that fits does."""
