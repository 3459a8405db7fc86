"""What mocks boto3: the model's answer is one of Bedrock's `converse`."""

import json

import pytest
from clients import sees

USAGE = {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}
REPLY = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
    "stopReason": "end_turn",
    "usage": USAGE,
    "metrics": {"latencyMs": 1},
}
ASKED = {"modelId": "amazon.nova-lite-v1:0", "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}

pytestmark = sees("botocore")


@pytest.fixture
def bedrock(server, monkeypatch):
    boto3 = pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def client(url=None):
        keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
        return boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=url, **keys)

    return client


@pytest.mark.seen(area="mock", name="botocore's `Stubber`", client="boto3", origin="replayed", streams="no")
def test_stubber(bedrock):
    from botocore.stub import Stubber

    client = bedrock()
    with Stubber(client) as stubber:
        stubber.add_response("converse", REPLY, ASKED)
        assert client.converse(**ASKED)["usage"] == USAGE
        stubber.assert_no_pending_responses()


@pytest.mark.seen(area="replay", name="vcrpy", client="boto3", origin="local, replayed", streams="no")
def test_vcr(bedrock, server, tmp_path):
    vcr = pytest.importorskip("vcr")
    server._answers[:] = []
    server.answer(REPLY)
    for record_mode in ("once", "none"):
        with vcr.use_cassette(str(tmp_path / "chat.yaml"), record_mode=record_mode):
            assert bedrock(server.base).converse(**ASKED)["usage"] == USAGE
    assert len(server.asked) == 1


@pytest.mark.seen(area="mock", name="moto", client="boto3", origin="replayed", streams="no", usage="counted")
def test_moto(bedrock):
    """Moto knows no `converse`: the call raises with us as without, and keeps the tokens of its request."""
    moto = pytest.importorskip("moto")
    with moto.mock_aws(), pytest.raises(NotImplementedError):
        bedrock().converse(**ASKED)


def test_the_reply_is_one_that_json_can_hold():
    assert json.loads(json.dumps(REPLY)) == REPLY
