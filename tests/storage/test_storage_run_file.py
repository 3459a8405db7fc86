"""Run files appear whole or not at all, and what is no run file is one sentence."""

import json
import os
from pathlib import Path

import pytest

from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage import run_file

RUN = {"format": "pytest-llmcost/run", "version": 1, "totals": {"cost_usd": "0.5"}}


def names(folder):
    return sorted(found.name for found in folder.iterdir())


def test_what_is_written_in_pieces_is_read_back(tmp_path):
    path = tmp_path / "reports" / "llmcost.json"

    run_file.write(path, json.JSONEncoder().iterencode(RUN))

    assert run_file.read(path) == RUN
    assert names(path.parent) == ["llmcost.json"]


def test_the_old_file_stays_when_the_report_breaks_off(tmp_path):
    path = tmp_path / "llmcost.json"
    path.write_text("old")

    def pieces():
        yield "{"
        raise LookupError("no more")

    with pytest.raises(LookupError):
        run_file.write(path, pieces())
    assert path.read_text() == "old"
    assert names(tmp_path) == ["llmcost.json"]


def test_nobody_sees_half_a_report(tmp_path):
    path = tmp_path / "llmcost.json"
    path.write_text("old")
    seen = []

    def pieces():
        for piece in ("a", "b"):
            yield piece * 100_000
            seen.append(path.read_text())

    run_file.write(path, pieces())

    assert seen == ["old", "old"]
    assert path.read_text() == "a" * 100_000 + "b" * 100_000


def test_a_new_file_has_the_permissions_that_the_user_gives_new_files(tmp_path):
    before = os.umask(0o027)
    try:
        run_file.write(tmp_path / "llmcost.json", ["{}"])
    finally:
        os.umask(before)

    assert (tmp_path / "llmcost.json").stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    read_end, write_end = os.pipe()
    try:
        run_file.write(Path(f"/dev/fd/{write_end}"), ["to the pipe"])
        assert os.read(read_end, 100) == b"to the pipe"
    finally:
        os.close(read_end)
        os.close(write_end)


def test_the_null_device_stays_a_device():
    run_file.write(Path(os.devnull), ["gone"])

    assert run_file.writable(Path(os.devnull)) is None
    assert not Path(os.devnull).is_file()


@pytest.fixture
def unwritable(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    return {
        "folder": "it is a folder",
        "file/llmcost.json": "not a directory",
        "x" * 300: "file name too long",
        "/proc/llmcost.json": "no such file or directory",
    }


def test_the_reason_why_a_report_cannot_be_written_is_known_up_front(tmp_path, unwritable):
    assert {name: run_file.writable(tmp_path / name) for name in unwritable} == unwritable
    assert "embedded null" in (run_file.writable(tmp_path / "a\0b") or "")  # Python 3.13 words it in another way


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path, unwritable):
    for name in unwritable:
        with pytest.raises(RunFileError, match=r"cannot be written \(.*\): choose another path for the report$"):
            run_file.write(tmp_path / name, ["{}"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named_up_front(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)

    assert run_file.writable(tmp_path / "locked" / "llmcost.json") == "permission denied"


def test_looking_whether_a_report_can_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "there.json").write_text("old")

    assert run_file.writable(tmp_path / "there.json") is None
    assert run_file.writable(tmp_path / "not" / "yet" / "there.json") is None
    assert names(tmp_path) == ["there.json"]
    assert (tmp_path / "there.json").read_text() == "old"


def test_a_run_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(
        RunFileError, match=r"llmcost.json does not exist: write a new one with pytest --llmcost --llmc"
    ):
        run_file.read(tmp_path / "llmcost.json")


def test_a_folder_is_no_run_file(tmp_path):
    with pytest.raises(RunFileError, match=r"cannot be read \(is a directory\): write a new one"):
        run_file.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b'{"format"', r"llmcost.json is not JSON \(line 1, column 10: Expecting ':' delimiter\): write a new one"),
        (b"\xff", r"llmcost.json is not UTF-8 text \(byte 0\)"),
        (b"3", "llmcost.json is not a run file of pytest-llmcost: name another file"),
        (b'{"format": "pytest-llmcost/baseline", "version": 1}', "llmcost.json is not a run file of pytest-llmcost"),
        (
            b'{"format": "pytest-llmcost/run", "version": 2}',
            "llmcost.json has format version 2, and 1 is the newest known",
        ),
        (b'{"format": "pytest-llmcost/run", "version": "1"}', "llmcost.json has no format version that can be read"),
    ],
)
def test_what_is_no_run_file_of_this_version_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "llmcost.json"
    path.write_bytes(text)

    with pytest.raises(RunFileError, match=sentence) as caught:
        run_file.read(path)
    assert "\n" not in str(caught.value)
