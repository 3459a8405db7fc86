"""What a price rests on: the reply's own statement, assumptions that are told, and an old price list."""

from decimal import Decimal

ROUTED = """
import httpx

def route(stated, model="openai/gpt-4o", tools=(), **usage):
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100, **stated, **usage}
    reply = {"model": model, "choices": [{"message": {"content": "Hi"}}], "usage": usage}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=reply))
    with httpx.Client(transport=transport) as client:
        asked = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
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


def test_a_statement_far_from_the_list_is_told(project):
    project.write("test_route.py", f"{ROUTED}\ndef test_it():\n    route({{'cost': 0.5}})\n")
    ran = project.cost()
    assert ran.json["totals"]["cost_usd"] == "0.5"
    assert "the replies state $0.50 and the price list says $0.0035" in ran.finding("price-assumed")["message"]


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
