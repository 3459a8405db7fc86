"""A model without a price: its cost is unknown, never 0; the user can name it or price it."""

from decimal import Decimal

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
"""
ACME = "from app import ask\ndef test_it():\n    ask(model='acme-9')\n    ask()\n"


def test_it_fails_the_run_where_traffic_is_declared(project):
    project.configure(CHAT)
    project.write("test_chat.py", ACME)
    ran = project.cost()
    assert (ran.status, ran.rules("error")) == (1, ["unpriced"])
    assert [one["cost_usd"] for one in ran.json["calls"]] == [None, "0.000024"]
    assert ran.feature("chat")["monthly_usd"]["measured"] is None
    assert ran.feature("chat")["cost_per_request_usd"] is None
    assert ran.json["scenarios"]["measured"]["monthly_usd"] is None
    assert ran.json["tests"][0]["cost_usd"] is None
    assert ran.json["totals"]["unpriced_calls"] == 1
    finding = ran.finding("unpriced")
    assert finding["subject"] == "openai/acme-9"
    assert "[tool.llmcost." in finding["message"]
    assert ran.line("LLM cost:").startswith("LLM cost: ? a month")
    assert not ran.has("$0.00 ")


def test_it_warns_where_no_traffic_is_declared(project):
    project.write("test_chat.py", ACME)
    ran = project.cost()
    assert (ran.status, ran.rules("warning"), ran.rules("error")) == (0, ["unpriced"], [])
    assert ran.line("LLM cost:", "at least $0.000024", "1 without a price")


def test_it_warns_where_it_is_told_not_to_fail(project):
    project.configure("[tool.llmcost]\nfail_on = ['budget']\n" + CHAT.replace("\n    ", "\n"))
    project.write("test_chat.py", ACME)
    ran = project.cost()
    assert (ran.status, ran.rules()) == (0, ["unpriced"])


def test_a_name_that_the_book_cannot_know_is_mapped_to_one_that_it_knows(project):
    project.configure(CHAT, prices='[tool.llmcost.models]\n"acme-9" = "openai/gpt-4o"')
    project.write("test_chat.py", "from app import ask\ndef test_it(): ask(model='acme-9')")
    ran = project.cost()
    assert (ran.status, ran.rules()) == (0, [])
    assert Decimal(ran.json["calls"][0]["cost_usd"]) == Decimal("0.00007")  # 20 x $2.50 + 2 x $10.00 per million
    assert ran.json["calls"][0]["model"] == "acme-9"


def test_a_price_of_one_s_own_is_a_price(project):
    project.configure(CHAT, prices='[tool.llmcost.prices."acme-9"]\ninput = 3\noutput = 4')
    project.write("test_chat.py", "from app import ask\ndef test_it(): ask(model='acme-9')")
    ran = project.cost()
    assert (ran.status, ran.feature("chat")["monthly_usd"]["measured"]) == (0, "68")


def test_an_unknown_price_is_unknown_in_a_comparison_too(project):
    project.configure(CHAT)
    project.write("test_chat.py", ACME)
    project.update()
    ran = project.cost()
    assert ran.json["comparison"]["monthly_before_usd"] is None
    assert ran.rules("error") == ["unpriced"]
