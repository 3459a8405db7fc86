"""Rows of calls are read one by one where they stand as we write them, and like any JSON where they do not."""

import json
from dataclasses import replace

import pytest

from pytest_llmcost.errors import RunFileError
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.storage import run_file
from pytest_llmcost.storage.call_rows import CallRows
from pytest_llmcost.storage.run_report import report as read_back


@pytest.fixture
def text(kept_run):
    return "".join(chunks(kept_run, {}))


def read(text):
    return run_file.loads(text.encode("utf-8"), source="llmcost.json")


@pytest.mark.parametrize("layout", [{}, {"indent": 1}, {"separators": (",", ":")}, {"sort_keys": True, "indent": 0}])
def test_a_file_that_another_tool_has_laid_out_is_read_the_same(kept_run, text, layout):
    document = read(json.dumps(json.loads(text), **layout))
    assert not isinstance(document["calls"], CallRows) or layout.get("indent") == 0
    assert read_back(document) == kept_run


def test_our_own_layout_is_read_row_by_row(kept_run, text):
    document = read(text)
    assert isinstance(document["calls"], CallRows)
    assert read_back(document) == kept_run


def test_a_file_without_calls_is_read(kept_run):
    empty = replace(kept_run, calls=(), run=None)
    assert read_back(read("".join(chunks(empty, {})))) == empty


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(kept_run, text):
    assert read_back(read("\ufeff" + text)) == kept_run
    assert read_back(read(text.replace("\n", "\r\n"))) == kept_run


def test_equal_rows_become_one_profile(kept_run):
    many = replace(kept_run, calls=kept_run.calls[:1] * 5, run=None)
    profiles = {id(one.call.profile) for one in read_back(read("".join(chunks(many, {})))).calls}
    assert len(profiles) == 1


def test_a_test_whose_name_looks_like_the_middle_of_a_row_keeps_it(kept_run):
    one = kept_run.calls[0]
    odd = replace(one, call=replace(one.call, test='t.py::test[,"feature":"x"]'))
    report = replace(kept_run, calls=(odd,), run=None)
    assert read_back(read("".join(chunks(report, {})))) == report


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"index":1,', '"index":01,'),
        ('"stream":true', '"stream":True'),
        ("},\n{", "}\n{"),
        ('"phase":"call",', '"phase":"call"'),
    ],
)
def test_a_row_that_is_no_json_is_told_with_its_line(text, old, new):
    assert old in text
    with pytest.raises(RunFileError, match=r"llmcost.json is not JSON \(line 1[0-9], column [0-9]+: ") as refusal:
        read_back(read(text.replace(old, new, 1)))
    assert "\n" not in str(refusal.value)


def test_a_row_that_is_not_utf_8_is_told(text):
    broken = text.encode("utf-8").replace(b'"phase":"call"', b'"phase":"c\xffll"', 1)
    with pytest.raises(RunFileError, match="is not UTF-8 text"):
        read_back(run_file.loads(broken, source="llmcost.json"))


def test_a_row_that_spans_lines_is_read(kept_run, text):
    assert read_back(read(text.replace('"index":1,', '"index":1,\n', 1))) == kept_run


def test_a_wrong_value_in_a_row_is_told_with_its_place(text):
    with pytest.raises(RunFileError, match=r"calls\[1\]\.stream is not true or false"):
        read_back(read(text.replace('"stream":true', '"stream":1', 1)))
    with pytest.raises(RunFileError, match=r"calls\[1\]\.index is not a count"):
        read_back(read(text.replace('"index":1,', '"index":-1,', 1)))
