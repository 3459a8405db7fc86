"""The baseline file, whatever is in it: all that is written is read back, and all else is one sentence."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcost.core.baseline import Baseline, Entry, Header
from pytest_llmcost.core.call import Product, Profile
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage
from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage.baseline import dumps, loads

counts = st.integers(0, 2**53)
words = st.text(max_size=12)
decimals = st.decimals(0, 10**9, places=6).map(abs)
blocks = st.builds(Block, st.sampled_from(Segment), st.sampled_from(["aa", "bb", "cc"]), st.integers(0, 3))
profiles = st.builds(
    Profile,
    product=st.builds(Product, words, words, st.sampled_from(["chat", "embeddings"]), st.none() | words),
    usage=st.builds(
        Usage, input_tokens=counts, output_tokens=counts, **{name: st.none() | counts for name in FIELDS[2:]}
    ),
    usage_source=st.sampled_from(Provenance),
    input_tokens_upper=counts,
    prompt=words,
    blocks=st.lists(blocks, max_size=3).map(tuple),
    counted_tokens=counts,
    reported_tokens=st.none() | counts,
    reported_for=st.none() | counts,
)
calls = st.lists(st.tuples(profiles, st.none() | words), max_size=3)
entries = st.builds(
    lambda pairs, weight: Entry(
        calls=tuple(one for one, _ in pairs), features=tuple(feature for _, feature in pairs), weight=weight
    ),
    calls,
    decimals,
)
headers = st.builds(
    Header,
    plugin_version=words,
    commit=st.none() | words,
    requests_per_month=st.dictionaries(words, decimals, max_size=3),
    scenarios=st.dictionaries(words, st.dictionaries(words, words, max_size=2), max_size=2),
    overheads=st.dictionaries(words, decimals, max_size=3),
    models=st.dictionaries(words, words, max_size=3),
    price_book=words,
    prices_as_of=words,
    estimator=words,
)
baselines = st.builds(Baseline, header=headers, tests=st.dictionaries(words, entries, max_size=4), source=st.just("x"))


@given(baselines)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(baseline):
    assert loads(dumps(baseline), source="x") == baseline


@given(baselines, baselines)
@settings(max_examples=150, deadline=None)
def test_what_is_written_over_another_baseline_is_read_back(before, after):
    text = dumps(after, previous=dumps(before))

    assert loads(text, source="x") == after
    assert dumps(after, previous=text) == text


@given(st.text() | st.binary())
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_baseline_or_one_sentence(text):
    with pytest.raises(BaselineError) as caught:
        loads(text, source="somewhere.json")
    assert str(caught.value).startswith("somewhere.json ")
    assert "\n" not in str(caught.value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["chat", "aa", "1e99"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@given(baselines, json_values, st.data())
@settings(max_examples=300, deadline=None)
def test_a_baseline_with_any_one_value_replaced_is_a_baseline_or_one_sentence(baseline, value, data):
    document = json.loads(dumps(baseline))
    places = []

    def walk(node):
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    walk(document)
    node, key = data.draw(st.sampled_from(places))
    node[key] = value
    sentence, found = "somewhere.json ", None
    try:
        found = loads(json.dumps(document), source="somewhere.json")
    except BaselineError as error:
        sentence = str(error)

    assert re.fullmatch("somewhere.json .*", sentence)
    assert found is None or loads(dumps(found), source="somewhere.json") == found
