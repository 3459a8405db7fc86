"""A month in production from a run of pytest: the levers of the configuration, and how a month is unfolded."""

import subprocess
import sys
from decimal import Decimal

import pytest

PRICES = """
[tool.llmcost.prices."gpt-4"]
input = 1.00
cache_read = 0.10
output = 2.00
[tool.llmcost.prices."small"]
input = 0.10
output = 0.20
[tool.llmcost.prices."embedder"]
input = 0.05
output = 0
"""
CHAT = """
[tool.llmcost]
prices_as_of = 2026-11-01

[tool.llmcost.features.chat]
tests = ["test_it.py"]
"""
ASKS = """
    from app import ask

    def test_it():
        ask(usage=(2000, 100))
"""
# $0.0022 a request as tested.


@pytest.fixture
def served(project):
    """A project whose one test asks once, and what a run of it with more configuration gives."""

    def serve(toml, *arguments, test=ASKS):
        project.write("test_it.py", test)
        project.configure(CHAT + toml, prices=PRICES)
        return project.cost(*arguments)

    return serve


EVERYTHING = """
monthly_users = 20_000
sessions_per_user = 5
turns_per_session = 10
tokens_per_turn = 200
history_turns = 4
response_cache_hit_rate = 0.5
response_cache_lookup = { model = "embedder", input_tokens = 40 }
routing = { small = 0.6 }
fallback = { model = "gpt-4", share = 0.1 }
growth_percent_per_month = 10
conversion_rate = 0.02
revenue_per_month = 10_000

[tool.llmcost.overheads]
retries = 0.10
[tool.llmcost.fixed_monthly_usd]
vector_db = 500
[tool.llmcost.one_time_usd]
development = 12_000
"""


def test_the_levers_of_the_configuration_make_the_month(served):
    ran = served(EVERYTHING, "--llmcost-explain=chat")
    assert ran.status == 0
    # A session of 10 turns sends 0, 200, 400, 600 and then 800 tokens of history: 600 on average, 2,600 with the
    # prompt. gpt-4: 0.4 + 0.1 of the calls at $0.0028, small: 0.6 at $0.00028. Half of that is never asked; the lookup
    # is 40 tokens at $0.05 per million.
    each = (Decimal("0.5") * Decimal("0.0028") + Decimal("0.6") * Decimal("0.00028")) / 2 + Decimal("0.000002")
    chat, month = ran.feature("chat"), ran.json["scenarios"]["measured"]
    assert chat["cost_per_request_usd"] == str(each) == "0.000786"
    assert chat["monthly_usd"]["measured"] == month["inference_usd"] == "786"
    assert (month["overheads_usd"], month["fixed_usd"]) == ({"retries": "78.6"}, {"vector_db": "500"})
    assert month["monthly_usd"] == "1364.6"
    assert chat["units"] == {
        "per_request_usd": "0.000786",
        "per_session_usd": "0.00786",
        "per_user_usd": "0.0393",
        "per_conversion_usd": "0.393",
        "share_of_revenue": "0.0786",
    }
    assert [(one["name"], one["usd"]) for one in ran.json["outlook"]["layers"]] == [
        ("as tested", "2200"),
        ("conversation", "900"),
        ("shorter history", "-300"),
        ("routing", "-1512"),
        ("fallback", "280"),
        ("response cache", "-782"),
        ("overhead: retries", "78.6"),
        ("fixed: vector_db", "500"),
    ]
    assert ran.json["outlook"]["forecast_usd"][0] == "1451.06"  # $786 x 1.1 x 1.1 + $500
    assert ran.json["outlook"]["one_time_usd"] == {"development": "12000"}


def test_a_month_is_unfolded_where_one_asks_for_it(served):
    assert not served(EVERYTHING).has("20,000 users")
    ran = served(EVERYTHING, "--llmcost-explain=chat")
    assert ran.has("chat: $786.00 a month of scenario measured")
    assert ran.has("20,000 users x 5 sessions x 10 turns = 1,000,000 requests a month")
    assert ran.has("a session has 10 turns; each adds 200 tokens", "the last one sends 800 of them")
    assert ran.has("the history keeps the last 4 turns")
    assert ran.line("openai/gpt-4", "input", "650,000,000", "$1", "$650.00")
    assert ran.has("paid once, in no month: development $12,000.00")


def test_a_feature_that_does_not_exist_is_no_explanation(served):
    ran = served("requests_per_month = 1", "--llmcost-explain=chta")
    assert ran.status == 4
    assert ran.has("--llmcost-explain", "chta", "did you mean", "chat")


def test_a_feature_without_traffic_has_no_month_to_explain(served):
    ran = served("", "--llmcost-explain=chat")
    assert ran.status == 0
    assert ran.has("no month to explain: it has no traffic, or no test that samples it")


