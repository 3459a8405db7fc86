"""Requests to hosts with paths of their own, and parts and endings of replies that are rare."""

from __future__ import annotations

from capture_wire import OPENAI, QUESTION
from dialect_exchanges import GEMINI, GEMINI_STREAM, MESSAGES, RESPONSES, events
from fault_rows import HELLO, Row

WORKERS = "https://api.cloudflare.com/client/v4/accounts/a/ai/run/@cf/meta/llama-3"
HUGGING = "https://api-inference.huggingface.co/models/acme/l"
COUNTED = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
USED = {"promptTokenCount": 9, "candidatesTokenCount": 2}
BEGUN = {"type": "message_start", "message": {"model": "c", "usage": {"input_tokens": 9, "output_tokens": 1}}}
GROUNDED = {"content": {"parts": [{"text": "Hi"}]}, "groundingMetadata": {"webSearchQueries": ["rome"]}}
RESULT = {
    "functionResponse": {
        "name": "f",
        "response": {"a": 1},
        "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}],
    }
}
FILED = [
    {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x/f"}},
    {"fileData": {"fileUri": "https://www.youtube.com/watch?v=1"}},
    {"executableCode": {"code": "1"}},
    RESULT,
]
THOUGHT = {"role": "model", "parts": [{"text": "hm", "thoughtSignature": "AAAA"}]}
WORKERS_AI = [
    Row("workers ai", WORKERS, {"messages": HELLO}, {"success": True, "result": {"response": "Hi", "usage": COUNTED}}),
    Row("workers ai without usage", WORKERS, {"prompt": "Hi"}, {"success": True, "result": {"response": "Hi"}}),
    Row("workers ai stream", WORKERS, {"prompt": "Hi", "stream": True}, events({"response": "Hi"}, "[DONE]")),
    Row(
        "workers ai stream with usage",
        WORKERS,
        {"prompt": "Hi", "stream": True},
        events({"response": "Hi", "tool_calls": [{"name": "f", "arguments": {}}]}, {"usage": COUNTED}, "[DONE]"),
    ),
    Row("workers ai ranks", WORKERS, {"query": "Hi", "contexts": [{"text": "x"}]}, {"result": {"response": []}}),
    Row("workers ai image", WORKERS, {"prompt": "Hi"}, b"\x89PNG", {"content-type": "image/png"}),
]
RARE = [
    Row("gemini files", GEMINI, {"contents": [{"role": "user", "parts": FILED}, THOUGHT]}, {"candidates": [GROUNDED]}),
    Row(
        "gemini searches",
        GEMINI,
        {"contents": [{"parts": [{"text": "Hi"}]}]},
        {"candidates": [GROUNDED], "usageMetadata": USED, "modelVersion": "gemini-2.5-flash"},
    ),
    Row(
        "gemini cut off",
        GEMINI_STREAM,
        {"contents": [{"parts": [{"text": "Hi"}]}]},
        events({"candidates": [GROUNDED], "usageMetadata": USED}),
    ),
    Row("claude cut off", MESSAGES, {"model": "c", "messages": HELLO, "stream": True}, events(BEGUN)),
    Row(
        "claude searches",
        MESSAGES,
        {"model": "c", "messages": HELLO, "thinking": {"type": "enabled"}, "tool_choice": {"type": "any"}},
        {
            "type": "message",
            "usage": {"input_tokens": 9, "output_tokens": 2, "server_tool_use": {"web_search_requests": 1}},
        },
    ),
    Row(
        "chat cut off",
        OPENAI,
        {**QUESTION, "stream": True},
        events({"choices": [{"delta": {"content": "Hi"}}], "usage": COUNTED}),
    ),
    Row(
        "thinking behind a gateway",
        "https://openrouter.ai/api/v1/chat/completions",
        {**QUESTION, "model": "anthropic/claude-next", "reasoning": {"effort": "low"}},
        {"choices": [{"message": {"content": "Hi"}}], "usage": COUNTED},
    ),
    Row(
        "pages behind a gateway",
        "https://openrouter.ai/api/v1/chat/completions",
        {**QUESTION, "plugins": [{"id": "file-parser", "pdf": {}}]},
        {"choices": [{"message": {"content": "Hi", "annotations": [{"type": "file"}]}}], "usage": COUNTED},
    ),
    Row(
        "claude refers to a tool",
        MESSAGES,
        {
            "model": "c",
            "messages": [*HELLO, {"role": "user", "content": [{"type": "tool_reference", "tool_name": "f"}]}],
            "tools": [{"name": "f", "defer_loading": True}],
        },
        {"type": "message", "usage": {"input_tokens": 9, "output_tokens": 2}},
    ),
    Row(
        "sealed thoughts",
        RESPONSES,
        {"model": "m", "input": [{"type": "reasoning", "encrypted_content": "AAAA"}, *HELLO, {"type": "reasoning"}]},
        {"object": "response", "output": [{"type": "web_search_call", "action": {"type": "search"}}]},
    ),
    Row("speech", "https://api.openai.com/v1/audio/speech", {"model": "tts-1", "input": "Hi"}, b"\xff\xf3"),
    Row("hugging face as before", HUGGING, {"inputs": "Hi"}, [{"generated_text": "Hi"}]),
    Row(
        "mistral conversation goes on",
        "https://api.mistral.ai/v1/conversations/conv_1",
        {"inputs": HELLO},
        {"outputs": [{"model": "m", "content": "Hi"}], "usage": COUNTED},
    ),
]
HOSTS = [*WORKERS_AI, *RARE]
