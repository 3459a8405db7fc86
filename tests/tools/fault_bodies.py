"""A request that has something for every dialect, and replies of each kind."""

from capture_wire import QUESTION, chat

EVERYTHING = {
    **QUESTION,
    "model": "gpt-4o-mini",
    "system": [{"type": "text", "text": "Be kind"}],
    "max_tokens": 9,
    "anthropic_version": "2023-06-01",
    "messages": [
        {"role": "system", "content": "Be kind"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "3"},
    ],
    "tools": [
        {"type": "function", "name": "f", "function": {"name": "f", "parameters": {"type": "object"}}},
        {"name": "g", "input_schema": {"type": "object"}, "functionDeclarations": [{"name": "h"}]},
    ],
    "contents": [
        {"role": "user", "parts": [{"text": "Hello"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}
    ],
    "systemInstruction": {"parts": [{"text": "Be kind"}]},
    "content": {"parts": [{"text": "Hello"}]},
    "requests": [{"model": "models/e", "content": {"parts": [{"text": "Hello"}]}}],
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}],
    "instructions": "Be kind",
    "prompt": "Hello",
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}},
    "text": {"format": {"type": "json_schema", "name": "s", "schema": {"type": "object"}}},
    "generationConfig": {"responseSchema": {"type": "OBJECT"}, "maxOutputTokens": 9},
    "inputText": "Hello",
    "texts": ["Hello"],
    "inputs": "Hello",
    "query": "Hello",
    "documents": ["Hello"],
}
"""A request that has something for every dialect."""
REPLIES = {
    "openai": {**chat(), "object": "chat.completion", "data": [{"embedding": [0.1]}]},
    "responses": {
        "object": "response",
        "status": "completed",
        "model": "gpt-4o-mini",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}],
        "usage": {"input_tokens": 9, "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}},
    },
    "anthropic": {
        "type": "message",
        "model": "claude-next",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Hi"}],
        "usage": {
            "input_tokens": 9,
            "output_tokens": 2,
            "cache_creation": {"ephemeral_1h_input_tokens": 3},
            "iterations": [{"type": "compaction", "input_tokens": 5, "output_tokens": 1}],
        },
    },
    "gemini": {
        "candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11},
        "modelVersion": "gemini-2.5-flash",
    },
    "bare": {"choices": [{"message": {"content": "Hi"}, "text": "Hi", "finish_reason": "stop"}], "output_text": "Hi"},
    "error": {"error": {"message": "no", "type": "no"}},
}
