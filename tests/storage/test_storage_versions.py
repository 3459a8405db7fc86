"""Versions of one baseline file: the same as reading each of them alone, with equal rows decoded once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage.baseline import dumps, loads
from pytest_llmcost.storage.versions import Versions


def outcome(read, data):
    """The baseline, or the error, of some bytes."""
    try:
        return read(data, source="b.json")
    except BaselineError as error:
        return str(error)


def alike(versions, text):
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    found = outcome(versions.read, data)
    assert found == outcome(loads, data)
    return found


def test_a_version_is_what_it_is_alone(baseline):
    versions = Versions()
    text = dumps(baseline)
    assert alike(versions, text) == replace(baseline, source="b.json")
    assert alike(versions, text) == replace(baseline, source="b.json")


def test_what_two_versions_share_is_the_same_object(baseline, profile, entry):
    versions = Versions()
    first = versions.read(dumps(baseline).encode(), source="a")
    more = replace(baseline, tests={**baseline.tests, "tests/test_new.py::test_new": entry(profile(0), profile(9))})
    second = versions.read(dumps(more, previous=dumps(baseline)).encode(), source="b")
    for test, one in first.tests.items():
        assert second.tests[test] is one
    old = first.tests["tests/test_chat.py::test_greets[de]"].calls[0]
    assert second.tests["tests/test_new.py::test_new"].calls[0] is old


def test_a_known_version_decodes_no_row_again(baseline, monkeypatch):
    versions = Versions()
    text = dumps(baseline).encode()
    versions.read(text, source="b.json")
    monkeypatch.setattr("pytest_llmcost.storage.versions.read_rows", None)
    monkeypatch.setattr("pytest_llmcost.storage.baseline.loads", None)
    assert versions.read(text, source="b.json").tests == baseline.tests


def test_a_row_whose_block_has_changed_is_decoded_again(baseline):
    versions = Versions()
    text = dumps(baseline)
    alike(versions, text)
    assert '["user-0",200],\n' in text
    changed = alike(versions, text.replace('["user-0",200],\n', '["user-0",201],\n'))
    assert changed.tests["tests/test_chat.py::test_mixed"].calls[0].blocks[1].tokens == 201
    assert alike(versions, text).tests["tests/test_chat.py::test_mixed"].calls[0].blocks[1].tokens == 200


def test_a_row_whose_piece_has_changed_is_decoded_again(baseline):
    versions = Versions()
    text = dumps(baseline)
    alike(versions, text)
    changed = alike(versions, text.replace('["system-end",200],\n', '["system-end",7],\n'))
    assert changed.tests["tests/test_chat.py::test_mixed"].calls[0].blocks[0].pieces[1].tokens == 7


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["user-0",200],\n', ""),
        ('["user-0",200],\n', '["user-0",200],\n["user-0",201],\n'),
        ('["user-0",200],\n', '["user-0",200],\n["user-0",200],\n'),
        ('["user-0",200],\n', '["user-0",\n200],\n'),
        ('["user-0",200],\n', '["user-0",true],\n'),
        ('["user-0",200],\n', "[],\n"),
        ('["user-0",200],\n', '{"a":1},\n'),
        ('["user-0",200],\n', '<<<<<<< ours\n["user-0",200],\n=======\n["user-0",201],\n>>>>>>> theirs\n'),
        ('["system-end",200],\n', ""),
        ('"pieces": [\n', '"pieces": [\n["x",1],["y",\n2],\n'),
        ('"version": 1,\n', '"version": 2,\n'),
        ('"version": 1,\n', '"version": 1,\n"tests": [],\n'),
        ('"version": 1,\n', '"version": 1,\n"more": {\n'),
        ('"header": {\n', '"header": {\n"commit": null,\n'),
        ("[]\n]\n}\n", "[]\n]\n}\n}\n"),
        ("[]\n]\n}\n", "[]\n]\n}"),
        ('{\n"format"', '\ufeff{\n"format"'),
        ("\n", "\r\n"),
        (",400],\n", ",400,1],\n"),
        ('"a longer answer"', '"a longer answer", "x"'),
        ('["system","system-1"]', '["system","gone",5]'),
        ('["system","system-1"]', '["system",{}]'),
    ],
)
def test_a_damaged_or_rewritten_version_is_told_as_if_it_were_alone(old, new, baseline):
    text = dumps(baseline)
    assert old in text
    versions = Versions()
    before = alike(versions, text)
    alike(versions, text.replace(old, new))
    assert alike(versions, text) == before
    alike(Versions(), text.replace(old, new))


def test_bytes_that_are_no_text_and_a_file_in_another_layout_are_read_too(baseline):
    versions = Versions()
    text = dumps(baseline)
    assert "not UTF-8" in alike(versions, b"\xff" + text.encode())
    assert alike(versions, json.dumps(json.loads(text))) == replace(baseline, source="b.json")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_sequence_of_edited_files_reads_as_each_of_them_alone(data, baseline):
    start = dumps(baseline).split("\n")
    versions = Versions()
    for _ in range(data.draw(st.integers(1, 4))):
        lines = list(start)
        for _ in range(data.draw(st.integers(0, 3))):
            place = data.draw(st.integers(0, len(lines) - 1))
            other = data.draw(st.integers(0, len(lines) - 1))
            match data.draw(st.sampled_from(["drop", "copy", "digit", "name", "join"])):
                case "drop":
                    del lines[place]
                case "copy":
                    lines.insert(place, lines[other])
                case "digit":
                    lines[place] = lines[place].replace("0", "1", 1)
                case "name":
                    lines[place] = lines[place].replace("user", "system", 1)
                case "join":
                    lines[place : place + 2] = ["".join(lines[place : place + 2])]
            if not lines:
                lines = [""]
        alike(versions, "\n".join(lines))
