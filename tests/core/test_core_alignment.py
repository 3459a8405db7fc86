from dataclasses import replace

from core_values import GPT_4O, profile
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.alignment import align, by_operation, by_product, by_prompt, by_reply
from pytest_llmcost.core.call import Product

PASSES = (by_prompt, by_reply, by_product, by_operation)
some = st.builds(
    lambda prompt, reported, model, operation: profile(
        prompt=prompt, reported_tokens=reported, product=Product("openai", model, operation)
    ),
    st.sampled_from("abc"),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(["x", "y"]),
    st.sampled_from(["chat", "embeddings"]),
)
lists = st.lists(some, max_size=6)


@given(lists, lists)
def test_swapping_the_sides_gives_the_same_pairs(base, head):
    forth, back = align(base, head, PASSES), align(head, base, PASSES)
    assert [back.index(n) if n in back else None for n in range(len(head))] == forth
    taken = [partner for partner in forth if partner is not None]
    assert len(set(taken)) == len(taken)


@given(lists, lists)
def test_calls_of_one_operation_stay_alone_on_one_side_only(base, head):
    partners = align(base, head, PASSES)
    alone = {one.product.operation for one, partner in zip(head, partners, strict=True) if partner is None}
    left = {one.product.operation for number, one in enumerate(base) if number not in partners}
    assert not alone & left


def test_the_prompt_counts_before_the_reply_and_the_reply_before_the_order():
    base = [profile(prompt=name, reported_tokens=tokens) for name, tokens in (("a", 1), ("b", 2), ("c", 3))]
    head = [profile(prompt=name, reported_tokens=tokens) for name, tokens in (("x", 2), ("y", 9), ("a", 3))]
    assert align(base, head, PASSES) == [1, 2, 0]


def test_replies_that_report_nothing_are_not_alike():
    base = [profile(prompt="a", reported_tokens=None), profile(prompt="b", reported_tokens=None)]
    other = [replace(base[1], prompt="c")]
    assert align(base, other, (by_prompt, by_reply)) == [None]
    assert align(base, other, PASSES) == [0]


def test_the_product_counts_before_the_order():
    mini = replace(GPT_4O, model="gpt-4o-mini")
    base = [profile(prompt="a", reported_tokens=1), profile(prompt="b", reported_tokens=2, product=mini)]
    head = [profile(prompt="c", reported_tokens=3, product=mini), profile(prompt="d", reported_tokens=4)]
    assert align(base, head, PASSES) == [1, 0]