def test_an_explanation_leaves_the_tests_of_a_user_alone_where_nothing_is_recorded(project):
    project.write("test_it.py", ASKS)
    project.configure(CHAT)
    assert project.run("--llmcost-explain=chat").status == 0


MANY = """
    import pytest
    from app import ask

    @pytest.mark.parametrize("size", [1000, 1000, 1000, 1000, 6000])
    def test_it(size):
        ask(usage=(size, 0))
"""


def test_a_budget_at_p95_is_held_to_the_dearest_requests(served):
    limits = "requests_per_month = 1_000_000\n[tool.llmcost.features.chat.budget]\nrequest_usd = 0.003"
    assert served(limits, test=MANY).status == 0
    ran = served(f"{limits}\nat = 'p95'", test=MANY)
    assert ran.status == 1
    assert ran.finding("budget.request_usd")["message"] == (
        "`chat` uses $6.00 of $3.00 (dollars per 1,000 requests, at the p95 of the samples)"
    )
    (use,) = ran.feature("chat")["budgets"]
    assert (use["at"], use["actual"]) == ("p95", "0.006")


def test_a_test_of_several_turns_measures_what_a_turn_adds(served):
    talks = """
        import httpx
        from app import URL, client

        def ask(messages, tokens):
            chosen = {"status": 200, "model": "gpt-4", "text": "Hi", "usage": (tokens, 100)}
            client.post(URL, json={"model": "gpt-4", "messages": messages}, extensions={"chosen": chosen})

        def test_it():
            said = [{"role": "user", "content": "one"}]
            ask(said, 1000)
            said += [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "two"}]
            ask(said, 1400)
    """
    ran = served("requests_per_month = 1_000_000\nturns_per_session = 3", "--llmcost-explain=chat", test=talks)
    # 1,000, 1,400 and 1,800 tokens in and 100 out: $0.0016 on average.
    assert ran.feature("chat")["monthly_usd"]["measured"] == "1600"
    assert ran.has("each adds 400 tokens (1 turn of 1 test show: 400 to 400)")


def test_the_prefix_that_production_reads_costs_what_a_read_costs(served):
    asks = """
        from app import ask

        def test_it():
            ask(system="All of it is true. " * 400, usage=(2500, 0))
    """
    ran = served("requests_per_month = 1_000_000\ncache_hit_rate = 0.8", test=asks)
    (call,) = ran.json["calls"]
    chat = ran.feature("chat")
    bought = {one["kind"]: Decimal(one["amount"]) for one in chat["bought"]}
    # Four fifths of the requests read the system prompt, at $0.10 instead of $1.00 per million.
    prefix = bought["cache read"] / 1_000_000 / Decimal("0.8")
    assert abs(prefix - call["segments"]["system"]) <= 1
    assert Decimal(chat["monthly_usd"]["measured"]) == 2_500 - Decimal("0.8") * prefix * Decimal("0.9")
    assert "cache-rate" not in ran.rules()


def test_a_prompt_too_short_for_any_cache_is_told(served):
    ran = served("requests_per_month = 1_000_000\ncache_hit_rate = 0.8", test=ASKS)
    assert ran.finding("cache-rate")["severity"] == "notice"
    assert ran.feature("chat")["monthly_usd"]["measured"] == "2200"


def test_production_that_buys_without_a_price_fails_with_what_to_do(served):
    ran = served('requests_per_month = 1\nrouting = { "acme/secret" = 0.1 }')
    assert ran.status == 1
    found = ran.finding("unpriced")
    assert "`chat` buys of `acme/secret` in production: no price" in found["message"]
    assert "[tool.llmcost.prices" in found["message"]
    assert ran.json["scenarios"]["measured"]["monthly_usd"] is None


def test_sessions_without_a_length_are_a_problem_of_the_configuration(served):
    ran = served('requests_per_month = 1\nsample = "session"')
    assert ran.status == 4
    assert ran.has('sample = "session" needs turns_per_session: how many requests one session is')


def test_a_run_file_is_unfolded_later(served, project):
    assert served(EVERYTHING).status == 0
    whole = [sys.executable, "-m", "pytest_llmcost", "report", "llmcost.json", "--explain"]
    done = subprocess.run([*whole, "chat"], cwd=project.root, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "20,000 users x 5 sessions x 10 turns = 1,000,000 requests a month" in done.stdout
    wrong = subprocess.run([*whole, "chta"], cwd=project.root, capture_output=True, encoding="utf-8", check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.count("\n") == 1
    assert "did you mean" in wrong.stderr
    assert "chat" in wrong.stderr
