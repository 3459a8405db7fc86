"""How a month came about, in sentences that carry its figures."""

from decimal import Context, Decimal, localcontext

import pytest

from pytest_llmcost.core import how
from pytest_llmcost.core.fit import Fit
from pytest_llmcost.core.production import Production, SideCall, Summary, Tier
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario
from pytest_llmcost.core.traffic import Traffic

D = Decimal
DAYS = D(30)
AGGRESSIVE = DEFAULTS[2]
FREE = Tier(name="free", share=D("0.9"), sessions_per_user=D(2), turns_per_session=D(3))
SUMMARY = Summary(model="s", tokens=D(150))
PRO = Tier(name="pro", share=D("0.1"), sessions_per_user=D(20), turns_per_session=D(1))


def served(scenario=MEASURED, **production):
    return list(how.production(Production(**production), scenario))


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"requests_per_month": D(500_000)}, "500,000 requests a month"),
        ({"requests_per_month": D(1)}, "1 request a month"),
        ({"requests_per_day": D("0.5")}, "0.5 requests a day x 30 days = 15 requests a month"),
        (
            {"monthly_users": D(50_000), "sessions_per_user": D(1), "turns_per_session": D(10)},
            "50,000 users x 1 session x 10 turns = 500,000 requests a month",
        ),
        ({"monthly_users": D(10), "sessions_per_user": D("2.5")}, "10 users x 2.5 sessions = 25 requests a month"),
        (
            {"monthly_users": D(1_000), "tiers": (FREE, PRO)},
            "1,000 users x (90% free x 2 sessions x 3 turns + 10% pro x 20 sessions x 1 turn) = 7,400 requests a month",
        ),
    ],
)
def test_traffic_is_a_product_of_what_is_declared(declared, said):
    assert how.traffic(Traffic(**declared), DAYS, MEASURED) == said


def test_a_scenario_multiplies_the_traffic():
    said = how.traffic(Traffic(requests_per_month=D(1_000)), DAYS, AGGRESSIVE)
    assert said == "1,000 requests a month, x 3 (aggressive) = 3,000"


def test_production_as_tested_has_nothing_to_say():
    assert served() == []


@pytest.mark.parametrize(
    ("production", "said"),
    [
        (
            {"turns_per_session": D(10), "tokens_per_turn": D(200)},
            [
                (
                    "a session has 10 turns; each adds 200 tokens to the history of the next, so that the last"
                    " one sends 1,800 of them"
                )
            ],
        ),
        (
            {"turns_per_session": D("4.5"), "tokens_per_turn": D(100), "history_turns": 1},
            [
                (
                    "a session has 4.5 turns; each adds 100 tokens to the history of the next, so that the last"
                    " one sends 100 of them"
                ),
                "the history keeps the last 1 turn",
            ],
        ),
        (
            {"turns_per_session": D("4.5"), "tokens_per_turn": D(100)},
            [
                (
                    "a session has 4.5 turns; each adds 100 tokens to the history of the next, so that the last"
                    " one sends 400 of them"
                )
            ],
        ),
        (
            {
                "turns_per_session": D(9),
                "tokens_per_turn": D(100),
                "history_turns": 4,
                "summary": Summary(model="s", tokens=D(150)),
            },
            [
                "a session has 9 turns; each adds 100 tokens to the history of the next",
                "the history keeps the last 4 turns; a summary of 150 tokens by s stands for the rest",
            ],
        ),
        (
            {"turns_per_session": D(9), "tokens_per_turn": D(100), "history_tokens": 300},
            [
                "a session has 9 turns; each adds 100 tokens to the history of the next",
                "at most 300 tokens of the history are sent",
            ],
        ),
        (
            {"turns_per_session": D(3), "fit": Fit(tests=1, turns=2, low=150, high=1_250, mean=D(700))},
            [
                (
                    "a session has 3 turns; each adds 700 tokens (2 turns of 1 test show: 150 to 1,250) to the"
                    " history of the next"
                )
            ],
        ),
        (
            {"turns_per_session": D(3), "user_tokens": D("12.5")},
            [
                (
                    "a session has 3 turns; each adds what the user writes (12 tokens) and the answer to the history"
                    " of the next"
                )
            ],
        ),
        (
            {"tiers": (FREE, PRO), "tokens_per_turn": D(1)},
            [
                (
                    "a session has 3 turns (free) or 1 turn (pro); each adds 1 token to the history of the next,"
                    " so that the last one sends 2 of them"
                )
            ],
        ),
        (
            {"is_session": True, "turns_per_session": D(10)},
            ["one test is a session of 10 turns: its cost is shared by them"],
        ),
        ({"turns_per_session": D(10), "tokens_per_turn": D(0)}, []),
        (
            {"cache_hit_rate": D("0.8")},
            ["80% of the requests read the cacheable prefix, the others do not"],
        ),
        ({"batch": True}, ["every call is bought at the batch rate"]),
        (
            {"routes": (("small", D("0.7")),), "router": SideCall(model="r", input_tokens=D(300), output_tokens=D(5))},
            ["70% of the requests go to small", "each request asks r for its route: 300 tokens in, 5 tokens out"],
        ),
        ({"fallback": ("large", D("0.05"))}, ["5% of the requests are asked once more, of large"]),
        (
            {"response_cache_hit_rate": D("0.34")},
            ["the response cache answers 34% of the requests, without a call"],
        ),
        (
            {"response_cache_hit_rate": D("0.34"), "response_cache_lookup": SideCall(model="e"), "user_tokens": D(1)},
            [
                (
                    "the response cache answers 34% of the requests, without a call; each request looks it up by e:"
                    " 1 token in"
                )
            ],
        ),
    ],
)
def test_each_part_of_production_is_a_sentence_with_its_figures(production, said):
    assert served(**production) == said


def test_scenarios_grow_the_input_and_stop_the_caches():
    cached = {"cache_hit_rate": D("0.8"), "response_cache_hit_rate": D("0.3")}
    assert served(AGGRESSIVE, **cached) == [
        "input grows by 50% (aggressive), at the price of plain input",
        "nothing is cached (aggressive)",
    ]
    growing = Scenario(name="base", context_growth=D("0.3"))
    (said,) = served(growing, turns_per_session=D(2), tokens_per_turn=D(5))
    assert "grows" not in said  # a history is modelled: nothing stands in for it


def test_another_decimal_context_changes_no_figure():
    with localcontext(Context(prec=2)):
        assert served(cache_hit_rate=D("0.7654")) == [
            "76.54% of the requests read the cacheable prefix, the others do not"
        ]
