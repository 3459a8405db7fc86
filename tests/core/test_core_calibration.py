"""Estimates that follow what a provider reports of their like."""

from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import baseline, block, call, feature, profile, report, run, settings
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.calibration import ENOUGH, FEWEST, calibrated, in_use, learn, recalibrated
from pytest_llmcost.core.call import Origin, Product
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.usage import Provenance, Usage

CLAUDE = Product("anthropic", "claude-haiku-4-5")
DATED = Product("anthropic", "claude-haiku-4-5-20251001")


def told(counted, reported, product=DATED, **changes):
    """A prompt of one size by our count and another by the provider's."""
    return profile(reported, counted_tokens=counted, product=product, prompt=f"told {counted} {reported}", **changes)


def guessed(counted, product=CLAUDE, **changes):
    """A prompt that nobody has reported on, and a bound a quarter above."""
    values = {
        "usage": Usage(input_tokens=counted, output_tokens=10),
        "usage_source": Provenance.SCALED,
        "input_tokens_upper": counted * 5 // 4,
        "reported_tokens": None,
        "reported_for": None,
    }
    return profile(counted, counted_tokens=counted, product=product, **(values | changes))


def estimate(one):
    return call(one, counted_upper=one.counted_tokens * 5 // 4)


def after(one, *known, base=None):
    """The profile of a call, estimated beside others."""
    calls = [estimate(one), *map(call, known)]
    return calibrated(calls, learn(calls, base))[0].profile


THREE = told(100, 110), told(200, 220), told(400, 440)


def test_an_estimate_follows_the_median_of_what_its_model_reports():
    found = after(guessed(1_000), told(100, 110), told(200, 260), told(400, 480))
    assert found.usage.input_tokens == 1_200
    assert found.usage.output_tokens == 10
    assert found.usage_source is Provenance.SCALED
    assert found.counted_tokens == 1_000


def test_its_bound_is_the_greatest_ratio_but_no_tighter_than_before_while_few_are_known():
    assert after(guessed(1_000), *THREE).input_tokens_upper == 1_375
    many = [told(100 + at, 2 * (100 + at)) for at in range(ENOUGH - 1)]
    assert after(guessed(1_000), *many, told(400, 804)).input_tokens_upper == 2_010
    assert after(guessed(1_000), *many).input_tokens_upper == 2_500


def test_too_few_prompts_teach_nothing():
    assert after(guessed(1_000), *THREE[: FEWEST - 1]) == guessed(1_000)


def test_the_same_prompt_asked_often_is_one():
    assert after(guessed(1_000), *[THREE[0]] * 9, THREE[1]) == guessed(1_000)


@pytest.mark.parametrize(
    "other",
    [
        guessed(1_000, Product("anthropic", "claude-opus-4-5")),
        guessed(1_000, Product("bedrock", "claude-haiku-4-5")),
        guessed(1_000, replace(CLAUDE, operation="embeddings")),
        guessed(1_000, blocks=(block(Segment.TOOLS, 1_000),)),
        guessed(1_000, blocks=(block(Segment.MEDIA, 1_000),)),
    ],
)
def test_another_model_provider_operation_or_content_is_not_touched(other):
    assert after(other, *THREE) == other


@pytest.mark.parametrize(
    "sure",
    [
        guessed(1_000, usage_source=Provenance.COUNTED),
        guessed(1_000, usage_source=Provenance.DECLARED),
        guessed(1_000, usage_source=Provenance.ADJUSTED),
        guessed(1_000, usage_source=Provenance.SCALED, reported_tokens=900),
        guessed(0),
    ],
)
def test_what_is_no_estimate_of_the_input_is_not_touched(sure):
    assert after(sure, guessed(500), *THREE) == sure


def test_a_figure_that_prompts_of_different_sizes_report_alike_was_written_by_hand():
    assert after(guessed(1_000), told(100, 120), told(200, 120), told(110, 120), told(300, 330)) == guessed(1_000)


def test_a_figure_that_is_far_off_was_written_by_hand():
    assert after(guessed(1_000), told(100, 10), told(200, 20), told(300, 30)) == guessed(1_000)
    assert after(guessed(1_000), told(100, 900), told(200, 901), told(300, 1_000)) == guessed(1_000)


def test_short_prompts_teach_nothing():
    assert after(guessed(1_000), told(5, 8), told(6, 9), told(7, 11)) == guessed(1_000)


@pytest.mark.parametrize("doubtful", [{"origin": Origin.FAKE}, {"stale_by": 50}])
def test_fakes_and_replies_that_do_not_fit_teach_nothing(doubtful):
    calls = [estimate(guessed(1_000)), *(call(one, **doubtful) for one in THREE)]
    assert learn(calls, None) == {}
    assert learn(calls, baseline({"tests/test_a.py::test_a": THREE})) == {}


def test_the_baseline_teaches_too():
    base = baseline({"tests/test_a.py::test_a": THREE})
    assert after(guessed(1_000), base=base).usage.input_tokens == 1_100


def test_this_run_knows_better_than_the_baseline_about_the_same_prompt():
    then = told(400, 800)
    base = baseline({"tests/test_a.py::test_a": (*THREE[:2], then)})
    now = replace(told(400, 440), prompt=then.prompt)
    (ratio,) = learn([estimate(guessed(1_000)), call(now)], base).values()
    assert ratio.high == Decimal("1.1")


def test_the_baseline_is_estimated_as_the_run_is_so_that_learning_is_no_change_of_the_code():
    then = guessed(1_000)
    base = baseline({"tests/test_chat.py::test_a": (then,)})
    calls = [estimate(then), *(call(one, test="tests/test_chat.py::test_b") for one in THREE)]
    ratios = learn(calls, base)
    (entry,) = recalibrated(base, ratios).tests.values()
    assert entry.calls == (calibrated(calls, ratios)[0].profile,)
    assert recalibrated(base, {}) is base


def test_a_report_has_no_change_where_only_the_ratio_was_learned():
    then = guessed(1_000)
    base = baseline({"tests/test_chat.py::test_a": (then,)})
    others = [call(one, test="tests/test_other.py::test_b", counted_upper=500) for one in THREE]
    chosen = settings(feature(tests=("tests/test_chat.py",)))
    made = report(run(estimate(then), *others), chosen, against=base)
    assert made.comparison.before_usd == made.comparison.after_usd
    (ratio,) = made.calibration
    assert (ratio.used, ratio.prompts, ratio.middle) == (1, 3, Decimal("1.1"))


def test_calibrating_twice_is_calibrating_once():
    calls = [estimate(guessed(1_000)), *map(call, THREE)]
    once = calibrated(calls, learn(calls, None))
    assert calibrated(once, learn(once, None)) == once


def test_calls_that_share_a_profile_go_on_sharing_it():
    one = guessed(1_000)
    calls = [estimate(one), estimate(one), *map(call, THREE)]
    first, second, *_ = calibrated(calls, learn(calls, None))
    assert first.profile is second.profile


def test_what_is_in_use_is_told_with_the_number_of_calls():
    calls = [estimate(guessed(1_000)), estimate(guessed(500)), *map(call, THREE)]
    (ratio,) = in_use(calls, learn(calls, None))
    assert ratio.used == 2
    assert ratio.kind.model == "claude-haiku-4-5"
    assert in_use(map(call, THREE), learn(calls, None)) == ()


@given(st.lists(st.tuples(st.integers(16, 10**6), st.integers(1, 10**6)), max_size=30), st.integers(1, 10**6))
def test_the_bound_is_never_below_the_estimate(pairs, counted):
    found = after(guessed(counted), *(told(*pair) for pair in pairs))
    assert found.input_tokens_upper >= found.usage.input_tokens >= 0
