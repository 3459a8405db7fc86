"""Each change of code or of a declaration, and the one cause that it must be called."""

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import GPT_4O, OTHER, TEST, baseline, block, call, feature, profile, rates, report, run, settings

from pytest_llmcost.core.baseline import Header
from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.production import PLAIN, Production
from pytest_llmcost.core.prompt import Piece, Segment
from pytest_llmcost.core.scenario import MEASURED, Scenario
from pytest_llmcost.core.usage import Usage

PRICE = rates("2.50", "10", read="1.25")
MINI = Product("openai", "gpt-4o-mini")
SITE = "src/app.py:7"


def text(name, segment, tokens, pieces=()):
    return replace(block(segment, tokens, name), pieces=tuple(Piece(one, 10) for one in pieces))


SYSTEM = text("system", Segment.SYSTEM, 500, "abc")
TOOL = text("tool", Segment.TOOLS, 100)
USER = text("question", Segment.USER, 200)
TURNS = tuple(text(f"turn {n}", Segment.HISTORY, 50) for n in range(4))


def asked(*blocks, output=100, read=None, product=GPT_4O):
    """A call whose reported input is what its blocks count."""
    tokens = sum(one.tokens for one in blocks)
    usage = Usage(input_tokens=tokens, output_tokens=output, cache_read_tokens=read)
    prompt = " ".join(one.fingerprint for one in blocks)
    return profile(tokens, output, usage=usage, product=product, blocks=blocks, prompt=prompt, counted_tokens=tokens)


BEFORE = asked(SYSTEM, TOOL, USER)


def change(before, after, chosen=None, known_requests=1_000_000, price=PRICE):
    """The one change of a run of tests, each with its calls, against a baseline of tests."""
    calls = [
        call(one, test=test, index=n, call_site=f"src/app.py:{7 + n}")
        for test, those in after.items()
        for n, one in enumerate(those)
    ]
    files = frozenset({TEST.partition("::")[0]})
    of = run(*calls, searched=files)
    (found,) = report(of, chosen or settings(), baseline(before, known_requests), price).comparison.features
    return found


def of_one(before, after):
    """The causes of a test's one call that became another."""
    return change({TEST: [before]}, {TEST: [after]}).causes


def short(causes):
    return [(str(one.kind), one.monthly_usd) for one in causes]


def test_a_longer_system_prompt_is_that_and_nothing_else():
    longer = text("longer", Segment.SYSTEM, 1_000, "abxc")
    assert of_one(BEFORE, asked(longer, TOOL, USER)) == (
        Cause(
            kind=Kind.SYSTEM,
            subject="system",
            before="500",
            after="1000",
            monthly_usd=Decimal(1_250),
            location=SITE,
            test=TEST,
            detail="block 3 of 4 is new",
        ),
    )


def test_a_tool_added_is_told_by_its_number():
    second = text("second tool", Segment.TOOLS, 40)
    (cause,) = of_one(BEFORE, asked(SYSTEM, TOOL, second, USER))
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("input.tools", "100", "140", 100)
    assert cause.detail == "tool 2 of 2 is new"


def test_another_model_is_named_with_the_one_before():
    def price(product, usage):
        return (rates("0.15", "0.60") if product == MINI else PRICE)(product, usage)

    (cause,) = change({TEST: [replace(BEFORE, product=MINI)]}, {TEST: [BEFORE]}, price=price).causes
    assert (cause.kind, cause.subject) == ("model", "gpt-4o-mini -> gpt-4o")
    assert (cause.before, cause.after) == ("gpt-4o-mini", "gpt-4o")
    assert cause.monthly_usd == 3_000 - 180


@pytest.mark.parametrize(
    ("other", "subject"),
    [
        (Product("azure", "gpt-4o"), "openai/gpt-4o -> azure/gpt-4o"),
        (replace(GPT_4O, service_tier="flex"), "gpt-4o, standard tier -> gpt-4o, flex tier"),
    ],
)
def test_another_provider_or_tier_is_named_where_the_model_is_the_same(other, subject):
    def price(product, usage):
        return rates("5" if product == other else "2.50", "10")(product, usage)

    (cause,) = change({TEST: [BEFORE]}, {TEST: [replace(BEFORE, product=other)]}, price=price).causes
    assert (cause.kind, cause.subject) == ("model", subject)


