"""What holds for the causes of any difference: the sum, both directions, any order, any names."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

from core_values import EXACT, PRICE, block, call, feature, profile, report, run, settings
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

from pytest_llmcost.core.assumptions import Assumptions
from pytest_llmcost.core.baseline import Baseline, Entry, Header
from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.causes import _side, _split, causes
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.core.production import PLAIN, Production
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.sample import Sample
from pytest_llmcost.core.scenario import MEASURED, Scenario
from pytest_llmcost.core.usage import Usage

LARGE, SMALL = Product("openai", "large"), Product("openai", "small")
TIERED = Product("acme", "large", service_tier="flex")
UNKNOWN = Product("acme", "secret")
PRODUCTS = [LARGE, SMALL, TIERED]

rates = st.lists(
    st.sampled_from([*map(Decimal, ("0", "0.000000017", "0.1", "2.50", "3.333333333", "999"))]), min_size=5, max_size=5
)
books = st.tuples(rates, rates, rates, st.sampled_from([1, 2_000, 10**9]))
counts = st.integers(0, 5_000)
part_counts = st.none() | st.sampled_from([0, 7, 500, 4_000])
blocks = st.builds(
    lambda segment, tokens: block(segment, tokens, f"{segment} of {tokens}"),
    st.sampled_from(list(Segment)),
    st.sampled_from([0, 3, 100, 1_000]),
)
usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    cache_read_tokens=part_counts,
    cache_write_tokens=part_counts,
    cache_write_1h_tokens=st.sampled_from([None, 0, 7]),
    reasoning_tokens=part_counts,
    input_audio_tokens=part_counts,
    image_count=st.sampled_from([None, 0, 2]),
)
scenarios = st.builds(
    Scenario,
    name=st.just("base"),
    traffic=st.sampled_from([Decimal(1), Decimal("0.3"), Decimal(0)]),
    context_growth=st.sampled_from([Decimal(0), Decimal("0.33")]),
    caching=st.booleans(),
)
requests = st.sampled_from([None, Fraction(0), Fraction(1, 3), Fraction(1_000_000)])
overheads = st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction("0.333333"), Fraction(3)])


def profiles(products):
    return st.builds(
        lambda product, usage, parts, prompt, reported: profile(
            product=product, usage=usage, blocks=tuple(parts), prompt=prompt, reported_tokens=reported
        ),
        st.sampled_from(products),
        usages,
        st.lists(blocks, max_size=4),
        st.sampled_from("pqr"),
        st.sampled_from([None, 10, 20]),
    )


def sides(products):
    weights = st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(0), Decimal("0.7")])
    one = st.tuples(weights, st.lists(profiles(products), min_size=1, max_size=3))
    return st.dictionaries(st.sampled_from("abcd"), one, max_size=4).map(
        lambda tests: [
            Sample(
                test=test,
                feature="chat",
                weight=weight,
                profiles=tuple(calls),
                sites=tuple(f"{test}.py:{n}" for n in range(len(calls))),
            )
            for test, (weight, calls) in tests.items()
        ]
    )


def port(book):
    """A price book whose rates double above some input tokens, with prices for cached and for spoken tokens."""
    *by_product, start = book
    known = dict(zip(PRODUCTS, by_product, strict=True))

    def price(product, usage):
        if product not in known:
            return Cost(None, "no price")
        plain, output, read, write, audio = known[product]
        usd = EXACT.multiply(plain, usage.input_tokens)
        for rate, tokens in (
            (output, usage.output_tokens),
            (EXACT.subtract(read, plain), usage.cache_read_tokens),
            (EXACT.subtract(write, plain), usage.cache_write_tokens),
            (audio, usage.input_audio_tokens),
        ):
            usd = EXACT.fma(rate, tokens or 0, usd)
        return Cost(EXACT.multiply(usd, 2 if usage.input_tokens > start else 1).scaleb(-6, EXACT), "as drawn")

    return price


productions = st.sampled_from(
    [
        PLAIN,
        PLAIN,
        Production(turns_per_session=Decimal("3.5")),
        Production(turns_per_session=Decimal(4), history_turns=2, cache_hit_rate=Decimal("0.8")),
        Production(is_session=True, turns_per_session=Decimal(3), response_cache_hit_rate=Decimal("0.34")),
        Production(routes=(("large", Decimal("0.5")),), fallback=("large", Decimal("0.1")), cache_hit_rate=Decimal(1)),
    ]
)


def declared(scenario, per_month, share, production, price):
    known = {} if per_month is None else {"chat": per_month}
    return Assumptions(scenario=scenario, requests=known, price=price, overheads=share, production={"chat": production})


worlds = st.builds(
    lambda book, old, new: (declared(*old, port(book)), declared(*new, port(book))),
    books,
    st.tuples(scenarios, requests, overheads, productions),
    st.tuples(scenarios, requests, overheads, productions),
)
any_side = sides([*PRODUCTS, UNKNOWN])
priced_side = sides(PRODUCTS)


def month(samples, assumptions):
    """What the report says of one side; 0 for a side that has nothing to project."""
    return assumptions.months({"chat": samples}).get("chat", ZERO)


def split(base, head, then, now):
    return causes("chat", base, head, then, now)


@checked(max_examples=200)
@given(any_side, any_side, worlds)
def test_the_causes_of_any_difference_add_up_to_it_exactly(base, head, world):
    before, after = month(base, world[0]), month(head, world[1])
    found = split(base, head, *world)
    if before is None or after is None:
        assert found == ()
    else:
        assert sum((Fraction(one.monthly_usd) for one in found), Fraction(0)) == Fraction(after) - Fraction(before)


@given(priced_side, priced_side, worlds)
def test_before_rounding_the_parts_are_exact(base, head, world):
    """So that what rounding leaves, which goes to the largest, is no more than that."""
    then, now = (replace(one, requests={"chat": Fraction(7, 3), **one.requests}) for one in world)
    with localcontext(CONTEXT):
        parts = _split(_side("chat", base, then), _side("chat", head, now))
        amounts = [line.usd for line in parts.ledger.lines.values()]
    assert sum(amounts, Fraction(0)) == parts.after - parts.before


@given(priced_side, priced_side, worlds, overheads)
def test_equal_overheads_make_every_part_larger_by_the_same_share(base, head, world, share):
    def parts(overhead):
        then, now = (
            replace(one, requests={"chat": Fraction(7, 3), **one.requests}, overheads=overhead) for one in world
        )
        with localcontext(CONTEXT):
            found = _split(_side("chat", base, then), _side("chat", head, now))
        return {key: line.usd for key, line in found.ledger.lines.items()}

    assert parts(share) == {key: usd * (1 + share) for key, usd in parts(Fraction(0)).items()}


@given(priced_side, worlds, overheads, overheads)
def test_overheads_that_alone_have_changed_are_the_whole_difference(side, world, before, after):
    then, now = replace(world[0], overheads=before), replace(world[0], overheads=after)
    found = split(side, side, then, now)
    assert [one.monthly_usd for one in found] == (
        [difference] if (difference := month(side, now) - month(side, then)) else []
    )
    assert {one.kind for one in found} <= {"overheads"}


def figures(found):
    return sorted((one.kind, str(one.before), str(one.after), one.monthly_usd) for one in found)


def turned(found):
    return sorted((one.kind, str(one.after), str(one.before), -one.monthly_usd) for one in found)


@checked(max_examples=200)
@given(priced_side, priced_side, worlds)
def test_swapping_the_sides_negates_every_cause(base, head, world):
    then, now = world
    assert figures(split(base, head, then, now)) == turned(split(head, base, now, then))


@given(priced_side, priced_side, worlds, st.randoms(use_true_random=False))
def test_the_order_of_samples_changes_nothing(base, head, world, chance):
    ordered = split(base, head, *world)
    chance.shuffle(base)
    chance.shuffle(head)
    assert split(base, head, *world) == ordered


@given(priced_side, worlds)
def test_the_largest_comes_first_and_none_is_nothing(head, world):
    amounts = [abs(one.monthly_usd) for one in split([], head, *world)]
    assert amounts == sorted(amounts, reverse=True)
    assert all(amounts)


@given(priced_side, worlds)
def test_a_side_differs_from_itself_by_nothing(side, world):
    assert split(side, side[::-1], world[0], world[0]) == ()


@given(priced_side, priced_side, worlds)
def test_without_a_change_of_declarations_or_tests_no_cause_names_them(base, head, world):
    common = {one.test for one in base} & {one.test for one in head}
    base, head = ([replace(one, weight=Decimal(1)) for one in side if one.test in common] for side in (base, head))
    kinds = {one.kind for one in split(base, head, world[0], world[0])}
    assert not kinds & {"traffic", "scenario", "overheads", "samples"}


@given(priced_side, priced_side, worlds)
def test_a_feature_that_one_side_does_not_declare_is_all_traffic(base, head, world):
    then, now = replace(world[0], requests={}), world[1]
    assert {one.kind for one in split(base, head, then, now)} <= {"traffic"}
    assert {one.kind for one in split(base, head, now, then)} <= {"traffic"}


def test_a_longer_question_makes_the_history_of_later_turns_longer():
    def asking(tokens):
        own = (block(Segment.SYSTEM, 1_000, "rules"), block(Segment.USER, tokens, f"{tokens}"))
        one = profile(1_000 + tokens, 100, blocks=own, prompt=f"{tokens}")
        return [Sample(test="a", feature="chat", weight=Decimal(1), profiles=(one,))]

    plain = Assumptions(scenario=MEASURED, requests={"chat": Fraction(1_000_000)}, price=PRICE)
    ten_turns = replace(plain, production={"chat": Production(turns_per_session=Decimal(10))})
    found = {one.kind: one for one in split(asking(100), asking(300), ten_turns, ten_turns)}
    # Each of ten turns asks 200 tokens more, and 0 + 1 + ... + 9 = 45 times a session sends them once again.
    assert (found["input.user"].monthly_usd, found["input.history"].monthly_usd) == (500, 2_250)
    assert (found["input.history"].before, found["input.history"].after) == ("100", "300")
    assert {one.kind for one in split(asking(100), asking(100), plain, ten_turns)} == {"scenario"}


QUESTIONS = [f"tests/test_q.py::test_{n}" for n in range(4)]
asked = st.dictionaries(st.sampled_from(QUESTIONS), st.lists(usages, min_size=1, max_size=2), max_size=4)


def question(test, usage, side):
    """A call whose question is its test's own, under a system prompt that is another one on each side."""
    own = (block(Segment.SYSTEM, 50, f"system {side}"), block(Segment.USER, 70, f"question of {test}"))
    return profile(usage=usage, blocks=own, prompt=f"{test} {side}", reported_tokens=None)


