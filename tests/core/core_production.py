"""Any production of any samples under any scenario, for properties, and a price book that tells models apart."""

from decimal import Decimal

from core_values import profile, rates, sample_of
from hypothesis import strategies as st

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.production import Production, SideCall, Summary, Tier
from pytest_llmcost.core.scenario import Scenario

D = Decimal

shares = st.decimals(min_value=0, max_value=1, places=3)
tokens = st.integers(0, 20_000)
sides = st.builds(SideCall, model=st.just("m"), input_tokens=st.none() | st.just(D(300)), output_tokens=st.just(D(5)))
tiers = st.builds(
    Tier,
    name=st.just("free"),
    share=shares,
    sessions_per_user=st.decimals(min_value=1, max_value=9, places=1),
    turns_per_session=st.decimals(min_value=1, max_value=9, places=1),
)
productions = st.builds(
    Production,
    is_session=st.booleans(),
    turns_per_session=st.decimals(min_value=1, max_value=12, places=1),
    tiers=st.lists(tiers, max_size=2).map(tuple),
    tokens_per_turn=st.none() | st.decimals(min_value=0, max_value=900, places=1),
    user_tokens=st.decimals(min_value=0, max_value=500, places=1),
    history_turns=st.none() | st.integers(1, 9),
    history_tokens=st.none() | st.integers(1, 5_000),
    summary=st.none() | st.builds(Summary, model=st.just("m"), tokens=st.just(D(150))),
    cache_hit_rate=st.none() | shares,
    response_cache_hit_rate=shares,
    response_cache_lookup=st.none() | sides,
    batch=st.booleans(),
    routes=st.just(()) | shares.map(lambda share: (("m", share),)),
    router=st.none() | sides,
    fallback=st.none() | shares.map(lambda share: ("m", share)),
)
scenarios = st.builds(
    Scenario,
    name=st.just("any"),
    traffic=st.decimals(min_value=0, max_value=20, places=2),
    context_growth=shares,
    caching=st.booleans(),
)
profiles = st.builds(profile, st.integers(1, 20_000), tokens)
weights = st.decimals(min_value="0.1", max_value=9, places=1)
samples = st.lists(
    st.builds(
        lambda calls, weight: sample_of(*calls, weight=weight), st.lists(profiles, min_size=1, max_size=3), weights
    ),
    min_size=1,
    max_size=4,
)


def by_model(product, usage):
    """One price for gpt-4o, half of it in a batch, and a tenth for all others."""
    price = rates("2.50", "10", read="1.25", write="3") if product.model == "gpt-4o" else rates("0.25", "1")
    usd = price(product, usage).usd
    return Cost(usd / 2 if product.service_tier == "batch" else usd, "as stated")