def test_each_pair_of_models_is_a_cause_of_its_own():
    other = Product("openai", "gpt-4.1")
    before = [replace(BEFORE, prompt="a"), replace(BEFORE, prompt="b")]
    after = [replace(before[0], product=MINI), replace(before[1], product=other)]

    def price(product, usage):
        return {MINI: rates("0.15", "0.60"), other: rates("2", "8")}.get(product, PRICE)(product, usage)

    causes = change({TEST: before}, {TEST: after}, price=price).causes
    assert [(one.subject, one.monthly_usd) for one in causes] == [
        ("gpt-4o -> gpt-4o-mini", -2_820),
        ("gpt-4o -> gpt-4.1", -600),
    ]


def test_a_loop_around_a_call_is_calls_per_request():
    (cause,) = change({TEST: [BEFORE]}, {TEST: [BEFORE, BEFORE, BEFORE]}).causes
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("calls", "1", "3", 6_000)
    assert (cause.location, cause.test) == ("src/app.py:8", TEST)


def test_a_call_that_is_gone_has_no_location_any_more():
    (cause,) = change({TEST: [BEFORE, asked(USER)]}, {TEST: [BEFORE]}).causes
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("calls", "2", "1", -1_500)
    assert (cause.location, cause.test) == (None, TEST)


def test_calls_per_request_are_a_mean_over_the_tests_on_both_sides():
    before = {TEST: [BEFORE], OTHER: [BEFORE]}
    (cause,) = change(before, {TEST: [BEFORE], OTHER: [BEFORE, BEFORE]}).causes
    assert (cause.before, cause.after, cause.test, cause.monthly_usd) == ("1", "1.5", OTHER, 1_500)


def test_more_traffic_is_traffic():
    (cause,) = change({TEST: [BEFORE]}, {TEST: [BEFORE]}, settings(feature(requests=2_000_000))).causes
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("traffic", "1000000", "2000000", 3_000)
    assert (cause.subject, cause.location, cause.test) == ("chat", None, None)


def test_traffic_and_a_longer_prompt_share_what_they_cost_together():
    longer = asked(text("longer", Segment.SYSTEM, 900), TOOL, USER)
    causes = change({TEST: [BEFORE]}, {TEST: [longer]}, settings(feature(requests=2_000_000))).causes
    # A request: 0.003 -> 0.004. Traffic: +1,000,000 x the mean of both; the prompt: +0.001 x the mean of both.
    assert short(causes) == [("traffic", 3_500), ("input.system", 1_500)]


def test_a_test_added_is_a_cause_of_its_own():
    dear = asked(SYSTEM, text("long question", Segment.USER, 3_500))
    (cause,) = change({TEST: [BEFORE]}, {TEST: [BEFORE], OTHER: [dear]}).causes
    assert (cause.kind, cause.before, cause.after) == ("samples", "1", "2")
    assert cause.monthly_usd == (3_000 + 11_000) / 2 - 3_000
    assert (cause.test, cause.location) == (OTHER, SITE)


