"""What each kind of users costs."""

from dataclasses import replace
from decimal import Decimal

from core_values import PRICE, call, feature, profile, report, run, settings, unpriced
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.production import Production, Tier
from pytest_llmcost.core.traffic import Traffic

FREE = Tier(name="free", share=Decimal("0.9"), sessions_per_user=Decimal(2), turns_per_session=Decimal(3))
PRO = Tier(
    name="pro",
    share=Decimal("0.1"),
    sessions_per_user=Decimal(20),
    turns_per_session=Decimal(12),
    revenue_per_user=Decimal(20),
)


def chat(*tiers, users=1_000, price=PRICE, **changes):
    production = Production(tiers=tiers, tokens_per_turn=Decimal(200), **changes)
    one = replace(feature(production=production), traffic=Traffic(monthly_users=Decimal(users), tiers=tiers))
    return report(run(call(profile(2_000, 300))), settings(one), price=price).features[0]


def test_each_kind_of_users_has_its_sessions_and_its_share_of_revenue():
    free, pro = chat(FREE, PRO).tiers
    # Three turns: 3 x 2,000 + 200 x (0 + 1 + 2) tokens in at $2.50, 3 x 300 out at $10 per million.
    assert free.units.per_session == (Decimal(6_600) * Decimal("2.5") + 900 * 10) / 10**6
    assert free.units.per_user == 2 * free.units.per_session
    assert free.monthly_usd == 900 * free.units.per_user
    assert (free.units.share_of_revenue, pro.units.share_of_revenue) == (None, pro.units.per_user / 20)


def test_the_formula_names_each_kind():
    assert chat(FREE, PRO).how[0] == (
        "1,000 users x (90% free x 2 sessions x 3 turns + 10% pro x 20 sessions x 12 turns) = 29,400 requests a month"
    )


@given(st.integers(0, 10**6), st.decimals("0.01", "0.99", places=2), st.integers(1, 30), st.integers(1, 30))
def test_the_months_of_all_kinds_add_up(users, share, short, long):
    kinds = (
        replace(FREE, share=share, turns_per_session=Decimal(short)),
        replace(PRO, share=1 - share, turns_per_session=Decimal(long)),
    )
    found = chat(*kinds, users=users, cache_hit_rate=Decimal("0.5"))
    assert abs(sum(tier.monthly_usd for tier in found.tiers) - found.monthly_usd["measured"]) <= Decimal("2e-12")


def test_without_a_price_a_kind_has_no_cost():
    assert [tier.monthly_usd for tier in chat(FREE, PRO, price=unpriced).tiers] == [None, None]
