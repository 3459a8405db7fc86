"""Requests and replies of provider APIs, small, that lead into every corner of the dialects."""

from __future__ import annotations

import json

from bedrock_streams import lines
from capture_wire import OPENAI, QUESTION, chat, gemini
from dialect_exchanges import GEMINI, MESSAGES, RESPONSES, events
from fault_bedrock import BEDROCK
from fault_hosts import HOSTS
from fault_rows import BILLED, HELLO, PNG, Row, form

COHERE = "https://api.cohere.com"
MISTRAL = "https://api.mistral.ai/v1"
OLLAMA = "http://localhost:11434/api"
VERTEX = "https://aiplatform.googleapis.com/v1/publishers/google/models"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta"
ASSISTANTS = "https://acme.openai.azure.com/openai/threads/runs"
CALLED = {"function": {"name": "f", "arguments": {"a": 1}}}
COHERE_ASKED = {"model": "command", "messages": [*HELLO, {"role": "assistant", "tool_calls": [CALLED]}]}
COHERE_FIRST = {
    "message": "Hi",
    "preamble": "p",
    "tools": [{"name": "f"}],
    "chat_history": [{"role": "CHATBOT", "message": "h", "tool_calls": [{"name": "f", "parameters": {}}]}],
    "tool_results": [{"outputs": []}],
    "documents": ["x", {"a": 1}],
}
COHERE_SAID = {"text": "Hi", "message": {"content": [{"type": "text", "text": "Hi"}], "tool_calls": [CALLED]}}
COHERE_ROWS = [
    Row("cohere", f"{COHERE}/v2/chat", COHERE_ASKED, {**COHERE_SAID, "usage": BILLED}),
    Row("cohere without usage", f"{COHERE}/v2/chat", COHERE_ASKED, COHERE_SAID),
    Row("cohere 1", f"{COHERE}/v1/chat", COHERE_FIRST, {"text": "Hi", "meta": BILLED}),
    Row(
        "cohere stream",
        f"{COHERE}/v2/chat",
        {**COHERE_ASKED, "stream": True},
        events(
            {"type": "content-delta", "delta": {"message": {"content": {"text": "Hi"}}}},
            {"type": "tool-call-start", "delta": {"message": {"tool_calls": CALLED}}},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
        ),
    ),
    Row(
        "cohere 1 stream",
        f"{COHERE}/v1/chat",
        {**COHERE_FIRST, "stream": True},
        lines(
            {"event_type": "text-generation", "text": "Hi"}, {"event_type": "stream-end", "response": {"meta": BILLED}}
        ),
    ),
    Row(
        "cohere embed",
        f"{COHERE}/v2/embed",
        {"texts": ["Hi"], "images": [PNG], "inputs": [{"content": HELLO}]},
        {"meta": BILLED},
    ),
    Row(
        "cohere rerank",
        f"{COHERE}/v2/rerank",
        {"query": "q", "documents": ["d"]},
        {"meta": {"billed_units": {"search_units": 1}}},
    ),
]
TIMES = {"total_duration": 5, "load_duration": 1}
IMAGED = [{"role": "user", "content": "Hi", "images": ["AAAA"], "tool_calls": [CALLED]}]
OTHERS = [
    Row(
        "ollama",
        f"{OLLAMA}/chat",
        {"model": "l", "messages": IMAGED, "format": {}, "tools": [{}]},
        {"eval_count": 2, **TIMES},
    ),
    Row(
        "ollama stream",
        f"{OLLAMA}/generate",
        {"model": "l", "prompt": "Hi", "system": "s"},
        lines({"response": "Hi"}, {"message": {"content": "Hi", "tool_calls": [CALLED]}, "done": False, **TIMES}),
    ),
    Row(
        "ollama embed",
        f"{OLLAMA}/embed",
        {"model": "l", "input": "Hi"},
        {"embeddings": [[0.1]], "prompt_eval_count": 9, **TIMES},
    ),
    Row(
        "mistral conversation",
        f"{MISTRAL}/conversations",
        {"agent_id": "a", "inputs": [*HELLO, {"result": "x"}], "instructions": "i", "tools": [{}]},
        {"outputs": [{"model": "m", "content": "Hi"}, {"name": "f", "arguments": "{}"}]},
    ),
    Row(
        "mistral conversation stream",
        f"{MISTRAL}/conversations",
        {"model": "m", "inputs": "Hi", "stream": True},
        events({"type": "message.output.delta", "content": "Hi"}, {"type": "conversation.response.done"}),
    ),
    Row(
        "mistral ocr",
        f"{MISTRAL}/ocr",
        {"model": "m", "document": {}},
        {"model": "m", "usage_info": {"pages_processed": 1}},
    ),
    Row("mistral fim", f"{MISTRAL}/fim/completions", {"model": "m", "prompt": "a", "suffix": "b"}, chat()),
    Row("hugging face", "http://localhost/generate", {"inputs": "Hi"}, [{"generated_text": "Hi"}]),
    Row(
        "hugging face stream",
        "https://router.huggingface.co/hf-inference/models/acme/l",
        {"inputs": ["Hi"], "stream": True},
        events({"token": {"text": "Hi"}}, {"generated_text": None}),
    ),
    Row("hugging face routed", "https://router.huggingface.co/groq/v1/chat/completions", QUESTION, chat()),
    Row(
        "assistant",
        ASSISTANTS,
        {
            "assistant_id": "a",
            "instructions": "i",
            "tools": [{}],
            "additional_messages": HELLO,
            "thread": {"messages": HELLO},
            "tool_outputs": [{"output": "x"}],
        },
        {"model": "m", "status": "queued"},
    ),
    Row(
        "assistant stream",
        ASSISTANTS,
        {"assistant_id": "a", "stream": True},
        events(
            {"object": "thread.message.delta", "delta": {"content": [{"text": {"value": "Hi"}}]}},
            {"object": "thread.run"},
        ),
    ),
    Row(
        "vertex embeddings",
        f"{VERTEX}/text-embedding-005:predict",
        {"instances": [{"content": "Hi"}]},
        {"predictions": [{"embeddings": {"statistics": {"token_count": 2}}}]},
    ),
    Row(
        "vertex images",
        f"{VERTEX}/imagen-4:predict",
        {"instances": [{"prompt": "a", "image": {"gcsUri": "gs://x"}}]},
        {"predictions": [{}]},
    ),
    Row(
        "vertex text",
        f"{VERTEX}/chat-bison:predict",
        {"instances": [{"messages": HELLO}]},
        {"metadata": {"tokenMetadata": {"inputTokenCount": {"totalTokens": 9}}}},
    ),
]
INTERACTION = {
    "model": "models/gemini-3",
    "tools": [{"name": "f"}],
    "response_format": {"type": "object"},
    "system_instruction": "s",
    "input": [
        {"role": "model", "content": "Hi"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Hi"},
                {"type": "image", "data": "AAAA"},
                {"type": "video", "uri": "gs://x"},
                {"type": "function_result", "result": 1},
            ],
        },
    ],
}
INTERACTED = {
    "total_input_tokens": 9,
    "total_output_tokens": 2,
    "input_tokens_by_modality": [{"modality": "audio", "tokens": 1}],
}
AUDIO = {
    "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 3}],
    "promptTokenCount": 9,
    "candidatesTokenCount": 2,
}
GEMINI_ROWS = [
    Row("interaction", f"{GOOGLE}/interactions", INTERACTION, {"status": "completed", "usage": INTERACTED}),
    Row(
        "interaction without usage",
        f"{GOOGLE}/interactions",
        INTERACTION,
        {"outputs": [{"text": "Hi", "name": "f", "arguments": {}}]},
    ),
    Row(
        "interaction stream",
        f"{GOOGLE}/interactions",
        {**INTERACTION, "stream": True},
        events(
            {"event_type": "content.delta", "delta": {"text": "Hi"}},
            {"event_type": "interaction.complete", "interaction": {"usage": INTERACTED}},
        ),
    ),
    Row("gemini audio", GEMINI, {"contents": [{"parts": [{"text": "Hi"}]}]}, gemini(usageMetadata=AUDIO)),
    Row(
        "gemini array",
        GEMINI.replace(":generate", ":streamGenerate"),
        {"contents": []},
        json.dumps([gemini()]).encode() + b" ",
    ),
    Row(
        "gemini cache",
        f"{GOOGLE}/cachedContents",
        {"model": "models/g", "contents": []},
        {"usageMetadata": {"totalTokenCount": 9}},
    ),
    Row(
        "gemini batch",
        f"{GOOGLE}/models/g:batchGenerateContent",
        {
            "batch": {
                "inputConfig": {"requests": {"requests": [{"request": {"contents": [{"parts": [{"text": "Hi"}]}]}}]}}
            }
        },
        {"name": "b"},
    ),
]
BATCH = b"\n".join([json.dumps({"url": "/v1/chat/completions", "body": QUESTION}).encode(), b"", b"{}"])
JOB = {"model": "m", "endpoint": "/v1/chat/completions", "requests": [{"body": {"messages": HELLO}}]}
BATCHES = [
    Row("openai batch", "https://api.openai.com/v1/files", form({"purpose": "batch"}, BATCH), {"id": "file"}),
    Row(
        "openai batch failed",
        "https://api.openai.com/v1/files",
        form({"purpose": "batch"}, BATCH),
        {"error": {"code": 1}},
        {},
        400,
    ),
    Row("openai upload", "https://api.openai.com/v1/files", form({"purpose": "assistants"}), {"id": "file"}),
    Row(
        "anthropic batch",
        f"{MESSAGES}/batches",
        {"requests": [{"params": {"model": "c", "messages": HELLO}}]},
        {"id": "b"},
    ),
    Row("mistral batch", f"{MISTRAL}/batch/jobs", JOB, {"id": "b"}),
    Row(
        "transcription",
        "https://api.openai.com/v1/audio/transcriptions",
        form({"model": "whisper-1"}, b"RIFF"),
        {"text": "Hi"},
    ),
    Row(
        "variation", "https://api.openai.com/v1/images/variations", form({"model": "dall-e-2"}, b"PNG"), {"data": [{}]}
    ),
]
CONTENTS = [
    {"type": "input_audio", "input_audio": {"data": "AAAA"}},
    {"type": "file", "file": {"file_data": "AAAA"}},
    {"type": "document_url", "document_url": "https://x"},
    {"type": "image_url", "image_url": PNG},
    {"type": "refusal", "refusal": "no"},
]
CLAUDE_BLOCKS = [
    {"type": "image", "source": {"type": "url", "url": "https://x"}},
    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
    {"type": "tool_result", "content": [{"type": "text", "text": "x"}]},
]
ADVISED = {
    "input_tokens": 9,
    "output_tokens": 2,
    "iterations": [{"type": "advisor_message", "model": "other", "input_tokens": 3, "output_tokens": 1}],
}
COSTLY = {**chat()["usage"], "cost": 0.001, "cost_details": {"upstream_inference_cost": 0.002}}
MAIN = [
    Row("chat with media", OPENAI, {"model": "m", "messages": [{"role": "user", "content": CONTENTS}]}, chat()),
    Row("openrouter", "https://openrouter.ai/api/v1/chat/completions", QUESTION, chat(usage=COSTLY)),
    Row("gateway", "http://localhost:4000/v1/chat/completions", QUESTION, chat(), {"x-litellm-response-cost": "0.002"}),
    Row("half a character", OPENAI, QUESTION, rb'{"choices": [{"message": {"content": "\ud83d"}}]}'),
    Row(
        "claude with media",
        MESSAGES,
        {"model": "c", "messages": [{"role": "user", "content": CLAUDE_BLOCKS}]},
        {
            "type": "message",
            "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "name": "f", "input": {}}],
        },
    ),
    Row("claude advised", MESSAGES, {"model": "c", "messages": HELLO}, {"type": "message", "usage": ADVISED}),
    Row(
        "responses without usage",
        RESPONSES,
        {"model": "m", "input": "Hi"},
        {
            "object": "response",
            "output": [{"content": [{"type": "output_text", "text": "Hi"}]}, {"name": "f", "arguments": "{}"}],
        },
    ),
]
ROWS = [*BEDROCK, *HOSTS, *COHERE_ROWS, *OTHERS, *GEMINI_ROWS, *BATCHES, *MAIN]
