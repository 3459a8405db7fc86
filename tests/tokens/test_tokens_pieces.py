"""Long texts are counted by paragraph: only a new one is tokenized, and the count is that of the whole."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcost.core.prompt import Part, Segment, spare_name
from pytest_llmcost.tokens import Counter, encodings, fingerprint
from pytest_llmcost.tokens.compaction import compacted
from pytest_llmcost.tokens.paragraphs import paragraphs
from pytest_llmcost.tokens.shapes import shape

SRC = Path(__file__).parents[2] / "src"
RULES = [
    f"{number}. Answer in the language of the customer, and never promise a date ({number}).\n\n" for number in "1234"
]
PROMPT = "".join(RULES)

breaks = st.sampled_from(["\n\n", "\n \n", "\r\n\r\n", "\n\n\n", "\n", "\n\n/", ".\n\n", " \n\n ", "\n\n\t", "/\n\n"])
words = st.sampled_from(["Be kind.", "don't", "x=1;", "42", "naïve", "日本語", "", "//", "'s", " and", "# Head", "…"])
texts = st.lists(st.tuples(words, breaks), min_size=20, max_size=60).map(lambda pairs: "".join(a + b for a, b in pairs))


def count(*parts, model="gpt-4o", provider="openai", known=None):
    return Counter(lambda: known or {}).count(provider, model, "chat", parts)


def system(text):
    return Part(Segment.SYSTEM, "message", text)


@settings(deadline=None, max_examples=300)
@given(texts, st.sampled_from(["o200k_base", "cl100k_base"]))
def test_a_cut_between_paragraphs_changes_no_count(text, encoding):
    pieces = paragraphs(text)
    assert not pieces or "".join(pieces) == text
    whole = len(encodings.load(encoding).encode_ordinary(text))
    assert sum(len(encodings.load(encoding).encode_ordinary(piece)) for piece in pieces or [text]) == whole


def test_a_long_text_has_a_piece_for_each_paragraph():
    (block, _) = count(system(PROMPT)).blocks
    assert len(block.pieces) == 4
    assert [piece.fingerprint for piece in block.pieces] == [fingerprint("piece", "o200k_base", rule) for rule in RULES]
    assert sum(piece.tokens for piece in block.pieces) + 4 == block.tokens
    assert block.tokens == encodings.count("o200k_base", PROMPT) + 4


def test_an_added_paragraph_leaves_the_others_as_they_were():
    before = count(system(PROMPT)).blocks[0].pieces
    after = count(system("".join([*RULES[:2], "A new rule.\n\n", *RULES[2:]]))).blocks[0].pieces
    assert [*after[:2], *after[3:]] == list(before)


@pytest.mark.parametrize("text", ["Short.\n\nAnd sweet.", "a" * 500, "line\n" * 100, "x\n\n" * 300])
def test_short_texts_single_paragraphs_and_tables_stay_whole(text):
    block = count(system(text)).blocks[0]
    assert block.pieces == ()
    assert block.grains()[0][:2] == (block.fingerprint, block.tokens)


def test_only_the_paragraph_that_is_new_is_tokenized():
    known = {fingerprint("piece", "o200k_base", rule): 1_000 for rule in RULES}
    block = count(system(PROMPT + "One more rule."), known=known).blocks[0]
    assert block.tokens == 4_000 + encodings.count("o200k_base", "One more rule.") + 4


def test_a_prompt_whose_blocks_are_known_loads_no_tokenizer_even_where_it_is_long_and_indented():
    text = f"{PROMPT}{json.dumps({'rows': [1, 2, 3]}, indent=4)}"
    first = count(system(text)).blocks
    known = {block.fingerprint: block.tokens for block in first}
    known |= {piece.fingerprint: piece.tokens for block in first for piece in block.pieces}
    known |= {spare_name(block.fingerprint): block.spare for block in first if block.spare}
    script = f"""
    import sys
    from pytest_llmcost.core.prompt import Part, Segment
    from pytest_llmcost.tokens import Counter
    counter = Counter(lambda: {known!r})
    blocks = counter.count("openai", "gpt-4o", "chat", (Part(Segment.SYSTEM, "message", {text!r}),)).blocks
    print([(block.tokens, len(block.pieces), block.spare) for block in blocks], "tiktoken" in sys.modules)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True)
    expected = [(block.tokens, len(block.pieces), block.spare) for block in first]
    assert done.stdout.strip() == f"{expected} False"
    assert first[0].spare > 0