@given(asked, asked, st.sets(st.sampled_from(QUESTIONS)), st.booleans())
def test_renaming_tests_in_one_run_changes_nothing(before, after, moved, per_month):
    def compared(name):
        tests = {test: tuple(question(test, usage, 0) for usage in calls) for test, calls in before.items()}
        entries = {test: Entry(calls=calls, features=("chat",) * len(calls)) for test, calls in tests.items()}
        header = Header(requests_per_month={"chat": Decimal(9)} if per_month else {}, estimator="e1")
        calls = [call(question(test, usage, 1), test=name(test)) for test, all_ in after.items() for usage in all_]
        searched = frozenset({"tests/test_q.py", "tests/test_new.py"})
        chosen = settings(feature(requests=9 if per_month else None))
        return report(run(*calls, searched=searched), chosen, Baseline(header=header, tests=entries)).comparison

    def new_name(test):
        return f"tests/test_new.py::{test[-1]}" if test in moved else test

    same, other = compared(lambda test: test), compared(new_name)
    assert (other.before_usd, other.after_usd, other.gate_total()) == (
        same.before_usd,
        same.after_usd,
        same.gate_total(),
    )
    assert list(map(money, other.features)) == list(map(money, same.features))
    assert sorted(map(money, other.gate)) == sorted(map(money, same.gate))
    assert dict(other.renamed) == {test: new_name(test) for test in moved & before.keys() & after.keys()}
    assert other.removed == same.removed
    assert other.added == tuple(sorted(map(new_name, same.added)))


def money(change):
    told = sorted((one.kind, one.before, one.after, one.monthly_usd) for one in change.causes)
    return (change.before_usd, change.after_usd, told)
