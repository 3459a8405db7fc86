"""What if: levers on the calls of a report, and what each of them saves."""

from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import (
    GPT_4O,
    baseline,
    block,
    call,
    feature,
    profile,
    rates,
    report,
    run,
    settings,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Cost, Origin, Product
from pytest_llmcost.core.candidates import Model, others
from pytest_llmcost.core.compose import Book
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.usage import Provenance, Usage
from pytest_llmcost.core.whatif import Levers, usd, whatif

CHAT = frozenset({"chat"})
MINI = rates("0.25", "1")
FULL = rates("2.50", "10")


def price(product, usage):
    """A tenth for models that are mini; a quarter for a batch, of which others have none."""
    if product.service_tier == "batch":
        return Cost(None, "no batch price") if "dear" in product.model else MINI(product, usage)
    return MINI(product, usage) if "mini" in product.model else FULL(product, usage)


def what(of, chosen, price=price, **levers):
    book = Book(price=price, prices=Prices(source="book", version="1", as_of="2026-11-21"))
    return whatif(of, chosen, Levers(**{"features": CHAT, **levers}), book)


def months(found):
    return usd(found.before), usd(found.after)


def estimate(counted, **changes):
    """A call whose reply states no usage."""
    changes = {"usage_source": Provenance.SCALED, "reported_tokens": None, "reported_for": None} | changes
    return profile(counted, **changes)


def told(counted, reported):
    """A call whose reply states twice what we count, or what else is given."""
    one = profile(counted, prompt=f"prompt {counted}")
    return replace(one, usage=Usage(input_tokens=reported, output_tokens=100), reported_tokens=reported)


def test_estimates_of_a_report_are_not_scaled_once_more():
    known = {f"tests/old.py::{n}": [told(n, 2 * n)] for n in (100, 200, 300)}
    lent = replace(baseline(known), source="a file")
    stated = report(run(call(estimate(1_000)), gone=frozenset({"tests/old.py"})), settings(), lent)
    assert stated.calls[0].call.profile.usage.input_tokens == 2_000
    found = what(stated, settings(), kept=Decimal("0.5"))
    assert months(found) == (stated.scenarios["measured"].monthly_usd, Decimal(1_000_000) * Decimal("0.0035"))


def test_an_estimate_that_is_cut_is_not_learned_anew_from_the_other_calls_of_the_run():
    live = {"origin": Origin.LIVE}
    others = [call(told(n, 2 * n), test=f"tests/other.py::{n}", **live) for n in (100, 200, 300)]
    chosen = settings(feature(tests=("tests/test_chat.py",)))
    stated = report(run(call(estimate(1_000)), *others), chosen)
    assert stated.calls[0].call.profile.usage.input_tokens == 2_000
    assert months(what(stated, chosen, kept=Decimal("0.5")))[1] == Decimal(1_000_000) * Decimal("0.0035")


def test_a_reply_that_is_older_than_its_request_is_not_adjusted_once_more():
    then, now = profile(1_000), profile(1_500, usage=Usage(input_tokens=1_000, output_tokens=100))
    now = replace(now, reported_tokens=1_000, reported_for=1_500)
    stated = report(run(call(now)), settings(), baseline({"tests/test_chat.py::test_a": [then]}))
    assert stated.calls[0].call.profile.usage.input_tokens == 1_500
    found = what(stated, settings())
    assert months(found) == (stated.scenarios["measured"].monthly_usd,) * 2


def test_calls_that_are_no_chat_go_where_they_went():
    search = profile(1_000, 0, product=Product("openai", "embedder", "embeddings"))
    served = Production(routes=(("mini", Decimal(1)),), fallback=("mini", Decimal(1)))
    meter = Meter(price, production=served)
    assert {term.product.model for term in meter.terms(search.product, search.usage)} == {"embedder"}
    assert {term.product.model for term in meter.terms(GPT_4O, search.usage)} == {"mini"}


def test_levers_have_one_order_and_those_that_are_none_no_saving_alone():
    of = report(run(call(profile(1_000))))
    found = what(
        of,
        settings(),
        traffic=Decimal(2),
        kept=Decimal("0.9"),
        max_output=50,
        production={
            "turns_per_session": Decimal(10),
            "history_turns": 2,
            "cache_hit_rate": Decimal("0.5"),
            "batch": True,
            "routes": (("mini", Decimal("0.5")),),
            "fallback": ("gpt-4o", Decimal("0.1")),
            "response_cache_hit_rate": Decimal("0.3"),
        },
    )
    names = [one.name for one in found.levers]
    assert names == [
        "traffic", "conversation", "shorter prompt", "output limit", "shorter history", "prefix cache", "batch",
        "routing", "fallback", "response cache",
    ]  # fmt: skip
    assert [one.name for one in found.levers if one.alone_usd is None] == ["traffic", "conversation"]
    before, after = months(found)
    assert sum(one.usd for one in found.levers) == after - before


def test_a_shorter_history_alone_is_measured_on_the_session_that_was_asked_for():
    of = report(run(call(profile(1_000))))
    session = {"turns_per_session": Decimal(10), "tokens_per_turn": Decimal(200), "history_turns": 2}
    found = what(of, settings(), max_output=50, production=session)
    shorter = found.levers[2]
    assert shorter.name == "shorter history"
    assert shorter.alone_usd == shorter.usd < 0


def test_a_feature_that_is_a_session_keeps_its_length():
    chosen = settings(feature(production=Production(is_session=True, turns_per_session=Decimal(4))))
    found = what(report(run(call(profile(1_000))), chosen), chosen, production={"turns_per_session": Decimal(9)})
    assert months(found)[0] == months(found)[1]


def test_only_the_features_that_are_named_are_changed():
    chosen = settings(feature(), feature("other", tests=("tests/test_chat.py::test_b",)))
    of = report(run(call(profile(1_000)), call(profile(1_000), test="tests/test_chat.py::test_b")), chosen)
    found = what(of, chosen, kept=Decimal(0), max_output=0, traffic=Decimal(3), production={"batch": True})
    mine, other = found.after.features
    assert (mine.monthly_usd["measured"], other.monthly_usd) == (0, found.before.features[1].monthly_usd)


def test_only_months_that_are_asked_for_are_unfolded():
    chosen = settings(feature(), feature("other", tests=("tests/test_chat.py::test_b",)))
    of = report(run(call(profile(1_000)), call(profile(1_000), test="tests/test_chat.py::test_b")), chosen)
    book = Book(price=price, prices=Prices(source="book", version="1", as_of="2026-11-21"))
    found = whatif(of, chosen, Levers(features=CHAT, production={"batch": True}), book, ["chat"])
    assert [bool(one.bought) for one in found.after.features] == [True, False]
    assert [bool(one.bought) for one in found.before.features] == [False, False]


def test_the_month_between_two_levers_is_the_one_that_a_report_states():
    """Also of a feature without traffic, of one without samples, and of a model without a price."""
    unknown = profile(1_000, product=Product("openai", "dear"))
    none = feature("none", tests=("tests/test_none.py",))
    quiet = feature("quiet", None, tests=("tests/test_quiet.py",))
    chosen = settings(
        feature(tests=("tests/test_chat.py",)),
        none,
        quiet,
        overheads={"retries": Decimal("0.333")},
        fixed_monthly_usd={"db": Decimal(3)},
    )
    of = report(run(call(profile(1_000)), call(unknown, test="tests/test_quiet.py::test_a")), chosen)
    found = what(of, chosen, kept=Decimal("0.7"), production={"batch": True})
    before, after = months(found)
    assert before == of.scenarios["measured"].monthly_usd
    assert before + sum(one.usd for one in found.levers) == after
    dear = report(run(call(unknown)), settings())
    lost = what(dear, settings(), production={"batch": True})
    assert (usd(lost.after), lost.levers[0].usd) == (None, None)


RATES = st.decimals(0, 1, places=3)


@given(
    tokens=st.tuples(st.integers(1, 5_000), st.integers(0, 900)),
    kept=RATES,
    limit=st.integers(1, 1_000),
    answered=RATES,
    routed=RATES,
)
def test_no_lever_but_the_prefix_cache_makes_a_month_dearer(tokens, kept, limit, answered, routed):
    production = {
        "batch": True,
        "routes": (("mini", routed),),
        "response_cache_hit_rate": answered,
        "history_turns": 2,
        "turns_per_session": Decimal(5),
    }
    of = report(run(call(profile(*tokens))))
    found = what(of, settings(), kept=kept, max_output=limit, production=production)
    levers = [one for one in found.levers if one.alone_usd is not None]
    assert all(one.usd <= 0 and one.alone_usd <= 0 for one in levers)
    before, after = months(found)
    assert before + sum(one.usd for one in found.levers) == after >= 0


TOOLS = block(Segment.TOOLS, 100, "tool")
MEDIA = block(Segment.MEDIA, 100, "media")


def candidate(one, model, **levers):
    of = report(run(call(one)))
    (found,) = others(what(of, settings(), **levers), price, [model]).candidates
    return found


ABLE = {"tools": True, "images": True, "audio": True}


@pytest.mark.parametrize(
    ("changes", "ability"),
    [
        ({"blocks": (TOOLS,)}, "tools"),
        ({"blocks": (MEDIA,)}, "images"),
        ({"blocks": (MEDIA,), "usage": Usage(input_tokens=1_000, output_tokens=100, input_audio_tokens=9)}, "audio"),
    ],
)
def test_what_calls_need_a_candidate_must_be_known_to_do(changes, ability):
    model = Model(provider="o", model="mini", input_tokens=9_999, abilities=ABLE)
    assert candidate(profile(1_000, **changes), model).is_offered
    other = candidate(profile(1_000, **changes), replace(model, abilities=ABLE | {ability: False}))
    assert (other.is_offered, other.lacks, other.unknown) == (False, (f"no {ability}",), ())
    rest = {name: True for name in ABLE if name != ability}
    unknown = candidate(profile(1_000, **changes), replace(model, abilities=rest))
    assert (unknown.is_offered, unknown.lacks, unknown.unknown) == (False, (), (ability,))


def test_the_largest_call_of_a_session_must_fit_with_its_answer():
    model = Model(provider="o", model="mini", input_tokens=2_900, output_tokens=100)
    session = {"turns_per_session": Decimal(10), "tokens_per_turn": Decimal(200)}
    assert candidate(profile(1_000), model).is_offered
    assert candidate(profile(1_000), model, production=session | {"turns_per_session": Decimal(10)}).is_offered
    longer = candidate(profile(1_000), model, production=session | {"turns_per_session": Decimal(11)})
    assert longer.lacks == ("holds 2,900 tokens, and the largest call has 3,100",)
    assert candidate(profile(1_000, 101), model).lacks == ("writes 100 tokens, and the longest answer has 101",)


def test_a_candidate_without_a_batch_price_lacks_it():
    model = Model(provider="o", model="dear", input_tokens=9_999)
    found = candidate(profile(1_000), model, production={"batch": True})
    assert (found.monthly_usd, found.lacks) == (None, ("no batch price",))
    assert candidate(profile(1_000), model).is_offered


def test_candidates_take_the_place_of_routes_and_cost_the_month_of_everything():
    one = Model(provider="openai", model="mini", input_tokens=9_999)
    declared = feature(production=Production(routes=(("gpt-4o", Decimal("0.5")),)))
    chosen = settings(declared, overheads={"retries": Decimal("0.5")})
    found = what(
        report(run(call(profile(1_000)))),
        chosen,
        production={"routes": (("dear", Decimal("0.9")),), "response_cache_hit_rate": Decimal("0.5")},
    )
    (mini,) = others(found, price, [one]).candidates
    assert mini.monthly_usd == usd(found.before) / 10 / 2


def test_who_answers_already_and_runs_without_chats_have_no_candidate():
    present = Model(provider="openai", model="gpt-4o", input_tokens=9_999)
    of = report(run(call(profile(1_000, product=Product("openai", "gpt-4o-2024-08-06")))))
    assert others(what(of, settings()), price, [present]).candidates == ()
    search = report(run(call(profile(1_000, product=Product("openai", "embedder", "embeddings")))))
    assert others(what(search, settings()), price, [replace(present, model="mini")]).candidates == ()