def test_another_weight_is_of_the_samples_too():
    dear = asked(SYSTEM, text("long question", Segment.USER, 3_500))
    of = baseline({TEST: [BEFORE], OTHER: [dear]})
    heavier = replace(of.tests[OTHER], weight=Decimal(3))
    known = replace(of, tests={**of.tests, OTHER: heavier})
    (found,) = report(run(call(BEFORE), call(dear, test=OTHER)), None, known, PRICE).comparison.features
    assert short(found.causes) == [("samples", 7_000 - (3_000 + 3 * 11_000) // 4)]


def test_a_history_window_removed_is_history():
    (cause,) = of_one(asked(SYSTEM, *TURNS[2:], USER), asked(SYSTEM, *TURNS, USER))
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("input.history", "100", "200", 250)
    assert cause.detail == "blocks 1 and 2 of 4 are new"


def test_a_lost_cache_is_the_cache():
    (cause,) = of_one(asked(SYSTEM, TOOL, USER, read=600), BEFORE)
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("cache", "0.75", "0", 750)


def test_longer_replies_are_output():
    (cause,) = of_one(BEFORE, asked(SYSTEM, TOOL, USER, output=250))
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("output", "100", "250", 1_500)


def test_prompts_that_were_shortened_and_lengthened_are_told_apart():
    after = asked(text("short", Segment.SYSTEM, 300), TOOL, text("long", Segment.USER, 1_000))
    assert short(of_one(BEFORE, after)) == [("input.user", 2_000), ("input.system", -500)]


def test_a_mixed_change_is_split_to_the_dollar():
    """A cheaper model, a longer prompt and longer replies at once, each by its mean over all orders."""

    def price(product, usage):
        return (rates("1", "4") if product == MINI else PRICE)(product, usage)

    after = asked(text("longer", Segment.SYSTEM, 1_300), TOOL, USER, output=400, product=MINI)
    causes = change({TEST: [BEFORE]}, {TEST: [after]}, price=price).causes
    # Input 800 -> 1,600 at 2.50 -> 1, output 100 -> 400 at 10 -> 4, in dollars per million requests.
    model = (1 - Decimal("2.5")) * 1_200 + (4 - 10) * 250
    assert short(causes) == [
        ("model", model),
        ("output", 300 * 7),
        ("input.system", 800 * Decimal("1.75")),
    ]
    assert sum(one.monthly_usd for one in causes) == 1_600 + 1_600 - 3_000


def test_a_cache_that_does_not_fit_a_shorter_prompt_is_cut_to_it():
    """800 tokens, all cached, become 400 without a cache: 2,000 dollars before and after.

    The shorter prompt alone could read 400 from the cache: 1,500. The lost cache alone would cost 3,000.
    """
    causes = of_one(asked(SYSTEM, TOOL, USER, read=800), asked(text("short", Segment.SYSTEM, 100), TOOL, USER))
    assert short(causes) == [("input.system", -750), ("cache", 750)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asked(USER, read=900), asked(USER, output=200)),
        (asked(USER, read=900), asked(SYSTEM, USER, read=900, output=200)),
    ],
    ids=["the cache changed and the input did not", "the input changed and the cache did not"],
)
def test_odd_counts_of_cached_tokens_are_those_of_both_ends(one, other):
    """More is cached than there is: nothing in between may be priced otherwise, in either direction."""
    forth, back = short(of_one(one, other)), short(of_one(other, one))
    assert ("output", 1_000) in forth
    assert sorted(back) == sorted((kind, -usd) for kind, usd in forth)


def test_two_models_without_a_price_in_between_leave_all_to_the_first_that_differs():
    def price(product, usage):
        if product == MINI and usage.input_tokens != 800:
            return Cost(None, "no price")
        return PRICE(product, usage)

    before = replace(BEFORE, product=MINI)
    after = asked(text("longer", Segment.SYSTEM, 1_000), TOOL, USER)
    assert short(change({TEST: [before]}, {TEST: [after]}, price=price).causes) == [("model", 1_250)]


def header_of(scenario):
    row = {
        "traffic": f"{scenario.traffic}",
        "context_growth": f"{scenario.context_growth}",
        "caching": str(scenario.caching).lower(),
    }
    return Header(requests_per_month={"chat": Decimal(1_000_000)}, scenarios={"base": row}, estimator="e1")


def test_a_changed_scenario_is_a_cause():
    then, now = Scenario(name="base"), Scenario(name="base", traffic=Decimal(2), context_growth=Decimal("0.5"))
    known = replace(baseline({TEST: [BEFORE]}), header=header_of(then))
    chosen = settings(scenario="base", scenarios=(now,))
    comparison = report(run(call(BEFORE)), chosen, known, PRICE).comparison
    (cause,) = comparison.features[0].causes
    assert (cause.kind, cause.monthly_usd) == ("scenario", 2 * (3_000 + 1_000) - 3_000)
    assert cause.before == "traffic x1, context +0%, caching"
    assert cause.after == "traffic x2, context +50%, caching"
    assert comparison.before_usd == 3_000


def served(then, now, old=MEASURED, new=MEASURED):
    """Return the causes where production serves a feature in another way than before."""
    known = baseline({TEST: [BEFORE]})
    known = replace(known, header=replace(known.header, scenarios=header_of(old).scenarios, production={"chat": then}))
    chosen = settings(replace(feature(), production=now), scenario="base", scenarios=(replace(new, name="base"),))
    return report(run(call(BEFORE)), chosen, known, PRICE).comparison.features[0].causes


def test_another_way_of_production_is_the_scenario_and_says_what_differs():
    (cause,) = served(PLAIN, Production(turns_per_session=Decimal(10), tokens_per_turn=Decimal(100), batch=False))
    assert (cause.kind, cause.monthly_usd > 0) == (Kind.SCENARIO, True)
    assert (cause.before, cause.after) == (
        "turns x1, tokens per turn as measured",
        "turns x10, tokens per turn 100",
    )


def test_what_production_still_does_is_not_repeated():
    half = Production(response_cache_hit_rate=Decimal("0.5"), cache_hit_rate=Decimal("0.8"))
    (cause,) = served(half, replace(half, response_cache_hit_rate=Decimal("0.345")))
    assert (cause.before, cause.after) == ("response cache 50%", "response cache 34.5%")


