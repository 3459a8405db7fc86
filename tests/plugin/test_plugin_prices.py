"""What a price rests on: the reply's own statement, assumptions that are told, and an old price list."""

from decimal import Decimal

ROUTED = """
import httpx

def route(stated, model="openai/gpt-4o", asks=None, **usage):
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100, **stated, **usage}
    reply = {"model": model, "choices": [{"message": {"content": "Hi"}}], "usage": usage}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=reply))
    with httpx.Client(transport=transport) as client:
        asked = {"model": asks or model, "messages": [{"role": "user", "content": "Hello"}]}
        client.post("https://openrouter.ai/api/v1/chat/completions", json=asked)
"""


def test_a_cost_that_openrouter_states_is_used_and_kept(project):
    project.write("test_route.py", f"{ROUTED}\ndef test_it():\n    route({{'cost': 0.0035}})\n    route({{}})\n")
    ran = project.cost()
    stated, listed = ran.json["calls"]
    assert (stated["cost_usd"], stated["price_note"], stated["stated_usd"]) == (
        "0.0035",
        "stated by the reply",
        "0.0035",
    )
    assert Decimal(listed["cost_usd"]) == Decimal("0.0035")
    assert listed["price_note"].startswith("genai-prices: openrouter/openai/gpt-4o")
    assert "stated_usd" not in listed
    assert "price-assumed" not in ran.rules()


PROXIED = """
import httpx

def ask(path, reply, cost, **asked):
    headers = {"x-litellm-response-cost": cost}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=reply, headers=headers))
    with httpx.Client(transport=transport) as client:
        asked = {"model": reply["model"], "messages": [{"role": "user", "content": "Hello"}], **asked}
        client.post(f"http://localhost:4000{path}", json=asked)

CHAT = {"model": "team-model", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}
MESSAGE = {"type": "message", "model": "team-model", "content": [], "usage": {"input_tokens": 9, "output_tokens": 2}}
"""


def test_a_cost_in_the_header_of_a_litellm_proxy_is_used_whatever_api_it_speaks(project):
    asked = "ask('/v1/chat/completions', CHAT, '0.25')\n    ask('/v1/messages', MESSAGE, '2.5e-1', max_tokens=9)"
    project.write("test_proxy.py", f"{PROXIED}\ndef test_it():\n    {asked}\n")
    calls = project.cost().json["calls"]
    assert [(call["cost_usd"], call["price_note"]) for call in calls] == [("0.25", "stated by the reply")] * 2


def test_a_header_that_states_nothing_yet_makes_no_call_free(project):
    project.write("test_proxy.py", f"{PROXIED}\ndef test_it():\n    ask('/v1/chat/completions', CHAT, '0.0')\n")
    ran = project.cost()
    assert (ran.json["calls"][0]["cost_usd"], ran.rules("warning")) == (None, ["unpriced"])


def test_a_statement_far_from_the_list_is_told(project):
    project.write("test_route.py", f"{ROUTED}\ndef test_it():\n    route({{'cost': 0.5}})\n")
    ran = project.cost()
    assert ran.json["totals"]["cost_usd"] == "0.5"
    assert "the replies state $0.50 and the price list says $0.0035" in ran.finding("price-assumed")["message"]


def test_what_another_model_than_the_one_that_is_asked_for_has_cost_is_not_used(project):
    """The recording is older than the request: its cost is that of the model which answered then."""
    project.write("test_route.py", f"{ROUTED}\ndef test_it():\n    route({{'cost': 0.5}}, asks='openai/gpt-4.1')\n")
    (call,) = project.cost().json["calls"]
    assert (call["model"], Decimal(call["cost_usd"])) == ("openai/gpt-4.1", Decimal("0.0028"))


def test_your_own_price_goes_before_what_a_reply_states(project):
    project.configure("", prices='[tool.llmcost.prices."openai/gpt-4o"]\ninput = 1\noutput = 1')
    project.write("test_route.py", f"{ROUTED}\ndef test_it():\n    route({{'cost': 0.5}})\n")
    assert Decimal(project.cost().json["calls"][0]["cost_usd"]) == Decimal("0.0011")


def test_a_limit_holds_for_what_a_reply_states(project):
    marked = "import pytest\n@pytest.mark.llmcost(max_cost=0.1)\ndef test_it():\n    route({'cost': 0.5})\n"
    project.write("test_route.py", f"{ROUTED}\n{marked}")
    ran = project.cost()
    assert (ran.status, "limit.max_cost" in ran.rules("error")) == (1, True)


def test_a_search_is_priced_and_kept_in_the_baseline(project):
    usage = "server_tool_use={'web_search_requests': 2}"
    project.write("test_route.py", f"{ROUTED}\ndef test_it():\n    route({{}}, {usage})\n")
    ran = project.update()
    (call,) = ran.json["calls"]
    assert (call["usage"]["web_searches"], Decimal(call["cost_usd"])) == (2, Decimal("0.0235"))
    assert '"web_searches":2' in (project.root / "llmcost-baseline.json").read_text(encoding="utf-8")
    assert project.cost().json["comparison"]["features"] == []


def test_an_old_price_list_is_told_with_its_age(project):
    project.configure("[tool.llmcost]\nprices_as_of = 2027-03-01", prices="")
    project.write("test_chat.py", "from app import ask\ndef test_it(): ask()")
    ran = project.cost()
    assert ran.finding("price-book")["actual"] == f"{ran.json['prices']['age_days']} days"
    assert ran.json["prices"]["as_of"] == "2027-03-01"
    assert ran.line("prices: genai-prices", "of 2027-03-01, its newest price", "days old")
