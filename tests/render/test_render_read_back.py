"""A run file read back: the same report, drawn the same; or one sentence on what is wrong with it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Profile
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.render.html import html
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.render.terminal import lines
from pytest_llmcost.storage import run_file
from pytest_llmcost.storage.run_report import report as read_back


def written(report, declared=None):
    return json.loads("".join(chunks(report, declared or {})))


@pytest.mark.parametrize("detail", ["features", "tests", "calls"])
def test_a_report_read_back_is_drawn_as_the_original(report, declared, tmp_path, detail):
    path = tmp_path / "llmcost.json"
    run_file.write(path, chunks(report, declared))
    back = read_back(run_file.read(path))
    assert list(lines(back, width=80, detail=detail)) == list(lines(report, width=80, detail=detail))
    assert markdown(back) == markdown(report)
    assert html(back) == html(report)


def test_a_report_read_back_is_written_as_the_original(report):
    config = dict.fromkeys(["x"], 1)
    text = "".join(chunks(report, config))
    assert "".join(chunks(read_back(json.loads(text)), config)) == text


def test_a_report_with_lone_surrogates_survives_the_file(rich, spoiled, tmp_path):
    hostile = spoiled(rich, "\udce9\x1b[31m")
    path = tmp_path / "llmcost.json"
    run_file.write(path, chunks(hostile, {}))
    assert read_back(run_file.read(path)).findings == hostile.findings


def test_everything_but_the_text_blocks_comes_back(report):
    back = read_back(written(report))
    assert replace(back, calls=()) == replace(report, calls=(), features=back.features)
    for was, came in zip(report.calls, back.calls, strict=True):
        profile = Profile(
            product=was.call.profile.product,
            usage=was.call.profile.usage,
            usage_source=was.call.profile.usage_source,
            input_tokens_upper=was.call.profile.input_tokens_upper,
            prompt=was.call.profile.prompt,
            blocks=came.call.profile.blocks,
        )
        assert came == replace(was, call=replace(was.call, profile=profile))
        assert came.call.profile.segments == was.call.profile.segments


def test_blocks_come_back_without_a_name_so_they_match_no_baseline(rich):
    blocks = read_back(written(rich)).calls[0].call.profile.blocks
    assert blocks == (Block(Segment.SYSTEM, "", 830), Block(Segment.HISTORY, "", 311), Block(Segment.USER, "", 93))


def test_keys_of_a_later_version_are_ignored(rich):
    data = written(rich)
    data["later"] = data["calls"][0]["later"] = data["totals"]["later"] = {"anything": 1}
    assert read_back(data) == read_back(written(rich))


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("verdict",), "perhaps", "verdict is not a word"),
        (("calls", 1, "usage", "input_tokens"), "12", "calls[1].usage.input_tokens is not a count"),
        (("calls", 1, "usage", "image_count"), -1, "calls[1].usage.image_count is not a count"),
        (("calls", 0, "status"), 2**60, "calls[0].status is not a whole number"),
        (("calls", 0, "index"), True, "calls[0].index is not a count"),
        (("calls", 0, "cost_usd"), 0.25, "calls[0].cost_usd is not an amount"),
        (("calls", 0, "cost_usd"), "-1", "calls[0].cost_usd is not an amount"),
        (("calls", 0, "cost_usd"), "1E+9", "calls[0].cost_usd is not an amount"),
        (("calls", 0, "cost_usd"), "\u0661", "calls[0].cost_usd is not an amount"),
        (("calls", 0, "origin"), "elsewhere", "calls[0].origin is not a word"),
        (("calls", 0, "stream"), 1, "calls[0].stream is not true or false"),
        (("calls", 2), [], "calls[2] is not an object"),
        (("calls",), {}, "calls is not a list"),
        (("tests", 0, "features"), [1], "tests[0].features is not a list of texts"),
        (("tests", 0, "weight"), float("nan"), "tests[0].weight is not a number from 0"),
        (("features", 0, "requests_per_month"), float("inf"), "features[0].requests_per_month is not a number"),
        (("features", 0, "monthly_usd", "base"), 3, "features[0].monthly_usd.base is not an amount"),
        (("scenarios", "base"), None, "scenarios.base is not an object"),
        (("findings", 0, "message"), None, "findings[0].message is not a text"),
        (("comparison", "base", "source"), 4, "comparison.base.source is not a text"),
        (("totals", "groups", 0, "calls"), 2**60, "totals.groups[0].calls is not a count"),
        (("config",), None, "config is not an object"),
    ],
)
def test_a_wrong_type_is_refused_with_its_place(rich, path, value, place):
    data = written(rich)
    *outer, last = path
    table = data
    for key in outer:
        table = table[key]
    table[last] = value
    with pytest.raises(RunFileError) as refusal:
        read_back(data)
    assert place in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_key_is_refused_with_its_place(rich):
    data = written(rich)
    del data["features"][1]["samples"]
    with pytest.raises(RunFileError, match=r"features\[1\]\.samples"):
        read_back(data)


def test_a_hostile_key_does_not_reach_the_terminal(rich):
    data = written(rich)
    data["scenarios"]["\x1b[2J"] = 1
    with pytest.raises(RunFileError) as refusal:
        read_back(data)
    assert str(refusal.value).isprintable()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=3,
)


@given(data=st.data())
def test_whatever_stands_anywhere_in_the_file_is_read_and_drawn_or_refused(rich, data):
    document = written(rich)
    table, value = document, document
    while value and isinstance(value, dict | list) and (table is document or data.draw(st.booleans())):
        table = value
        key = data.draw(st.sampled_from(sorted(table) if isinstance(table, dict) else range(len(table))))
        value = table[key]
    table[key] = data.draw(ANYTHING)
    try:
        back = read_back(document)
    except RunFileError as refusal:
        assert str(refusal).isprintable()  # noqa: PT017 - both ways out are right
        return
    assert list(lines(back, width=80, detail="calls"))
    assert markdown(back)
    assert html(back)