def test_a_scenario_and_production_that_both_differ_are_told_together():
    cached, busy = Production(response_cache_hit_rate=Decimal("0.5")), Scenario(name="base", traffic=Decimal(3))
    (cause,) = served(PLAIN, cached, new=busy)
    assert cause.before == "traffic x1, context +0%, caching, response cache 0%"
    assert cause.after == "traffic x3, context +0%, caching, response cache 50%"


def test_traffic_scenario_and_prompt_share_what_they_cost_together():
    """By hand, as a mean over the six orders: a request of 0.003 becomes one of 0.004, traffic 1 -> 2 -> 2 x 3."""
    longer = asked(text("longer", Segment.SYSTEM, 900), TOOL, USER)
    known = replace(baseline({TEST: [BEFORE]}), header=header_of(Scenario(name="base")))
    chosen = settings(
        feature(requests=2_000_000), scenario="base", scenarios=(Scenario(name="base", traffic=Decimal(3)),)
    )
    (found,) = report(run(call(longer)), chosen, known, PRICE).comparison.features
    thousands = {
        "scenario": Decimal(2 * (3 * 2 + 4 + 6 + 8 * 2)) / 6,
        "traffic": Decimal(1 * (3 * 2 + 4 + 9 + 12 * 2)) / 6,
        "input.system": Decimal(1 * (1 * 2 + 2 + 3 + 6 * 2)) / 6,
    }
    assert [str(one.kind) for one in found.causes] == list(thousands)
    for cause, expected in zip(found.causes, thousands.values(), strict=True):
        assert abs(cause.monthly_usd - expected * 1_000) < Decimal("1e-11")
    assert sum(one.monthly_usd for one in found.causes) == 24_000 - 3_000


def with_overheads(known, **shares):
    overheads = {name: Decimal(share) for name, share in shares.items()}
    return replace(known, header=replace(known.header, overheads=overheads))


def test_changed_overheads_are_a_cause_of_each_feature():
    known = with_overheads(baseline({TEST: [BEFORE]}), retries="0.10")
    chosen = settings(overheads={"retries": Decimal("0.10"), "evaluation": Decimal("0.15")})
    comparison = report(run(call(BEFORE)), chosen, known, PRICE).comparison
    (found,) = comparison.features
    assert found.causes == (
        Cause(kind=Kind.OVERHEADS, subject="chat", before="0.1", after="0.25", monthly_usd=Decimal(450)),
    )
    assert (found.before_usd, found.after_usd) == (3_300, 3_750)
    assert comparison.gate_total() == (comparison.before_usd, comparison.after_usd) == (3_300, 3_750)


def test_overheads_and_a_longer_prompt_share_what_they_cost_together():
    """By hand: 3,000 -> 4,000 dollars of inference, a factor of 1 -> 1.25, each as a mean over both orders."""
    longer = asked(text("longer", Segment.SYSTEM, 900), TOOL, USER)
    chosen = settings(overheads={"retries": Decimal("0.25")})
    (found,) = report(run(call(longer)), chosen, baseline({TEST: [BEFORE]}), PRICE).comparison.features
    assert short(found.causes) == [("input.system", 1_125), ("overheads", 875)]
    assert (found.before_usd, found.after_usd) == (3_000, 5_000)


def test_overheads_with_other_names_and_the_same_sum_are_no_cause():
    known = with_overheads(baseline({TEST: [BEFORE]}), retries="0.10", evaluation="0.15")
    chosen = settings(overheads={"monitoring": Decimal("0.25")})
    comparison = report(run(call(BEFORE)), chosen, known, PRICE).comparison
    assert comparison.features[0].causes == ()
    assert comparison.before_usd == comparison.after_usd == 3_750


def test_overheads_play_no_part_in_what_a_run_costs():
    known = with_overheads(baseline({TEST: [BEFORE]}, None), retries="0.10")
    chosen = settings(feature(requests=None), overheads={"retries": Decimal("0.25")})
    got = report(run(call(BEFORE)), chosen, known, PRICE)
    assert (got.comparison.per, got.comparison.before_usd) == ("run", Decimal("0.003"))
    assert got.comparison.after_usd == got.totals.cost_usd == Decimal("0.003")


