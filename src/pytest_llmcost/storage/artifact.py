"""An artifact: the zip archive that a CI run uploaded, from which one file is taken, in memory."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

from pytest_llmcost.errors import RunFileError

MEMBER = "llmcost.json"
"""What an artifact of ours holds, and nothing beside it."""

LARGEST = 20 * 2**20
"""Bytes of a run file from outside: 10,000 calls of long conversations take as many, 30,000 short calls as well."""

_OVERHEAD = 2**16
"""Bytes by which an archive may be larger than what it holds: its directory, and what cannot be compressed."""
_CHUNK = 2**16
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30
"""Bytes of the header that stands before a member, without its name."""

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,  # a method of compression or an extension that Python does not know
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
)
"""What the standard library raises for archives that are none, are cut off, or lie about themselves."""


def unpacked(data: bytes, *, member: str = MEMBER, at_most: int = LARGEST) -> bytes:
    """Return the one file of a zip archive that nobody has to trust; nothing is written anywhere.

    Args:
        data: the archive.
        member: the name that its only entry must have.
        at_most: bytes of the file. They are counted while it is unpacked, whatever the archive says of its size.

    Raises:
        RunFileError: one line, for anything else than an archive of this one plain file.
    """
    if len(data) > at_most + _OVERHEAD:
        raise _refused(f"it has {len(data):,} bytes, and {at_most:,} unpacked are the most", member)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive, _only(archive, member), at_most)
    except _UNREADABLE:
        raise _refused("it is no zip archive that can be read", member) from None


def _only(archive: zipfile.ZipFile, member: str) -> zipfile.ZipInfo:
    """Return the entry of the file. No name of the archive is told: it may be anything."""
    entries = archive.infolist()
    if len(entries) != 1:
        raise _refused(f"it holds {len(entries):,} entries", member)
    (entry,) = entries
    if entry.orig_filename != member:
        raise _refused("its entry has another name", member)
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise _refused("its entry is no plain file", member)
    if entry.flag_bits & _ENCRYPTED:
        raise _refused("its entry is encrypted", member)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused("its entry is compressed in an unusual way", member)
    end = entry.header_offset + _LOCAL_HEADER + len(member) + entry.compress_size
    if entry.header_offset or end > archive.start_dir:
        raise _refused("its entry lies where it cannot be", member)
    return entry


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, at_most: int) -> bytes:
    """Unpack chunk by chunk, and stop at the limit; at the end, the checksum has been compared."""
    stated = entry.file_size
    if stated > at_most:
        raise _refused(f"its file has {stated:,} bytes, and {at_most:,} are the most", entry.filename)
    entry.file_size = at_most + 2 * _CHUNK  # Python would stop at what is stated: what there is, is to be counted
    found = bytearray()
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            found += chunk
            if len(found) > at_most:
                raise _refused(f"its file has more than the {at_most:,} bytes that are the most", entry.filename)
    if len(found) != stated:
        raise _refused("its file is not as long as it says", entry.filename)
    return bytes(found)


def _refused(reason: str, member: str) -> RunFileError:
    return RunFileError(f"the artifact is refused ({reason}): upload one that holds the file {member} and nothing else")
