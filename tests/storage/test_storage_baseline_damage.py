"""What is no baseline, or a damaged one, is one sentence that says where and what to do."""

import json

import pytest

from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage.baseline import FORMAT, dumps, loads, read


def edited(text, change):
    """The file after someone changed its JSON."""
    document = json.loads(text)
    change(document)
    return json.dumps(document)


def test_conflict_markers_are_named(baseline):
    text = dumps(baseline).replace('"calls": [', '<<<<<<< HEAD\n"calls": [\n=======\n"calls": [\n>>>>>>> branch')

    with pytest.raises(
        BaselineError, match=r"^b\.json holds git conflict markers: resolve the merge, or rerun with --llmcost-u"
    ):
        loads(text, source="b.json")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"format": \n oops}',
            r"^b.json is not JSON \(line 2, column 2: Expecting value\): rerun with --llmcost-update-",
        ),
        ("", r"^b.json is not JSON \(line 1, column 1"),
        (b"\xff\xfe{", r"^b.json is not UTF-8 text \(byte 0\): rerun"),
        ("[]", "^b.json is not a baseline of pytest-llmcost: name another file, or rerun"),
        ('{"format": "pytest-llmcost/run", "version": 1}', "^b.json is not a baseline of pytest-llmcost"),
        (f'{{"format": "{FORMAT}", "version": 2}}', "^b.json has format version 2, and 1 is the newest known: upgrade"),
        (
            f'{{"format": "{FORMAT}", "version": 0}}',
            "^b.json has no format version that can be read, only 1 can: rerun",
        ),
        (f'{{"format": "{FORMAT}", "version": true}}', "^b.json has no format version that can be read"),
        (f'{{"format": "{FORMAT}"}}', "^b.json has no format version that can be read"),
        (f'{{"format": "{FORMAT}", "version": 1}}', r"^b.json is damaged \(the section 'accepted' is missing\): rerun"),
        ("[" * 200_000, "^b.json is nested too deeply to be a baseline: rerun"),
        ('{"version": ' + "9" * 5000 + "}", "^b.json cannot be read .*: rerun"),
        (
            '{"version": 1, "version": 1}',
            "^b.json cannot be read .the key 'version' stands twice in one object.: rerun",
        ),
    ],
)
def test_what_is_no_baseline_of_this_version_is_one_sentence(text, sentence):
    with pytest.raises(BaselineError, match=sentence):
        loads(text, source="b.json")


def put(section, row, *path):
    """Return an edit that puts the last of `path` at the place that the rest of it leads to."""

    def change(document):
        node = document[section][row]
        for step in path[:-2]:
            node = node[step]
        node[path[-2]] = path[-1]

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (put("tests", 0, 3, 0, "nobody"), "row 1 of tests refers to the unknown call 'nobody'"),
        (put("tests", 0, 3, 0, 7), "row 1 of tests has something else where a text must stand"),
        (put("tests", 0, 2, ["chat"]), "row 1 of tests has 2 calls and 1 features"),
        (put("tests", 0, 1, "-1"), "row 1 of tests has something else where a decimal number"),
        (put("tests", 0, 1, "NaN"), "row 1 of tests has something else where a decimal number"),
        (put("tests", 0, 1, "1e999999999"), "row 1 of tests has something else where a decimal number"),
        (put("tests", 0, 1, 1.5), "row 1 of tests has something else where a text must stand"),
        (put("calls", 0, 6, 0, 1, "nothing"), "row 1 of calls refers to the unknown block 'nothing'"),
        (put("calls", 0, 6, 0, []), "row 1 of calls has a block that is no pair"),
        (put("calls", 0, 6, 0, 0, "footer"), "row 1 of calls has 'footer' where system, tools"),
        (put("calls", 0, 2, "input_tokens", -1), "row 1 of calls has something else where a count"),
        (put("calls", 0, 2, "input_tokens", True), "row 1 of calls has something else where a count"),
        (put("calls", 0, 2, "input_tokens", 2**53 + 1), "row 1 of calls has something else where a count"),
        (
            put("calls", 0, 2, "video_tokens", 1),
            "row 1 of calls has the unknown key 'video_tokens', perhaps of a newer",
        ),
        (put("calls", 0, 3, "guessed"), "row 1 of calls has 'guessed' where reported, counted"),
        (put("calls", 0, 4, 1.0), "row 1 of calls has something else where a count"),
        (put("calls", 0, 1, {"provider": "openai"}), "row 1 of calls has something else where a text"),
        (put("calls", 0, 1, []), "row 1 of calls has something else where an object"),
        (put("blocks", 0, 1, -1), "row 1 of blocks has something else where a count"),
        (lambda document: document["blocks"][0].extend([1, 2, 3]), "row 1 of blocks does not have 2 or 3 or 4 fields"),
        (lambda document: document["blocks"].append(document["blocks"][0]), "row 6 of blocks repeats 'system-1'"),
        (lambda document: document["calls"].append(document["calls"][0]), "row 6 of calls repeats "),
        (lambda document: document["tests"].append(document["tests"][0]), "row 6 of tests repeats 'tests/test_chat.py"),
        (put("blocks", 0, 2, ["gone"]), "row 1 of blocks refers to the unknown piece 'gone'"),
        (put("accepted", 0, 3, "much"), "row 1 of accepted has something else where a decimal"),
        (put("accepted", 0, 0, "yesterday"), "row 1 of accepted has something else where a day such as 2026-11-30"),
        (put("accepted", 1, 5, "20261130"), "row 2 of accepted has something else where a day such as 2026-11-30"),
        (put("accepted", 1, 5, 20261130), "row 2 of accepted has something else where a day such as 2026-11-30"),
        (lambda document: document.pop("header"), "the section 'header' is missing"),
        (lambda document: document["header"].pop("overheads"), "the section 'overheads' is missing"),
        (put("header", "models", 0, 1, None), "row 1 of models has something else where a text"),
        (put("header", "prompts", 0, 1, 3, "90"), "row 1 of prompts has something else where a count"),
        (put("header", "prompts", 0, 1, 5, "guessed"), "row 1 of prompts has 'guessed' where reported, counted"),
        (put("header", "prompts", 0, 1, []), "row 1 of prompts has something else where the 6 fields"),
        (lambda document: document["header"].update(commit=5), "one of plugin_version, commit, "),
    ],
)
def test_a_damaged_row_is_named(baseline, change, problem):
    with pytest.raises(BaselineError) as caught:
        loads(edited(dumps(baseline), change), source="b.json")

    assert str(caught.value).startswith(f"b.json is damaged ({problem}")
    assert str(caught.value).endswith("): rerun with --llmcost-update-baseline to write a new one")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(baseline):
    text = ("\ufeff" + dumps(baseline)).replace("\n", "\r\n")

    assert loads(text, source=baseline.source) == baseline
    assert loads(text.encode(), source=baseline.source) == baseline


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(
        BaselineError, match=r"none.json does not exist: name another baseline, or rerun with --llmcost-u"
    ):
        read(tmp_path / "none.json")


def test_a_folder_is_no_baseline(tmp_path):
    with pytest.raises(BaselineError, match=r"cannot be read \(is a directory\): name another baseline"):
        read(tmp_path)
