"""A run file read back: the same report, drawn the same; or one sentence on what is wrong with it."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.currency import USD
from pytest_llmcost.core.settings import Settings
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.html import html
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.place import Place
from pytest_llmcost.render.run_config import declared
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.render.terminal import lines
from pytest_llmcost.storage import run_file
from pytest_llmcost.storage.run_report import report as read_back
from pytest_llmcost.storage.run_report import run as run_back
from pytest_llmcost.storage.run_settings import settings


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
    assert comment(back, Place(base="main")) == comment(report, Place(base="main"))


def test_a_report_read_back_is_written_as_the_original(report):
    config = dict.fromkeys(["x"], 1)
    text = "".join(chunks(report, config))
    assert "".join(chunks(read_back(json.loads(text)), config)) == text


def test_a_report_with_lone_surrogates_survives_the_file(rich, spoiled, tmp_path):
    hostile = spoiled(rich, "\udce9\x1b[31m")
    path = tmp_path / "llmcost.json"
    run_file.write(path, chunks(hostile, {}))
    assert read_back(run_file.read(path)).findings == hostile.findings


def test_a_report_read_back_equals_the_original(report, declared, tmp_path):
    path = tmp_path / "llmcost.json"
    run_file.write(path, chunks(report, declared))
    assert read_back(run_file.read(path)) == report
    assert read_back(written(report, declared)) == report


@pytest.mark.parametrize("usd", ["0", "12.5"])
def test_what_is_ignored_comes_back(rich, usd):
    report = replace(rich, ignore_below_usd=Decimal(usd))
    assert read_back(written(report)) == report
    assert settings(written(report, declared(Settings()))).ignore_below_usd == Decimal(usd)


def test_a_run_file_from_before_scenarios_were_compared_is_read(kept_run):
    data = written(kept_run)
    del data["config"]["ignore_below_usd"]
    for key in ("scenarios", "tests"):
        del data["comparison"][key]
    before = replace(kept_run.comparison, scenarios={}, tests=())
    assert read_back(data) == replace(kept_run, comparison=before)


def test_the_segments_of_a_call_read_back_are_those_of_its_blocks(kept_run):
    back = read_back(written(kept_run))
    assert [one.call.profile.segments for one in back.calls] == [one.call.profile.segments for one in kept_run.calls]


def test_a_run_file_gives_the_run_that_it_was_made_of(kept_run):
    assert run_back(written(kept_run)) == kept_run.run


def test_a_report_of_nobody_knows_which_run_has_no_run(rich):
    assert read_back(written(rich)).run is None
    with pytest.raises(RunFileError, match="session is not an object"):
        run_back(written(rich))


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
        (("calls", 0, "prompt_sha256"), "0" * 64, "calls[0].prompt_sha256 is not in the list of prompts"),
        (("calls", 3, "blocks", 0, 1), "unknown", "calls[3].blocks is not a list of segments and names of blocks"),
        (("calls", 3, "blocks", 0, 0), "elsewhere", "calls[3].blocks is not a list of segments"),
        (("calls", 1, "recorded", "usage"), {}, "calls[1].recorded.usage.input_tokens is not a count"),
        (("calls", 1, "note"), 3, "calls[1].note is not a text"),
        (("calls", 0, "stated_usd"), 0.5, 'calls[0].stated_usd is not an amount such as "0.25"'),
        (("calls", 0, "tools_called"), [3], "calls[0].tools_called is not a list of texts"),
        (("prompts", "a7" * 32), 3, "prompts." + "a7" * 30 + " is not a list of segments"),
        (("prompts", "a7" * 32, 0), ["system", "e" * 16, -1], "prompts." + "a7" * 30 + " is not a list"),
        (("blocks", "c"), -1, "blocks.c is not a count"),
        (("blocks", "e" * 16, 1, 0), "unknown", f"blocks.{'e' * 16} is not a count, or a count and names of pieces"),
        (("pieces", "1" * 16), True, f"pieces.{'1' * 16} is not a count"),
        (("session", "tests", 1, 2), "lucky", "session.tests[1] is not test, attempt, outcome, weight and feature"),
        (("session", "tests", 1, 3), "1E+999999", "session.tests[1] is not test, attempt"),
        (("session", "tests", 1, 3), "-1", "session.tests[1] is not test, attempt"),
        (("session", "searched"), "all", "session.searched is not a list of texts"),
        (("texts", "c"), None, "texts.c is not a text"),
        (("comparison", "features", 1, "causes", 0, "monthly_usd"), "- 1", "causes[0].monthly_usd is not an amount"),
        (("comparison", "features", 1, "causes", 0, "kind"), "weather", "causes[0].kind is not a word"),
        (("advice", 0, "monthly_usd"), "-1", "advice[0].monthly_usd is not an amount"),
    ],
)
def test_a_wrong_type_is_refused_with_its_place(kept_run, path, value, place):
    data = written(kept_run)
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
def test_whatever_stands_anywhere_in_the_file_is_read_and_drawn_or_refused(kept_run, data):
    document = written(kept_run)
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


def test_the_bounds_of_estimates_are_read_back_and_drawn(rich, tmp_path):
    feature = rich.features[0]
    use = replace(feature.budgets[0], estimate=feature.budgets[0].actual - 1)
    bound = feature.monthly_usd[rich.headline] + 1000
    feature = replace(feature, monthly_upper_usd=bound, budgets=(use, *feature.budgets[1:]))
    call = rich.calls[0]
    profile = replace(call.call.profile, output_tokens_upper=999)
    call = replace(call, call=replace(call.call, profile=profile))
    estimated = replace(rich, features=(feature, *rich.features[1:]), calls=(call, *rich.calls[1:]))
    path = tmp_path / "llmcost.json"
    run_file.write(path, chunks(estimated, {}))
    back = read_back(run_file.read(path))
    assert (back.features[0].budgets[0].estimate, back.features[0].monthly_upper_usd) == (use.estimate, bound)
    assert back.calls[0].call.profile.output_tokens_upper == 999
    assert f"{USD.draw(feature.monthly_usd[rich.headline])} to {USD.draw(bound)}" in "\n".join(
        line.text for line in lines(back, width=120, detail="features")
    )