def test_another_familys_pieces_are_raw_counts_and_its_block_is_scaled():
    block = count(system(PROMPT), model="claude-opus-4-8", provider="anthropic").blocks[0]
    raw = encodings.count("o200k_base", PROMPT)
    assert sum(piece.tokens for piece in block.pieces) == raw
    assert block.tokens > raw + 3


def test_texts_are_kept_only_for_whom_asks():
    kept = {}
    counter = Counter(keep=kept.__setitem__)
    block = counter.count("openai", "gpt-4o", "chat", (system(PROMPT),)).blocks[0]
    assert kept[block.fingerprint] == PROMPT
    assert [kept[piece.fingerprint] for piece in block.pieces] == RULES


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Now: 2026-11-26T23:37:41.123456", "Now: 2026-11-27T01:02:03.5", "time"),
        ("Now: 2026-11-26 23:37:41+00:00.", "Now: 2025-01-02 03:04:05+02:00.", "time"),
        ("Today is Thursday, November 26, 2026", "Today is Friday, December 4, 2026", "time"),
        ("It is the 26th of nothing, 26 Nov 2026", "It is the 26th of nothing, 1 Dec 2026", "time"),
        ("Today is 26.11.2026, 9:05 pm", "Today is 1.2.2027, 10:00 am", "time"),
        ("t=1780305254", "t=1780305255.25", "time"),
        ("Request 3f2b8c1e-9d4a-4b6f-8e2d-1a2b3c4d5e6f", "Request 00000000-0000-4000-8000-000000000001", "id"),
        ("Order FB-20417 of user_9f3c2a7b", "Order FB-10388 of user_1c2d3e4f", "id"),
        ("Session 8812345678", "Session 7700000001", "id"),
        ("2026-11-26, run req_a1319b31f2", "2026-11-27, run req_b2420c42e3", "time+id"),
    ],
)
def test_texts_that_differ_in_a_time_or_an_id_have_one_shape(one, other, kind):
    assert shape(one) == shape(other)
    assert shape(one).partition(":")[0] == kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("At 9:05 say hello.", "At 9:05 say goodbye."),
        ("Order FB-20417: kettle", "Order FB-20417: mixer"),
    ],
)
def test_texts_that_differ_in_words_have_two_shapes(one, other):
    assert shape(one) != shape(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Be kind.",
        "Use 3 words.",
        "GPT4 or so",
        "It opens 12 markets, decided 4 times, in 3 decades",
        "a" * 30_000 + " 2026-11-26",
    ],
)
def test_a_text_without_times_and_ids_has_no_shape(text):
    assert shape(text) == ""


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_a_shape_or_none(text):
    found = shape(text)
    assert found == "" or (found.partition(":")[0] in {"time", "id", "time+id"} and len(found.partition(":")[2]) == 16)


ORDER = {"id": 7, "items": [{"name": "kettle", "price": "59.90"}], "note": 'it\'s\n"fine"'}


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_indented_json_is_found_inside_a_text_and_keeps_its_value(value):
    text = f"Here it is:\n{json.dumps(value, indent=2)}\nAnswer in one word."
    short = compacted(text)
    if short is not None:
        assert len(short) < len(text)
        assert json.loads(short.removeprefix("Here it is:\n").removesuffix("\nAnswer in one word.")) == value
    else:
        assert "\n  " not in json.dumps(value, indent=2)


@pytest.mark.parametrize(
    "text", ["", "{", "[\n  oops", "{\n  'single': 1\n}", json.dumps(ORDER), "a [\n list ] of words"]
)
def test_what_is_no_indented_json_stays(text):
    assert compacted(text) is None


def test_spare_tokens_are_what_compact_json_would_save():
    indented, compact = json.dumps(ORDER, indent=2), json.dumps(ORDER, separators=(",", ":"))
    one, other = (count(system(text)).blocks[0] for text in (indented, compact))
    assert one.spare == one.tokens - other.tokens > 5
    assert other.spare == 0
