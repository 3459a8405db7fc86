"""boto3: the client of bedrock-runtime, by converse and by invoke_model."""

from __future__ import annotations

import json

import pytest
from sdks_answers import INPUT, TEXT
from sdks_cases import ESTIMATED, Cases, Seen, lacks_patch, lacks_path, package

BOTO3 = Cases("boto3, Converse", "botocore")
INVOKED = Cases("boto3, InvokeModel", "botocore")
MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
CONVERSED = Seen(MODEL)
STREAM = Seen(MODEL, stream=True)
ASK = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
BODY = json.dumps(
    {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]}
)
BOTOCORE = lacks_patch("botocore")
CONVERSE = BOTOCORE or lacks_path(f"/model/{MODEL}/converse")
INVOKE = BOTOCORE or lacks_path(f"/model/{MODEL}/invoke")


def client(base, **more):
    config = package("botocore.config").Config(**{"retries": {"total_max_attempts": 1}, **more})
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none", "region_name": "us-east-1"}
    return package("boto3").client("bedrock-runtime", endpoint_url=base, config=config, **keys)


@BOTO3("converse", CONVERSED, lacks=CONVERSE)
def converse(base):
    bedrock = client(base)
    assert bedrock.converse(**ASK)["output"]["message"]["content"][0]["text"] == TEXT
    bedrock.close()


@BOTO3("converse_stream", STREAM, lacks=CONVERSE)
def converse_stream(base):
    bedrock = client(base)
    events = list(bedrock.converse_stream(**ASK)["stream"])
    assert events[-1]["metadata"]["usage"]["cacheReadInputTokens"] > 0
    bedrock.close()


@BOTO3(
    "converse_stream, left after its first word",
    STREAM._replace(input=ESTIMATED, output=1, cached=None, outcome="partial", source="scaled"),
    breaks=True,
    lacks=CONVERSE,
)
def converse_stream_left(base):
    bedrock = client(base)
    stream = bedrock.converse_stream(**ASK)["stream"]
    for event in stream:
        if "contentBlockDelta" in event:
            break
    stream.close()
    bedrock.close()


@INVOKED("invoke_model", CONVERSED, lacks=INVOKE)
def invoke(base):
    bedrock = client(base)
    answer = json.loads(bedrock.invoke_model(modelId=MODEL, body=BODY)["body"].read())
    assert answer["content"][0]["text"] == TEXT
    bedrock.close()


@INVOKED("invoke_model_with_response_stream", STREAM, lacks=INVOKE)
def invoke_stream(base):
    bedrock = client(base)
    events = [json.loads(e["chunk"]["bytes"]) for e in bedrock.invoke_model_with_response_stream(
        modelId=MODEL, body=BODY)["body"]]  # fmt: skip
    assert events[-1]["type"] == "message_stop"
    bedrock.close()


@INVOKED("invoke_model_with_response_stream, left after its first word", STREAM._replace(
    output=1, outcome="partial", source="scaled"), breaks=True, lacks=INVOKE)  # fmt: skip
def invoke_stream_left(base):
    bedrock = client(base)
    stream = bedrock.invoke_model_with_response_stream(modelId=MODEL, body=BODY)["body"]
    for event in stream:
        if b"text_delta" in event["chunk"]["bytes"]:
            break
    stream.close()
    bedrock.close()


@BOTO3("two retries after 429, inside one call", CONVERSED, refusals=2, hidden=2, lacks=CONVERSE)
def retries(base):
    bedrock = client(base, retries={"total_max_attempts": 3, "mode": "standard"})
    usage = bedrock.converse(**ASK)["usage"]
    assert usage["inputTokens"] + usage["cacheReadInputTokens"] == INPUT
    bedrock.close()


@pytest.mark.parametrize("case", [*BOTO3, *INVOKED])
def test_what_boto3_sends_is_seen_as_often_as_it_was_sent(case, check):
    check(case)
