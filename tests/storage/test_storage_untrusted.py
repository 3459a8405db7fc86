"""A run file from outside: what it recorded, or one line that names the place and repeats nothing of it."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.errors import LlmCostError, RunFileError
from pytest_llmcost.storage import artifact, untrusted
from pytest_llmcost.storage.untrusted import checked, recorded

SOURCE = "the run file of the fork"

CALL = {
    "test": "tests/test_chat.py::test_greets[de]",
    "phase": "call",
    "attempt": 1,
    "index": 0,
    "feature": "chat",
    "provider": "openai",
    "model": "gpt-4o",
    "operation": "chat",
    "requested_model": "gpt-4o",
    "status": 200,
    "outcome": "ok",
    "stream": False,
    "origin": "replayed",
    "usage": {"input_tokens": 30, "output_tokens": 5, "reasoning_tokens": 2},
    "usage_source": "reported",
    "input_tokens_upper": 30,
    "segments": {"system": 30},
    "counted_tokens": 30,
    "reported_tokens": 30,
    "reported_for": 30,
    "cost_usd": "0.1",
    "price_note": "genai-prices: openai/gpt-4o",
    "call_site": "src/app.py:3",
    "prompt_sha256": "ab" * 32,
    "note": "includes tokens of the advisor x",
    "stale_by": -3,
    "replayed_by": "tests/cassettes/test_chat.yaml",
    "tools_called": ["0123456789abcdef"],
    "stated_usd": "99.5",
}
FINDING = {"rule": "lost-worker", "severity": "warning", "subject": "t", "message": "m"}
RUN = {
    "format": "pytest-llmcost/run",
    "version": 1,
    "created_at": "2026-11-27T09:30:00+00:00",
    "plugin_version": "0.1.0",
    "git": {"commit": "a" * 40, "branch": "main", "dirty": False},
    "prices": {"source": "genai-prices", "version": "1", "as_of": "2026-11-27"},
    "verdict": "pass",
    "calls": [CALL],
    "prompts": {"ab" * 32: [["system", "0123456789abcdef"], ["user", "frame:0123456789", 3]]},
    "blocks": {"0123456789abcdef": [27, ["fedcba9876543210"]], "frame:0123456789": 2},
    "pieces": {"fedcba9876543210": 27},
    "session": {
        "tests": [["tests/test_chat.py::test_greets[de]", 1, "passed", "1", None]],
        "findings": [FINDING],
        "missing": [],
        "searched": ["tests/test_chat.py"],
        "gone": [],
        "estimator": "2026-11-21",
    },
    "prompt_files": [
        {
            "path": "prompts/support.md",
            "sha256": "cd" * 32,
            "model": "gpt-4o",
            "encoding": "o200k_base",
            "tokens": 27,
            "tokens_upper": 30,
            "source": "scaled",
            "pattern": "prompts/*.md",
            "max_tokens": 1_000_000,
            "tokens_before": 27,
        }
    ],
    "findings": [],
    "texts": {"0123456789abcdef": "A prompt\nof two lines" * 10_000},
}


def text(change=None, **more):
    """Return the run file, with other keys at the top, and changed in place."""
    run = copy.deepcopy(RUN) | more
    if change is not None:
        change(run)
    return json.dumps(run).encode()


def refused(data):
    with pytest.raises(RunFileError) as caught:
        recorded(data, source=SOURCE)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 300
    assert line.isascii()
    assert line.isprintable()
    return line


def of_call(**more):
    return text(lambda run: run["calls"][0].update(more))


def test_what_was_recorded_comes_out_without_what_others_chose_to_say_about_it():
    run = recorded(text(), source=SOURCE)
    (call,) = run.calls
    assert (call.profile.usage.input_tokens, len(call.profile.blocks), call.note) == (30, 2, None)
    assert call.stated_usd is None
    assert [one.test for one in run.tests] == [CALL["test"]]
    assert run.texts == {}


def test_what_was_judged_or_priced_is_dropped():
    assert checked(text(advice=[], totals={}), source=SOURCE).keys() == set(untrusted.TAKEN)


def test_texts_are_dropped_unread():
    assert recorded(text(texts={"<!-- pytest-llmcost": "<!-- pytest-llmcost \x00"}), source=SOURCE).texts == {}


@pytest.mark.parametrize("key", ["pull_request", "number", "pr", "issue", "texts2", "PR 7 <!--", ""])
def test_a_foreign_pull_request_number_is_refused_with_one_line(key):
    line = refused(text(**{key: 7}))
    told = key if key.isidentifier() else "*"
    assert line == (
        f"{SOURCE} is refused ({told} is a key that this version does not know):"
        " write it anew with pytest --llmcost --llmcost-report=json"
    )


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1" * 400, b"9" * 5000])
def test_nan_and_what_else_is_no_count_is_refused_with_one_line(number):
    line = refused(text().replace(b'"counted_tokens": 30', b'"counted_tokens": ' + number))
    told = (
        "thousands of digits"
        if len(number) > 1000
        else "out of range"
        if number[:1] == b"1" and b"e" not in number
        else ""
    )
    assert (told or "calls[0].counted_tokens is no finite number") in line


@pytest.mark.parametrize("number", [-1, 2**53 + 1, -0.5, 1e300])
def test_numbers_are_in_range_also_in_what_is_dropped(number):
    assert "calls[0].counted_tokens is a number out of range" in refused(of_call(counted_tokens=number))
    assert "totals.calls is a number out of range" in refused(text(totals={"calls": number}))


def test_a_megabyte_name_is_refused_with_one_line():
    line = refused(text(lambda run: run["session"]["tests"][0].__setitem__(0, "x" * 2**20)))
    assert "session.tests[0][0] has 1,048,576 characters, and 1,000 are the most" in line
    assert "calls[0].model has 1,048,576 characters" in refused(of_call(model="x" * 2**20))


def test_a_megabyte_key_is_refused_with_one_line():
    assert "blocks.* has 1,048,576 characters" in refused(text(blocks={"x" * 2**20: 1}))


@pytest.mark.parametrize(
    "marker", ["<!-- pytest-llmcost id=default -->", "a\u200b<!--  PYTEST-llmcost", "](x)<!--pytest-llmcost-->"]
)
@pytest.mark.parametrize("key", ["test", "model", "call_site", "price_note"])
def test_a_forged_marker_is_refused_with_one_line(key, marker):
    assert f"calls[0].{key} holds the marker of our comments" in refused(of_call(**{key: marker}))


def test_a_forged_marker_in_a_key_is_refused_with_one_line():
    assert "scenarios.* holds the marker" in refused(text(scenarios={"<!-- pytest-llmcost id=x -->": {}}))


@pytest.mark.parametrize("char", ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_control_characters_are_refused(char):
    assert "calls[0].model holds a control character" in refused(of_call(model=f"gpt{char}4"))


def test_names_in_any_language_are_taken():
    assert recorded(of_call(model="模型-👩‍💻-ü"), source=SOURCE).calls[0].profile.product.model == "模型-👩‍💻-ü"


def test_a_key_that_stands_twice_is_refused():
    assert "a key stands twice" in refused(text().replace(b'"phase": "call"', b'"phase": "call", "phase": "setup"'))


@pytest.mark.parametrize("deep", [b"[" * 10**5, b'{"a":' * 10**5, b"[" * 500 + b"]" * 500])
def test_what_is_nested_without_end_is_refused(deep):
    assert "nested too deeply" in refused(text().replace(b'"pass"', deep)) or "is not JSON" in refused(deep)


def test_what_is_nested_more_deeply_than_ours_is_refused():
    assert "verdict.a.a.a.a.a.a.a is nested too deeply" in refused(
        text(verdict=json.loads('{"a":' * 20 + "1" + "}" * 20))
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is not JSON, line 1, column 1"),
        (b"\xff\xfe", "it is not UTF-8 text, byte 0"),
        (b"[]", "it is no JSON object"),
        (b'{"format": "pytest-llmcost/baseline", "version": 1}', "is not a run file"),
        (b'{"format": "pytest-llmcost/run", "version": 99}', "format version 99"),
        (b'{"format": "pytest-llmcost/run", "version": 1}', "prompts is not an object"),
        (text(session=None), "session is not an object"),
        (text(calls={}), "calls is not a list"),
        (text(prompts={"a b": []}), "prompts has a name that is no fingerprint"),
        (of_call(prompt_sha256="c" * 64), "calls[0].prompt_sha256 is not in the list of prompts"),
        (of_call(outcome="::error::x"), "calls[0].outcome is not a word that this version knows"),
        (of_call(usage={"input_tokens": 1, "output_tokens": 1, "reasoning_tokens": 2}), "more reasoning tokens"),
    ],
)
def test_what_is_no_run_file_is_refused(data, told):
    assert told in refused(data)


def test_a_file_is_no_larger_than_an_artifact_may_be(monkeypatch):
    monkeypatch.setattr(untrusted, "LARGEST", 1000)
    assert f"it has {len(text()):,} bytes, and 1,000 are the most" in refused(text())
    assert artifact.LARGEST == 20 * 2**20


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (text(calls=[None] * 30_001), "calls has 30,001 entries, and 30,000 are the most"),
        (text(lambda run: run["session"].update(findings=[FINDING] * 10_001)), "session.findings has 10,001 entries"),
        (text(lambda run: run["session"].update(missing=[""] * 100_001)), "session.missing has 100,001 entries"),
        (text(lambda run: run["session"].update(tests=[0] * 100_001)), "session.tests has 100,001 entries"),
        (text(calls=[CALL | {"model": f"gpt-{n}"} for n in range(201)]), "it calls 201 models, and 200 are the most"),
    ],
    ids=["calls", "findings", "missing", "tests", "models"],
)
def test_there_is_only_so_much_of_everything(data, told):
    assert told in refused(data)


def test_a_small_file_does_not_stand_for_endless_work():
    """One prompt of 3,000 parts in each of 1,000 calls: less than a megabyte, and three million parts to compare."""
    data = text(calls=[CALL] * 1000, prompts={"ab" * 32: [["user", "0123456789abcdef"]] * 3000}, texts={})
    assert len(data) < 10**6
    assert "its prompts have 3,000,000 parts, and 2,000,000 are the most" in refused(data)


PLACES = [
    (),
    ("calls", 0),
    ("calls", 0, "usage"),
    ("session",),
    ("session", "tests", 0),
    ("prompts", "ab" * 32),
    ("prompts", "ab" * 32, 0),
    ("blocks",),
    ("pieces",),
    ("git",),
    ("session", "findings", 0),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(place=st.sampled_from(PLACES), data=st.data())
def test_no_change_of_a_run_file_gives_anything_but_a_run_or_one_line(place, data):
    run = copy.deepcopy(RUN)
    found = run
    for step in place:
        found = found[step]
    keys = list(found) if isinstance(found, dict) else list(range(len(found)))
    found[data.draw(st.sampled_from(keys))] = data.draw(VALUES)
    told = ""
    try:
        recorded(json.dumps(run).encode(), source=SOURCE)
    except LlmCostError as error:
        told = str(error)
    assert told.isascii()
    assert "\n" not in told


@given(st.binary(max_size=200))
def test_no_bytes_give_anything_but_one_line(data):
    with pytest.raises(RunFileError, match=r"\A[^\n]+\Z"):
        recorded(data, source=SOURCE)
