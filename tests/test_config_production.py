"""What `[tool.llmcost.features.<name>]` says about production: what it becomes, and what cannot be."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import jsonschema
import pytest
import tomli
from test_config_load import settings_of
from test_config_problems import CHAT, Bad, problems_of

from pytest_llmcost.config import schema
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.production import PLAIN, Production, SideCall, Summary, Tier
from pytest_llmcost.core.traffic import Traffic

if TYPE_CHECKING:
    from pytest_llmcost.core.settings import Feature

USERS = "monthly_users = 100, sessions_per_user = 2.5"


def chat(keys: str) -> Feature:
    (feature,) = settings_of(f"features.chat = {{ {keys} }}").features
    return feature


def test_every_key_of_production_has_its_place() -> None:
    assert chat(
        """
        requests_per_month = 1000, turns_per_session = 10.5, tokens_per_turn = 200, history_turns = 8,
        history_tokens = 900,
        history_summary = { model = "gpt-4o-mini", tokens = 150 }, cache_hit_rate = 0.8, response_cache_hit_rate = 0.34,
        response_cache_lookup = { model = "text-embedding-3-small", input_tokens = 50 }, batch = true,
        routing = { "gpt-4o-mini" = 0.7, "gpt-4.1" = 0.1, "o3" = 0 },
        router = { model = "gpt-4o-mini", input_tokens = 300, output_tokens = 5 },
        fallback = { model = "gpt-4o", share = 0.05 },
    """.replace("\n", " ")
        .strip()
        .removesuffix(",")
    ).production == Production(
        turns_per_session=Decimal("10.5"),
        tokens_per_turn=Decimal(200),
        history_turns=8,
        history_tokens=900,
        summary=Summary(model="gpt-4o-mini", tokens=Decimal(150)),
        cache_hit_rate=Decimal("0.8"),
        response_cache_hit_rate=Decimal("0.34"),
        response_cache_lookup=SideCall(model="text-embedding-3-small", input_tokens=Decimal(50)),
        batch=True,
        routes=(("gpt-4o-mini", Decimal("0.7")), ("gpt-4.1", Decimal("0.1"))),
        router=SideCall(model="gpt-4o-mini", input_tokens=Decimal(300), output_tokens=Decimal(5)),
        fallback=("gpt-4o", Decimal("0.05")),
    )


def test_what_a_lever_reads_may_be_left_to_the_tests() -> None:
    served = chat("response_cache_hit_rate = 0.5, response_cache_lookup = { model = 'e' }").production
    assert served.response_cache_lookup == SideCall(model="e", input_tokens=None)


def test_a_sample_may_be_a_whole_session() -> None:
    served = chat(f'sample = "session", {USERS}, turns_per_session = 4').production
    assert served == Production(is_session=True, turns_per_session=Decimal(4))
    assert not served.grows


@pytest.mark.parametrize(
    "keys",
    [
        USERS,
        "requests_per_month = 5",
        f'{USERS}, turns_per_session = 1, sample = "request", batch = false, response_cache_hit_rate = 0',
        "routing = { o3 = 0 }, fallback = { model = 'o3', share = 0 }",
    ],
)
def test_what_differs_in_nothing_is_plain(keys: str) -> None:
    assert chat(keys).production == PLAIN


def test_turns_of_users_grow_the_history_though_nothing_else_is_said() -> None:
    feature = chat(f"{USERS}, turns_per_session = 4")
    assert feature.production == Production(turns_per_session=Decimal(4))
    assert feature.production.grows
    assert feature.traffic is not None
    assert feature.traffic.monthly(Decimal(30)) == 1000


def test_tiers_are_kinds_of_users_with_sessions_of_their_own() -> None:
    feature = chat(
        """monthly_users = 1000, history_turns = 12, tiers = {
        free = { share = 0.9, sessions_per_user = 2, turns_per_session = 3 },
        pro = { share = 0.08, sessions_per_user = 20, turns_per_session = 12, revenue_per_user = 20 },
        idle = { share = 0.02, sessions_per_user = 0.5 }
    }""".replace("\n", " ")
    )
    tiers = (
        Tier(name="free", share=Decimal("0.9"), sessions_per_user=Decimal(2), turns_per_session=Decimal(3)),
        Tier(
            name="pro",
            share=Decimal("0.08"),
            sessions_per_user=Decimal(20),
            turns_per_session=Decimal(12),
            revenue_per_user=Decimal(20),
        ),
        Tier(name="idle", share=Decimal("0.02"), sessions_per_user=Decimal("0.5")),
    )
    assert feature.production == Production(tiers=tiers, history_turns=12)
    assert feature.traffic == Traffic(monthly_users=Decimal(1000), tiers=tiers)
    assert feature.traffic.monthly(Decimal(30)) == 900 * 2 * 3 + 80 * 20 * 12 + 20 // 2
    # The same requests, whoever adds them up.
    assert feature.production.requests * 1000 == feature.traffic.monthly(Decimal(30))


def test_a_declared_production_is_what_calls_are_metered_with() -> None:
    assert Meter(lambda *_: None, production=chat("turns_per_session = 4").production).requests == 4  # type: ignore[arg-type, return-value]


NEEDS_TURNS = "needs turns_per_session above 1: a first turn has no history"
ROUTING, TIERS = (f"[tool.llmcost.features.chat.{key}]" for key in ("routing", "tiers"))
BAD = [
    Bad("cache_hit_rate = 1.3", f"{CHAT} cache_hit_rate must be a number from 0 to 1, got 1.3"),
    Bad("turns_per_session = 1001", f"{CHAT} turns_per_session must be a number from 1 to 1000, got 1001"),
    Bad(
        "turns_per_session = 2, tokens_per_turn = -1",
        f"{CHAT} tokens_per_turn must be a number above or equal to 0, got -1",
    ),
    Bad("tokens_per_turn = 200", f"{CHAT} tokens_per_turn {NEEDS_TURNS}"),
    Bad("tokens_per_turn = 200, turns_per_session = 1", f"{CHAT} tokens_per_turn {NEEDS_TURNS}"),
    Bad("history_turns = 0", f"{CHAT} history_turns {NEEDS_TURNS}"),
    Bad("history_tokens = 0", f"{CHAT} history_tokens {NEEDS_TURNS}"),
    Bad(
        "history_tokens = 5, monthly_users = 1, tiers = { all = { share = 1, sessions_per_user = 1 } }",
        f"{CHAT} history_tokens {NEEDS_TURNS}",
        schema_says_so=False,
    ),
    Bad(
        'sample = "session"',
        f'{CHAT} sample = "session" needs turns_per_session: how many requests one session is',
        schema_says_so=False,
    ),
    Bad(
        'sample = "session", turns_per_session = 4, history_turns = 2',
        f'{CHAT} history_turns has no meaning with sample = "session": its tests show the history',
    ),
    Bad(
        'sample = "session", turns_per_session = 4, tokens_per_turn = 2',
        f'{CHAT} tokens_per_turn has no meaning with sample = "session": its tests show the history',
    ),
    Bad(
        "turns_per_session = 9, tokens_per_turn = 0, history_turns = 3",
        f"{CHAT} history_turns has no meaning with tokens_per_turn = 0: no turn adds to the history",
        schema_says_so=False,
    ),
    Bad(
        "turns_per_session = 9, history_summary = { model = 'm', tokens = 1 }",
        f"{CHAT} history_summary needs history_turns: it stands in for the turns that these drop",
    ),
    Bad(
        "turns_per_session = 9, history_turns = 3, history_summary = { model = 'm' }",
        "[tool.llmcost.features.chat.history_summary] tokens is missing; it must be a number above or equal to 0",
    ),
    Bad(
        "turns_per_session = 9, history_turns = 3, history_summary = 3",
        f'{CHAT} history_summary must be a table such as {{ model = "gpt-4o-mini", tokens = 150 }}, got 3',
    ),
    Bad(
        "monthly_users = 1, history_turns = 4, "
        "tiers = { a = { share = 0.5, sessions_per_user = 1 }, "
        "b = { share = 0.5, sessions_per_user = 1, turns_per_session = 3 } }",
        f"{CHAT} history_turns (4) must not be longer than the longest session of a tier (3)",
        schema_says_so=False,
    ),
    Bad(
        "response_cache_lookup = { model = 'm' }",
        f"{CHAT} response_cache_lookup needs response_cache_hit_rate: it is the price of looking into that cache",
    ),
    Bad("router = { model = 'm' }", f"{CHAT} router needs routing: it chooses among these routes"),
    Bad(
        "routing = {}, router = { model = 'm' }",
        f"{CHAT} router needs routing: it chooses among these routes",
        schema_says_so=False,
    ),
    Bad(
        "routing = { a = 0.7, b = 0.31 }",
        f"{ROUTING} the shares of routing add up to 1.01, more than 1",
        schema_says_so=False,
    ),
    Bad("routing = { a = 1.1 }", f"{ROUTING} a must be a number from 0 to 1, got 1.1", schema_says_so=True),
    Bad("routing = { ' ' = 1 }", f"{ROUTING} the name of a model must not be empty"),
    Bad(
        "monthly_users = 1, tiers = { a = { share = 0.5, sessions_per_user = 1 } }",
        f"{TIERS} the shares of the tiers add up to 0.5, not to 1",
        schema_says_so=False,
    ),
    Bad(
        "monthly_users = 1, tiers = {}",
        f"{TIERS} the shares of the tiers add up to 0, not to 1",
        schema_says_so=False,
    ),
    Bad(
        "tiers = { a = { share = 1, sessions_per_user = 1 } }",
        f"{CHAT} tiers needs monthly_users: each tier is a share of them",
    ),
    Bad(
        "monthly_users = 1, sessions_per_user = 1, tiers = { a = { share = 1, sessions_per_user = 1 } }",
        f"{CHAT} sessions_per_user and tiers exclude each other: each tier has its own",
    ),
    Bad(
        "monthly_users = 1, turns_per_session = 1, tiers = { a = { share = 1, sessions_per_user = 1 } }",
        f"{CHAT} turns_per_session and tiers exclude each other: each tier has its own",
    ),
    Bad(
        "monthly_users = 1, tiers = 3",
        f"{CHAT} tiers must be a table, got 3",
    ),
    Bad(
        "fallback = { model = 'm', share = 2 }",
        "[tool.llmcost.features.chat.fallback] share must be a number from 0 to 1, got 2",
    ),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.toml[:60])
def test_nonsense_gets_its_one_line(bad: Bad) -> None:
    assert problems_of(f"features.chat = {{ {bad.toml} }}") == (f"pyproject.toml: {bad.line}",)


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad.schema_says_so], ids=lambda bad: bad.toml[:60])
def test_the_schema_refuses_it_too(bad: Bad) -> None:
    table = json.loads(json.dumps(tomli.loads(f"features.chat = {{ {bad.toml} }}")))
    assert not jsonschema.Draft202012Validator(schema()).is_valid(table)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e999999", "0x" + "f" * 99, "true", "'x'", "[]", "{}"])
@pytest.mark.parametrize("key", ["history_turns", "turns_per_session", "routing.m", "tiers.a.share"])
def test_a_number_that_is_none_is_told_once(key: str, value: str) -> None:
    others = "" if key == "turns_per_session" or key.startswith("tiers") else "turns_per_session = 5\n"
    users = "monthly_users = 1\ntiers.a.sessions_per_user = 1\n" if key.startswith("tiers") else ""
    (problem,) = problems_of(f"[features.chat]\n{others}{users}{key} = {value}")
    assert " must be " in problem
