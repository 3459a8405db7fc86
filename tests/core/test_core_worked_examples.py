"""Published calculations on production cost, by their numbers; the figures are theirs, checked by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest
from core_estimates import bought, daily, estimated, headline, month, monthly, units

from pytest_llmcost.core.conversation import history
from pytest_llmcost.core.explanation import OUTPUT
from pytest_llmcost.core.production import SideCall
from pytest_llmcost.core.settings import Settings
from pytest_llmcost.core.traffic import Traffic

USERS = Traffic(monthly_users=Decimal(50_000), sessions_per_user=Decimal(1), turns_per_session=Decimal(10))
FLAT = {"turns_per_session": "10", "tokens_per_turn": "0"}
"""Ten turns that carry no history."""


def test_case_1_half_a_million_requests():
    whole = headline(traffic=USERS, served=FLAT)
    assert (whole.requests, whole.monthly_usd) == (500_000, 4_000)
    assert month(tokens=(2_000, 0)) == 2_500
    assert month(tokens=(0, 300)) == 1_500
    each = units(traffic=USERS, served=FLAT)
    assert (each.per_request, each.per_session, each.per_user) == (Decimal("0.008"), Decimal("0.08"), Decimal("0.08"))


def test_case_2_the_system_prompt_alone():
    prompt = {"tokens": (2_000, 0), "system_tokens": 2_000}
    assert bought(**prompt) == 10**9
    assert month(**prompt) == 2_500


def test_case_3_what_retrieval_adds():
    with_it, without = ({"tokens": (tokens, 300)} for tokens in (2_000 + 3 * 500, 2_000))
    assert bought(**with_it) - bought(**without) == 750_000_000
    assert month(**with_it) - month(**without) == 1_875


def test_case_4_seven_of_ten_requests_go_to_a_small_model():
    small = {"routes": (("gpt-4o-mini", Decimal("0.7")),)}
    assert month(tokens=(2_300, 0)) == 2_875
    assert month(tokens=(2_300, 0), served=small) == Decimal("120.75") + Decimal("862.50") == Decimal("983.25")


@pytest.mark.parametrize(
    ("model", "misses", "whole"), [("claude-sonnet-without-premium", 900, 1_260), ("claude-sonnet", 1_125, 1_485)]
)
def test_cases_5_and_6_four_of_five_requests_read_the_prefix_and_one_writes_it(model, misses, whole):
    assert month(model, (3_000, 0), system_tokens=3_000) == 4_500
    assert month(model, (3_000, 0), system_tokens=3_000, served={"cache_hit_rate": "0.8"}) == whole
    none_reads = month(model, (3_000, 0), system_tokens=3_000, served={"cache_hit_rate": "0"})
    assert none_reads / 5 == misses
    assert whole - misses == 360


@pytest.mark.parametrize(
    ("scenario", "expected"), [("conservative", 800), ("base", 4_750), ("aggressive", 15_750), ("measured", 4_000)]
)
def test_case_7_the_three_scenarios(scenario, expected):
    assert month(traffic=USERS, served=FLAT, scenario=scenario) == expected


@pytest.mark.parametrize(("users", "expected"), [(2_000, 840), (50_000, 21_000)])
def test_case_8_the_same_cost_per_user_for_more_users(users, expected):
    traffic = Traffic(monthly_users=Decimal(users), sessions_per_user=Decimal(1))
    assert units(tokens=(168_000, 0), traffic=traffic).per_user == Decimal("0.42")
    assert month(tokens=(168_000, 0), traffic=traffic) == expected


def session(turns, each, tokens=(0, 0), **served):
    """Input tokens of one session."""
    served |= {"turns_per_session": str(turns), "tokens_per_turn": str(each)}
    return bought(tokens=tokens, traffic=monthly(turns), served=served)


def test_case_9_a_turn_adds_200_tokens():
    assert [history(turn, Decimal(200)) for turn in (1, 5, 10)] == [0, 800, 1_800]
    assert session(10, 200) == 9_000


@pytest.mark.parametrize(("users", "expected"), [(10_000, 15_000), (100_000, 150_000)])
def test_case_10_ten_calls_a_day_at_half_a_cent(users, expected):
    assert units(tokens=(2_000, 0), traffic=daily(users * 10)).per_request == Decimal("0.005")
    assert month(tokens=(2_000, 0), traffic=daily(users * 10)) == expected


def context(message):
    """Input of one message in a conversation whose turns add 500 tokens, itself included."""
    return session(message, 500, (500, 0)) - (session(message - 1, 500, (500, 0)) if message > 1 else 0)


def test_case_11_the_context_of_a_message():
    assert [context(message) for message in (1, 5, 20, 30)] == [500, 2_500, 10_000, 15_000]


def test_case_12_thirty_messages_against_five():
    assert context(30) == 6 * context(5)
    assert session(30, 500, (500, 0)) == 31 * session(5, 500, (500, 0))


CONVERSATIONS = {"turns_per_session": "5", "tokens_per_turn": "0"}


def test_case_13_ten_thousand_conversations_a_day():
    whole = {"tokens": (2_000, 500), "traffic": daily(50_000), "served": CONVERSATIONS}
    each = units(**whole)
    assert (each.per_request, each.per_session) == (Decimal("0.01"), Decimal("0.05"))
    assert month(**whole) == 15_000
    a_day = Settings(days_per_month=Decimal(1))
    assert month(**whole, settings=a_day) == 500
    assert bought(**whole, settings=a_day, kinds=[OUTPUT]) == 25_000_000


OVERHEADS = {"evaluation": Decimal("0.15"), "retries": Decimal("0.10"), "context waste": Decimal("0.20")}
BESIDE = Settings(overheads=OVERHEADS, fixed_monthly_usd={"infrastructure": Decimal(500)})


def test_case_14_overheads_and_fixed_costs():
    whole = headline(tokens=(2_000, 500), traffic=daily(50_000), settings=BESIDE)
    assert whole.overheads_usd == {"evaluation": 2_250, "retries": 1_500, "context waste": 3_000}
    assert whole.fixed_usd == {"infrastructure": 500}
    assert whole.monthly_usd == 22_250
    assert round((whole.monthly_usd / whole.inference_usd - 1) * 100) == 48


def test_case_15_shorter_routed_and_cached():
    served = {"routes": (("gpt-4o-mini", Decimal("0.7")),), "response_cache_hit_rate": "0.3"}
    after = month(tokens=(800, 500), traffic=daily(50_000), served=served, settings=BESIDE)
    assert after == Decimal("4144.865")
    assert round((1 - after / 22_250) * 100) == 81


@pytest.mark.parametrize(("tokens", "a_day"), [(4_000, 12_000), (500, 1_500), (800, 2_400)])
def test_case_16_a_prompt_is_paid_for_every_day(tokens, a_day):
    assert month("gpt-4", (tokens, 0), daily(100_000)) == 30 * a_day


@pytest.mark.parametrize("served", [{}, {"cache_hit_rate": "0.8"}, {"routes": (("gpt-4o-mini", Decimal("0.5")),)}])
def test_case_18_a_batch_costs_half(served):
    plain = month(tokens=(2_000, 300), system_tokens=1_500, served=served)
    assert month(tokens=(2_000, 300), system_tokens=1_500, served={**served, "batch": True}) == plain / 2


def test_case_19_a_hundred_thousand_documents():
    documents = "text-embedding-3-small", (500, 0), monthly(100_000)
    assert bought(*documents) == 50_000_000
    assert month(*documents) == 1


def test_case_20_a_support_bot_costs_a_tenth():
    thread = {"turns_per_session": "30"}
    bot = {"model": "claude-sonnet", "tokens": (4_200, 300), "system_tokens": 4_000, "traffic": monthly(30)}
    before = month(**bot, served=thread)
    assert bought(**bot, served=thread) == 30 * 4_200 + 500 * 30 * 29 // 2
    assert before == Decimal("1.1655")
    levers = {
        "history_turns": 8,
        "cache_hit_rate": "0.8",
        "routes": (("claude-third", Decimal("0.78")),),
        "response_cache_hit_rate": "0.34",
    }
    after = month(**bot, served={**thread, **levers})
    assert Decimal("0.05") <= after / before <= Decimal("0.15")


@pytest.mark.parametrize("calls", [5, 15])
def test_case_22_an_agent(calls):
    task = {"tokens": (1_000, 200), "traffic": monthly(1)}
    growing = {**task, "calls": calls, "tokens_per_call": 200}
    assert estimated(**growing).features[0].calls_per_request == calls
    assert month(**task, calls=calls) == calls * month(**task)
    assert bought(**growing) == calls * 1_000 + 200 * calls * (calls - 1) // 2
    assert month(**growing) > calls * month(**task)


def test_what_a_router_and_a_look_into_a_cache_cost_is_in_the_month():
    served = {
        "routes": (("gpt-4o-mini", Decimal("0.7")),),
        "router": SideCall(model="gpt-4o-mini", input_tokens=Decimal(200), output_tokens=Decimal(2)),
        "response_cache_hit_rate": "0.3",
        "response_cache_lookup": SideCall(model="text-embedding-3-small"),
    }
    whole = {"tokens": (800, 500), "system_tokens": 700, "traffic": monthly(1_000_000), "served": served}
    asked = Fraction(7, 10) * (Fraction(3, 10) * 7_000 + Fraction(7, 10) * 420)
    beside = Fraction(100 * 2, 100) + Fraction(7, 10) * Fraction(200 * 15 + 2 * 60, 100)
    assert month(**whole) == asked + beside
    assert bought(**whole) == 700_000 * 800 + 100 * 10**6 + 700_000 * 200
    assert bought(**whole, kinds=[OUTPUT]) == 700_000 * 500 + 700_000 * 2


def test_an_agent_in_a_conversation_makes_all_of_its_calls_in_each_turn():
    served = {"turns_per_session": "4", "tokens_per_turn": "300"}
    turn = {"tokens": (1_000, 200), "calls": 3, "tokens_per_call": 50, "served": served, "traffic": monthly(1)}
    assert bought(**turn, kinds=[OUTPUT]) == 3 * 200
    assert bought(**turn) == 3 * 1_000 + 50 * (0 + 1 + 2) + 3 * 300 * (0 + 1 + 2 + 3) // 4


@pytest.mark.parametrize("scenario", ["measured", "conservative"])
def test_a_scenario_with_less_traffic_has_fewer_users_and_not_cheaper_ones(scenario):
    each = units(traffic=USERS, served=FLAT, settings=Settings(scenario=scenario))
    assert each.per_user == Decimal("0.08")
    assert each.per_session == Decimal("0.08")