def test_a_scenario_under_which_the_other_side_has_no_price_takes_all():
    def price(product, usage):
        return Cost(None, "no price") if usage.cache_read_tokens else PRICE(product, usage)

    known = replace(
        baseline({TEST: [asked(SYSTEM, TOOL, USER, read=5)]}), header=header_of(Scenario(name="base", caching=False))
    )
    chosen = settings(scenario="base", scenarios=(Scenario(name="base"),))
    of = run(call(asked(SYSTEM, TOOL, USER, output=200)))
    (found,) = report(of, chosen, known, price).comparison.features
    assert short(found.causes) == [("scenario", 1_000)]


def test_calls_that_changed_places_have_not_changed():
    """Neither their prompts nor, where these have grown, their replies."""
    small, large = asked(USER), replace(asked(SYSTEM, USER, output=700), product=MINI)
    assert change({TEST: [small, large]}, {TEST: [large, small]}).causes == ()
    grown = [
        replace(one, prompt=f"longer {n}", blocks=(*one.blocks, TOOL), counted_tokens=one.counted_tokens + 100)
        for n, one in enumerate((large, small))
    ]
    assert short(change({TEST: [small, large]}, {TEST: grown}).causes) == [("input.tools", 500)]


@pytest.mark.parametrize("row", [{}, {"traffic": "many", "context_growth": "0"}, {"traffic": "1E999999"}])
def test_a_header_without_a_legible_scenario_has_this_runs(row):
    now = Scenario(name="base", traffic=Decimal(2))
    rows = {"base": {"context_growth": "NaN", **row}}
    known = baseline({TEST: [BEFORE]})
    known = replace(known, header=replace(known.header, scenarios=rows))
    comparison = report(run(call(BEFORE)), settings(scenario="base", scenarios=(now,)), known, PRICE).comparison
    assert comparison.before_usd == comparison.after_usd == 6_000


def test_the_largest_causes_of_all_features_come_first():
    chosen = settings(feature(tests=(TEST,)), feature("search", 2_000_000, tests=(OTHER,)))
    known = baseline({TEST: [BEFORE]})
    longer = asked(SYSTEM, TOOL, USER, output=250)
    of = run(call(longer), call(asked(USER), test=OTHER))
    ranked = report(of, chosen, known, PRICE).comparison.ranked_causes()
    assert [(name, str(one.kind), one.monthly_usd) for name, one in ranked] == [
        ("search", "traffic", 3_000),
        ("chat", "output", 1_500),
    ]


def test_without_traffic_each_test_has_its_causes():
    longer = asked(text("longer", Segment.SYSTEM, 1_000), TOOL, USER)
    of = run(call(longer), call(BEFORE, test=OTHER))
    known = baseline({TEST: [BEFORE], OTHER: [BEFORE]}, None)
    comparison = report(of, settings(feature(requests=None)), known, PRICE).comparison
    ((name, cause),) = comparison.ranked_causes()
    assert (name, cause.kind, cause.monthly_usd, cause.location) == (TEST, "input.system", Decimal("0.00125"), SITE)
    assert [change.name for change in comparison.gate if not change.causes] == [OTHER]


def test_blocks_that_do_not_explain_the_input_are_not_believed():
    """Our count says +10 tokens where the provider billed +1,000: its own split of the input is used."""
    other = asked(SYSTEM, text("other", Segment.TOOLS, 110), USER)
    after = replace(other, usage=replace(other.usage, input_tokens=1_810), reported_tokens=1_810)
    causes = of_one(BEFORE, after)
    assert {str(one.kind) for one in causes} == {"input.system", "input.tools", "input.user"}
    assert sum(one.monthly_usd for one in causes) == Decimal("2.5") * 1_010


def test_input_of_sound_and_pictures_only_is_media():
    def price(_, usage):
        return Cost(Decimal(usage.input_audio_tokens or 0), "by the second")

    after = replace(BEFORE, usage=replace(BEFORE.usage, input_audio_tokens=3))
    (cause,) = change({TEST: [BEFORE]}, {TEST: [after]}, price=price).causes
    assert (cause.kind, cause.monthly_usd) == ("input.media", 3_000_000)


def test_many_calls_that_all_changed_are_compared_in_linear_time():
    def side(system):
        return [asked(system, text(f"q{n}", Segment.USER, 100 + n % 7), output=n) for n in range(20_000)]

    before, after = side(SYSTEM), side(text("longer", Segment.SYSTEM, 600))
    known = baseline({TEST: before})
    of = run(*[call(one, index=n) for n, one in enumerate(after)])
    started = time.process_time()
    (found,) = report(of, None, known, PRICE).comparison.features
    assert time.process_time() - started < 10
    assert short(found.causes) == [("input.system", 20_000 * 250)]
