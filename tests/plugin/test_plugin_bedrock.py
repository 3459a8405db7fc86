"""Amazon Bedrock in a whole run: models in addresses, usage in headers and chunks, refusals, tools that are called."""

from __future__ import annotations

from decimal import Decimal

BEDROCK = '''
"""Answers as Bedrock does; streams come in the form that a client has decoded."""

import base64, json
import httpx

HOST = "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
CLAUDE = "anthropic.claude-v2"
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile%2Fa1b2c3"


def piece(value):
    return json.dumps({"chunk": {"bytes": base64.b64encode(json.dumps(value).encode()).decode()}})


def sent(path, body, reply, status=200, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = lambda request: httpx.Response(status, headers=headers, content=reply)
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        return client.post(HOST + path, json=body)
'''
CALLS = """
import json
from bedrock import CLAUDE, PROFILE, piece, sent

TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("weather", "parcel")]
ASKED = {"anthropic_version": "bedrock-2023-05-31", "messages": [{"role": "user", "content": "Rain?"}], "tools": TOOLS}


def test_headers():
    reply = json.dumps({"generations": [{"text": "Hi"}]})
    sent("cohere.command-light-text-v14/invoke", {"prompt": "Hello"}, reply,
         x_amzn_bedrock_input_token_count="1000", x_amzn_bedrock_output_token_count="100")


def test_stream():
    message = {"usage": {"input_tokens": 1000, "output_tokens": 1}}
    call = {"type": "tool_use", "id": "t", "name": "weather", "input": {}}
    stream = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": call},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 100}},
        {"type": "message_stop"},
    ]
    sent(CLAUDE + "/invoke-with-response-stream", ASKED, "\\n".join(map(piece, stream)))


def test_hidden():
    reply = {"output": {"message": {"content": []}}, "usage": {"inputTokens": 1000, "outputTokens": 100}}
    sent(PROFILE + "/converse", {"messages": []}, json.dumps(reply))


def test_refused():
    sent(CLAUDE + "/converse", {"messages": []}, '{"message": "Too many requests"}', status=429)


def test_another_service():
    sent("../chain/invoke", {"input": "Hello"}, "{}")
"""


def test_bedrock_is_seen_and_priced(project):
    project.write("bedrock.py", BEDROCK)
    project.write("test_calls.py", CALLS)
    ran = project.cost()
    assert ran.status == 0
    calls = {call["test"].rpartition("::")[2]: call for call in ran.json["calls"]}
    assert {test: (call["model"], call["outcome"]) for test, call in calls.items()} == {
        "test_headers": ("cohere.command-light-text-v14", "ok"),
        "test_stream": ("anthropic.claude-v2", "ok"),
        "test_hidden": ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3", "ok"),
        "test_refused": ("anthropic.claude-v2", "refused"),
    }
    costs = {test: call["cost_usd"] and Decimal(call["cost_usd"]) for test, call in calls.items()}
    assert costs == {
        "test_headers": Decimal("0.00036"),
        "test_stream": Decimal("0.0104"),
        "test_hidden": None,
        "test_refused": Decimal(0),
    }
    assert {call["provider"] for call in calls.values()} == {"aws"}
    assert len(calls["test_stream"]["tools_called"]) == 1
    assert "application-inference-profile/a1b2c3" in ran.finding("unpriced")["message"]
