"""Levers: what a call uses after one change; none makes a usage that contradicts itself."""

from dataclasses import replace
from decimal import Decimal

import pytest
from core_prompts import part, prompt
from core_values import GPT_4O
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.levers import (
    asked_once,
    batched,
    cached_prefix,
    history_window,
    in_batch,
    other_product,
    output_limit,
    trimmed,
    without,
)
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.core.usage import FIELDS, Usage

FOUR = prompt("tool", "rule", "past 1", "x")


def used(one):
    usage = one.usage
    return usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens


def test_a_prefix_is_read_from_the_cache_and_not_written():
    assert used(cached_prefix(FOUR, 250)) == (400, 250, None)
    assert used(cached_prefix(prompt("rule", "x", "y", "z", read=100, write=300), 250)) == (400, 250, 150)


def test_no_more_is_read_than_there_is_and_no_less_than_before():
    assert used(cached_prefix(FOUR, 9_000)) == (400, 400, None)
    assert used(cached_prefix(prompt("rule", "x", read=150), 50)) == (200, 150, None)


def test_a_block_that_is_left_out_takes_its_share_of_the_reported_input():
    shorter = without(prompt("tool", "rule", "past", "x", scale=2), {0: 100})
    assert used(shorter) == (600, None, None)
    assert [block.fingerprint for block in shorter.blocks] == ["rule", "past", "x"]
    assert sum(shorter.segments.values()) == 600


def test_a_part_of_a_block_can_be_left_out():
    shorter = without(FOUR, {3: 40})
    assert used(shorter) == (360, None, None)
    assert [block.tokens for block in shorter.blocks] == [100, 100, 100, 60]


def test_more_than_a_block_has_is_not_left_out():
    assert used(without(FOUR, {3: 5_000})) == (300, None, None)


def test_what_is_left_out_of_the_cached_prefix_is_not_read_any_more():
    cached = prompt("tool", "rule", "past", "x", read=150, write=100)
    assert used(without(cached, {0: 100})) == (300, 50, 100)
    assert used(without(cached, {1: 100})) == (300, 100, 50)
    assert used(without(cached, {2: 100})) == (300, 150, 50)
    assert used(without(cached, {3: 100})) == (300, 150, 100)


def test_a_window_keeps_the_last_turns():
    long = prompt("rule", *(f"past {n}" for n in range(10)), "x")
    kept = history_window(long, 4)
    assert used(kept) == (1_000, None, None)
    assert [block.fingerprint for block in kept.blocks][:2] == ["rule", "past 2"]
    assert history_window(long, 5) is long


def test_behind_a_window_nothing_is_read_from_the_cache():
    long = prompt("rule", *(f"past {n}" for n in range(10)), "x", read=1_000)
    assert used(history_window(long, 4)) == (1_000, 100, None)


def test_a_limit_cuts_the_output_and_its_parts():
    usage = Usage(input_tokens=10, output_tokens=900, reasoning_tokens=700, output_audio_tokens=20)
    limited = output_limit(prompt("x", usage=usage), 500)
    assert limited.usage == replace(usage, output_tokens=500, reasoning_tokens=500)
    assert limited.output_limit == 500
    assert output_limit(prompt("x", output_limit=100), 500).output_limit == 100


def test_another_model_and_the_batch_interface_use_the_same():
    mini = Product("openai", "gpt-4o-mini")
    assert other_product(FOUR, mini) == replace(FOUR, product=mini)
    assert batched(FOUR) == replace(FOUR, product=replace(GPT_4O, service_tier="batch"))


def test_a_question_is_asked_once_of_each_product():
    other = replace(FOUR, product=Product("openai", "gpt-4o-mini"))
    assert asked_once([FOUR, other, FOUR, prompt("x")]) == (FOUR, other, prompt("x"))


def test_of_prompts_that_could_not_be_read_nobody_knows_whether_they_are_the_same():
    silent = prompt("x", blocks=(), prompt="")
    assert asked_once([silent, silent]) == (silent, silent)


