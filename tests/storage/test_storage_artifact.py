"""An artifact gives one plain file, or is refused in one line, whatever it says of itself."""

import io
import random
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage.artifact import LARGEST, unpacked

TEXT = b'{"format": "pytest-llmcost/run", "version": 1}' * 20


def packed(*members, method=zipfile.ZIP_DEFLATED):
    """Return an archive of (name or entry, bytes) pairs."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def streamed(data):
    """Return an archive as upload-artifact writes it: the sizes stand behind the file, not before it."""

    class Stream(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise OSError

    target = Stream()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("llmcost.json", data)
    return target.getvalue()


def refused(data, **more):
    """Return the one line that refuses an archive."""
    with pytest.raises(RunFileError) as caught:
        unpacked(data, **more)
    line = str(caught.value)
    assert line.startswith("the artifact is refused (")
    assert line.endswith("): upload one that holds the file llmcost.json and nothing else")
    assert "\n" not in line
    assert len(line) < 250
    return line


def entry(name="llmcost.json", **more):
    found = zipfile.ZipInfo(name)
    found.compress_type = zipfile.ZIP_DEFLATED
    for key, value in more.items():
        setattr(found, key, value)
    return found


def edited(data, place, *values, form="<L"):
    """Overwrite fields of the one entry in the central directory."""
    at = data.rindex(b"PK\x01\x02") + place
    return data[:at] + b"".join(struct.pack(form, one) for one in values) + data[at + 4 * len(values) :]


@pytest.mark.parametrize("data", [packed(("llmcost.json", TEXT)), streamed(TEXT)], ids=["plain", "streamed"])
def test_the_file_of_an_artifact_comes_out_as_it_went_in(data):
    assert unpacked(data) == TEXT


def test_a_stored_file_comes_out_too():
    assert unpacked(packed(("llmcost.json", TEXT), method=zipfile.ZIP_STORED)) == TEXT


def test_a_file_of_another_name_can_be_expected():
    assert unpacked(packed(("run.json", TEXT)), member="run.json") == TEXT


def test_nothing_is_written_to_the_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    unpacked(packed(("llmcost.json", TEXT)))
    assert list(tmp_path.iterdir()) == []


def test_an_artifact_with_a_zip_bomb_is_refused_with_one_line():
    data = packed(("llmcost.json", bytes(200 * 2**20)))
    assert len(data) < 2**18
    assert "its file has 209,715,200 bytes, and 20,971,520 are the most" in refused(data)


def test_a_zip_bomb_that_lies_about_its_size_is_counted_while_it_is_unpacked():
    data = edited(packed(("llmcost.json", bytes(200 * 2**20))), 24, 1000)
    tracemalloc.start()
    began = time.perf_counter()
    try:
        assert "its file has more than the 20,971,520 bytes that are the most" in refused(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * LARGEST
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("stated", [0, 100, 2000])
def test_a_file_that_is_not_as_long_as_it_says_is_refused(stated):
    assert "its file is not as long as it says" in refused(edited(packed(("llmcost.json", TEXT)), 24, stated))


def test_a_file_is_as_large_as_it_may_be():
    assert len(unpacked(packed(("llmcost.json", bytes(1000))), at_most=1000)) == 1000
    assert "1,001 bytes" in refused(packed(("llmcost.json", bytes(1001))), at_most=1000)


def test_an_archive_that_is_larger_than_its_file_may_be_is_not_even_opened():
    assert "it has 70,000 bytes" in refused(bytes(70_000), at_most=1000)


@pytest.mark.parametrize(
    "name",
    [
        "../llmcost.json",
        "/llmcost.json",
        "a/llmcost.json",
        "a\\llmcost.json",
        "LLMCOST.JSON",
        "llmcost.json/",
        "x" * 60_000,
    ],
    ids=["above", "root", "folder", "backslash", "capitals", "directory", "long"],
)
def test_an_artifact_with_a_path_escape_is_refused_with_one_line(name):
    assert "its entry has another name" in refused(packed((name, TEXT)))


def test_a_name_that_goes_on_after_a_null_byte_is_another_name():
    data = packed(("llmcost.json.evil", TEXT)).replace(b"llmcost.json.evil", b"llmcost.json\0evil")
    assert "its entry has another name" in refused(data)


def test_two_names_for_one_entry_are_refused():
    """The name before the file, which other programs go by, is not that of the directory."""
    data = packed(("llmcost.json", TEXT))
    assert "that can be read" in refused(data.replace(b"llmcost.json", b"../other.jso", 1))


@pytest.mark.parametrize("count", [0, 2, 500])
def test_more_or_less_than_one_entry_is_refused(count):
    data = packed(*[("llmcost.json" if not n else f"other-{n}", TEXT) for n in range(count)])
    assert f"it holds {count} entries" in refused(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused():
    assert "it holds 2 entries" in refused(packed(("llmcost.json", TEXT), ("llmcost.json", b"{}")))


def test_entries_that_overlap_are_refused():
    """Two entries of one place: what makes bombs of a few kilobytes."""
    data = packed(("llmcost.json", TEXT))
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    row = data[start:end]
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(row), start, 0)
    assert "it holds 2 entries" in refused(data[:start] + row + row + tail)


def test_an_entry_that_reaches_into_the_directory_is_refused():
    data = packed(("llmcost.json", TEXT), method=zipfile.ZIP_STORED)
    assert "its entry lies where it cannot be" in refused(edited(data, 20, len(TEXT) + 20, len(TEXT) + 20))


def test_an_entry_that_does_not_stand_first_is_refused():
    assert "its entry lies where it cannot be" in refused(b"#!/bin/sh\n" + packed(("llmcost.json", TEXT)))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFBLK])
def test_links_folders_and_devices_are_refused(kind):
    assert "no plain file" in refused(packed((entry(external_attr=(kind | 0o777) << 16), TEXT)))


def test_an_encrypted_entry_is_refused():
    data = packed(("llmcost.json", TEXT))
    at = data.rindex(b"PK\x01\x02") + 8
    assert "is encrypted" in refused(data[:at] + b"\x01" + data[at + 1 :])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_compression_is_refused(method):
    assert "unusual" in refused(packed(("llmcost.json", TEXT), method=method))


def test_a_wrong_checksum_is_refused():
    assert "that can be read" in refused(edited(packed(("llmcost.json", TEXT)), 16, zlib.crc32(b"another")))


@pytest.mark.parametrize("data", [b"", b"not a zip", TEXT, b"PK\x05\x06" + bytes(17), bytes(1000)])
def test_what_is_no_zip_is_refused(data):
    assert "it is no zip archive that can be read" in refused(data)


def test_an_archive_that_is_cut_off_anywhere_is_refused():
    data = packed(("llmcost.json", TEXT))
    for length in range(len(data)):
        refused(data[:length])


@given(st.integers(0, 2**32))
def test_no_damage_gives_anything_but_the_file_or_one_line(seed):
    chance = random.Random(seed)
    data = bytearray(chance.choice([packed(("llmcost.json", TEXT)), streamed(TEXT)]))
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.choice([0, 1, 255, chance.randrange(256)])
    found, told = b"", ""
    try:
        found = unpacked(bytes(data))
    except RunFileError as error:
        told = str(error)
    assert "\n" not in told
    assert len(found) <= len(TEXT)
