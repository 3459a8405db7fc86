"""A submitted batch: each request inside is a call of the test, with a price of its own."""

from decimal import Decimal

SUBMIT = """
import httpx

ASKED = {"max_tokens": 9, "messages": [{"role": "user", "content": "What is the capital of Italy?"}]}

def submit(*models):
    requests = [{"custom_id": str(at), "params": ASKED | {"model": model}} for at, model in enumerate(models)]
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"id": "b1", "type": "message_batch"}))
    with httpx.Client(transport=transport) as client:
        client.post("https://api.anthropic.com/v1/messages/batches", json={"requests": requests})
"""


def test_its_requests_are_calls_at_the_batch_rate(project):
    project.write("test_batch.py", f"{SUBMIT}\ndef test_it():\n    submit('claude-sonnet-4-5', 'acme-9')\n")
    ran = project.cost()
    assert ran.status == 0
    calls = ran.json["calls"]
    assert [(call["model"], call["outcome"]) for call in calls] == [
        ("claude-sonnet-4-5", "partial"),
        ("acme-9", "partial"),
    ]
    assert calls[0]["usage"]["input_tokens"] > 0
    assert calls[0]["usage_source"] != "reported"
    assert Decimal(calls[0]["cost_usd"]) == calls[0]["usage"]["input_tokens"] * Decimal("0.0000015")
    assert "output comes later" in calls[0]["price_note"]
    assert calls[1]["cost_usd"] is None
    assert ran.rules("warning") == ["unpriced"]


def test_a_limit_on_calls_counts_them_all(project):
    limited = "import pytest\n@pytest.mark.llmcost(max_calls=1)\ndef test_it():\n"
    project.write("test_batch.py", f"{SUBMIT}\n{limited}    submit('claude-sonnet-4-5', 'claude-sonnet-4-5')\n")
    ran = project.cost()
    assert (ran.status, "limit.max_calls" in ran.rules("error")) == (1, True)