def test_a_shorter_prompt_keeps_a_share_of_every_part():
    long = prompt(
        "x", usage=Usage(input_tokens=2_001, output_tokens=5, cache_read_tokens=1_000, cache_write_tokens=500)
    )
    shorter = trimmed(replace(long, input_tokens_upper=3_000), Decimal("0.4"))
    assert used(shorter) == (800, 400, 200)
    assert (shorter.usage.output_tokens, shorter.input_tokens_upper) == (5, 1_200)
    assert used(trimmed(long, Decimal(0))) == (0, 0, 0)


def test_levers_compose():
    both = output_limit(without(cached_prefix(FOUR, 300), {0: 100}), 10)
    assert (used(both), both.usage.output_tokens) == ((300, 200, None), 10)


@st.composite
def profiles(draw):
    """Calls with usages as providers report them: the parts of the input fit in it."""
    segments = draw(st.lists(st.sampled_from(Segment), max_size=8))
    sizes = st.integers(0, 500)
    blocks = tuple(Block(segment, str(at), draw(sizes)) for at, segment in enumerate(segments))
    tokens, output = draw(st.integers(0, 5_000)), draw(st.integers(0, 500))
    read = draw(st.none() | st.integers(0, tokens))
    write = draw(st.none() | st.integers(0, tokens - (read or 0)))
    hour = draw(st.none() | st.integers(0, tokens - (read or 0) if write is None else write))
    audio = draw(st.none() | st.integers(0, tokens - ((hour or 0) if write is None else write)))
    usage = Usage(
        input_tokens=tokens,
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hour,
        input_audio_tokens=audio,
        reasoning_tokens=draw(st.none() | st.integers(0, output)),
        output_audio_tokens=draw(st.none() | st.integers(0, output)),
    )
    return prompt("x", usage=usage, blocks=blocks, counted_tokens=sum(block.tokens for block in blocks))


def cuts_of(one, numbers):
    return {at: number for at, number in enumerate(numbers) if at < len(one.blocks)}


LEVERS = {
    "cached_prefix": lambda one, numbers: cached_prefix(one, numbers[0]),
    "without": lambda one, numbers: without(one, cuts_of(one, numbers)),
    "history_window": lambda one, numbers: history_window(one, numbers[0] % 4),
    "output_limit": lambda one, numbers: output_limit(one, numbers[0]),
    "batched": lambda one, _: batched(one),
    "trimmed": lambda one, numbers: trimmed(one, Decimal(numbers[0]) / 1_000),
}


@pytest.mark.parametrize("lever", LEVERS)
@given(one=profiles(), numbers=st.lists(st.integers(0, 1_000), min_size=8, max_size=8))
def test_no_lever_makes_a_usage_negative_or_contradictory(lever, one, numbers):
    usage = LEVERS[lever](one, numbers).usage
    assert all((getattr(usage, name) or 0) >= 0 for name in FIELDS)
    read, write, hour = usage.cache_read_tokens or 0, usage.cache_write_tokens, usage.cache_write_1h_tokens or 0
    written = hour if write is None else write
    assert read + written <= usage.input_tokens
    assert hour <= written
    assert (usage.input_audio_tokens or 0) + written <= usage.input_tokens
    assert (usage.reasoning_tokens or 0) <= usage.output_tokens
    assert (usage.output_audio_tokens or 0) <= usage.output_tokens
    assert usage.input_tokens <= one.usage.input_tokens
    assert usage.output_tokens <= one.usage.output_tokens


@given(profiles())
def test_a_lever_that_is_not_pulled_changes_nothing(one):
    assert cached_prefix(one, 0) == one
    assert without(one, {}) == one
    assert without(one, dict.fromkeys(range(len(one.blocks)), 0)) == one
    assert history_window(one, len(one.blocks)) == one
    assert output_limit(one, None) == one
    assert trimmed(one, Decimal(1)) == one
    assert other_product(one, one.product) == one
    assert asked_once([one]) == (one,)


def test_a_block_that_is_cut_in_part_has_no_pieces_left():
    assert without(prompt(part("rule", 100, "p:50", "q:50"), "x"), {0: 10}).blocks[0] == part("rule", 90)


def test_a_batch_stays_in_its_region():
    there = Product("google", "claude-opus-4-6", "chat", "regional")
    assert in_batch(there).service_tier == "regional batch"
