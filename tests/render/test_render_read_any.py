"""Whatever calls a run has, its file gives them back: blocks, pieces, counts, and the usage before it was settled."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Cost, Outcome, PricedCall, Product, Profile
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.storage import run_file
from pytest_llmcost.storage.run_report import report as read_back

COUNTS = st.integers(0, 2**53)
MAYBE = st.none() | COUNTS
TEXTS = st.text(max_size=6)
USAGES = st.builds(Usage, **{name: COUNTS if name in FIELDS[:2] else MAYBE for name in FIELDS})
PIECES = {
    name: tuple(Piece(f"{name}{number}", number) for number in range(len(name) - 1)) for name in ("a", "bb", "ccc")
}
STATED = st.integers(0, 10**12).map(lambda amount: Decimal(amount).scaleb(-12))
BLOCKS = st.builds(
    lambda segment, name, tokens: Block(segment, name, tokens, PIECES[name]),
    st.sampled_from(Segment),
    st.sampled_from(sorted(PIECES)),
    st.integers(0, 3),
)
PROFILES = st.builds(
    Profile,
    product=st.builds(Product, TEXTS, TEXTS, TEXTS, st.none() | TEXTS),
    usage=USAGES,
    usage_source=st.sampled_from(Provenance),
    input_tokens_upper=COUNTS,
    prompt=st.sampled_from(["x", "y"]),
    blocks=st.lists(BLOCKS, max_size=3).map(tuple),
    counted_tokens=COUNTS,
    reported_tokens=MAYBE,
    reported_for=MAYBE,
    output_limit=MAYBE,
)


@st.composite
def pairs(draw, call):
    """A call as it was recorded, and as it was priced: settled to another usage, or not."""
    recorded = replace(
        call,
        test=draw(st.none() | TEXTS),
        phase=draw(TEXTS),
        index=draw(st.integers(0, 10**6)),
        outcome=draw(st.sampled_from(Outcome)),
        call_site=draw(st.none() | TEXTS),
        profile=draw(PROFILES),
        note=draw(st.none() | TEXTS),
        replayed_by=draw(st.none() | TEXTS),
        counted_upper=draw(COUNTS),
        evaluation=draw(st.booleans()),
        stated_usd=draw(st.none() | STATED),
        tools_called=tuple(draw(st.lists(TEXTS, max_size=2))),
        stale_by=None,
    )
    usage = draw(st.none() | USAGES)
    if usage is None:
        return recorded, recorded
    settled = replace(recorded.profile, usage=usage, usage_source=Provenance.ADJUSTED, reported_for=draw(MAYBE))
    return recorded, replace(recorded, profile=settled, stale_by=draw(st.none() | st.integers(-9, 9)))


@given(data=st.data())
def test_calls_come_back_as_they_were_priced_and_as_they_were_recorded(kept_run, data):
    found = data.draw(st.lists(pairs(kept_run.calls[0].call), max_size=4))
    priced = tuple(PricedCall(call, data.draw(st.none() | TEXTS), Cost(None, "no price")) for _, call in found)
    run = replace(kept_run.run, calls=tuple(call for call, _ in found))
    report = replace(kept_run, calls=priced, run=run)
    text = "".join(chunks(report, {})).encode("utf-8")
    assert read_back(run_file.loads(text, source="llmcost.json")) == report
