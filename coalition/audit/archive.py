"""A zip whose every byte follows from the names and contents of its members, so that any changed byte can be named.

The format of APPNOTE.TXT (PKWARE), narrowed: members are stored, not compressed (so there are no decompression bombs), in
order of their names, without gaps, extra fields, comments or dates; no zip64, so at most 65,534 members and 4 GiB. Any unzip
reads it.
"""

import re
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self
from zlib import crc32

from settlement.errors import CoalitionError

MEMBERS_MAX = 65_534
ARCHIVE_BYTES_MAX = 2**32 - 2
MEMBER_BYTES_MAX = 64 * 2**20
"""Far more than any file of a bundle: 256 leaves of 65,535 bytes are 16 MiB."""
NAME_BYTES_MAX = 512
_NAME = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*", re.ASCII)
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_VERSION, _UNIX, _DATE = (
    20,
    3 << 8,
    0x21,
)  # zip 2.0; modes are Unix's; 1 January 1980, the first that zip can say
_REGULAR_FILE = 0o100644 << 16


class ArchiveError(CoalitionError):
    """Bytes are no archive of this form, or a member cannot be written or read."""

    def __init__(self, message: str) -> None:
        super().__init__("ARCHIVE_INVALID", message)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; `offset` is where its local header begins."""

    name: str
    size: int
    crc: int
    offset: int

    def local_header(self) -> bytes:
        """The exact bytes before the content."""
        name, size = self.name.encode("ascii"), self.size
        return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, self.crc, size, size, len(name), 0) + name

    def central_header(self) -> bytes:
        """The exact bytes in the central directory."""
        name, size = self.name.encode("ascii"), self.size
        fixed = (b"PK\x01\x02", _UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE, self.crc, size, size, len(name))
        return _CENTRAL.pack(*fixed, 0, 0, 0, 0, _REGULAR_FILE, self.offset) + name

    @property
    def content_offset(self) -> int:
        """Where the content begins."""
        return self.offset + _LOCAL.size + len(self.name)


def is_name(name: str) -> bool:
    """Whether an archive may hold this name: relative, plain ASCII, no step up or sideways."""
    steps = name.split("/")
    return len(name) <= NAME_BYTES_MAX and _NAME.fullmatch(name) is not None and not {".", ".."} & set(steps)


class ArchiveWriter:
    """Takes members in any order, keeps them aside on the disk, and writes them in order at the end."""

    def __init__(self) -> None:
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._members: dict[str, Member] = {}
        self.digests: dict[str, str] = {}
        """Name to SHA-256 in hexadecimal."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._spool.close()

    def add(self, name: str, content: bytes) -> None:
        """Takes one member. ArchiveError for an odd or repeated name, or too many bytes or members."""
        if not is_name(name) or name in self._members or len(content) > MEMBER_BYTES_MAX:
            raise ArchiveError(
                f"an archive cannot hold {name!r} with {len(content)} bytes, or holds it already"
            )
        if len(self._members) == MEMBERS_MAX:
            raise ArchiveError(f"an archive holds at most {MEMBERS_MAX} files")
        self._members[name] = Member(name, len(content), crc32(content), self._spool.tell())
        self.digests[name] = sha256(content).hexdigest()
        self._spool.write(content)

    def write(self, path: Path) -> None:
        """Writes the archive; the file at `path` is there whole or not at all. ArchiveError past 4 GiB, OSError."""
        aside = path.with_name(f".{path.name}.part")
        try:
            with aside.open("wb") as file:
                self._write_to(file)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def _write_to(self, file: BinaryIO) -> None:
        placed = []
        for name in sorted(self._members):
            spooled = self._members[name]
            member = Member(name, spooled.size, spooled.crc, file.tell())
            self._spool.seek(spooled.offset)
            file.write(member.local_header())
            file.write(self._spool.read(member.size))
            placed.append(member)
            if file.tell() > ARCHIVE_BYTES_MAX:
                raise ArchiveError("an archive has at most 4 GiB")
        start = file.tell()
        for member in placed:
            file.write(member.central_header())
        file.write(_end(len(placed), start=start, size=file.tell() - start))


@dataclass(slots=True)
class ArchiveReader:
    """An open archive: its members by name, and `faults`, sentences on every byte that is not as it must be."""

    file: BinaryIO
    members: dict[str, Member] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def read(self, name: str) -> bytes:
        """A member's content. KeyError if it is not there; OSError; ArchiveError if it does not fit its CRC-32."""
        member = self.members[name]
        self.file.seek(member.content_offset)
        content = self.file.read(member.size)
        if len(content) != member.size or crc32(content) != member.crc:
            raise ArchiveError(f"{name} does not fit its CRC-32")
        return content


def read_archive(file: BinaryIO) -> ArchiveReader:
    """Reads an archive's structure strictly. ArchiveError if there is no central directory to go by; other faults are listed."""
    size = file.seek(0, 2)
    if not _END.size <= size <= ARCHIVE_BYTES_MAX + _END.size:
        raise ArchiveError(f"a file of {size} bytes is no archive of this form")
    file.seek(size - _END.size)
    end = file.read(_END.size)
    _, _, _, _, count, directory_size, start, _ = _END.unpack(end)
    if end != _end(count, start=start, size=directory_size) or start + directory_size + _END.size != size:
        raise ArchiveError("the zip does not end with a central directory of this form and its end record")
    file.seek(start)
    reader = ArchiveReader(file)
    listed = list(_directory(file.read(directory_size), reader.faults))
    if len(listed) != count:
        reader.faults.append(
            f"the end record counts {count} files, the central directory lists {len(listed)}"
        )
    _check_places(reader, listed, start)
    return reader


def _end(count: int, *, start: int, size: int) -> bytes:
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, 0)


def _directory(directory: bytes, faults: list[str]) -> Iterator[Member]:
    """The members that the central directory lists; it ends at the first header that cannot be read."""
    at = 0
    while at < len(directory):
        fixed = directory[at : at + _CENTRAL.size]
        if len(fixed) < _CENTRAL.size or fixed[:4] != b"PK\x01\x02":
            faults.append(f"the central directory is damaged at its byte {at}")
            return
        values = _CENTRAL.unpack(fixed)
        crc, size, name_size, offset = values[7], values[9], values[10], values[16]
        name = directory[at + _CENTRAL.size : at + _CENTRAL.size + name_size].decode(
            "ascii", errors="replace"
        )
        if not is_name(name):
            faults.append(f"the central directory names a file {name[:80]!r}, which no bundle holds")
            return
        member = Member(name, size, crc, offset)
        if directory[at : at + _CENTRAL.size + name_size] != member.central_header():
            faults.append(f"the central directory's header of {name} is not in canonical form")
        yield member
        at += _CENTRAL.size + name_size


def _check_places(reader: ArchiveReader, listed: list[Member], start: int) -> None:
    """Members stand one behind the other in order of name, each behind its own local header."""
    place, last = 0, ""
    for member in listed:
        if member.name <= last:
            reader.faults.append(f"{member.name} is repeated or out of order")
        if member.offset != place:
            reader.faults.append(f"{member.name} begins at byte {member.offset}, {place} is due")
        place, last = member.content_offset + member.size, max(last, member.name)
        if place > start or member.size > MEMBER_BYTES_MAX:
            reader.faults.append(f"{member.name} cannot have {member.size} bytes")
            continue
        reader.file.seek(member.offset)
        header = member.local_header()
        if reader.file.read(len(header)) != header:
            reader.faults.append(f"the local header of {member.name} is not in canonical form")
        if member.name not in reader.members:
            reader.members[member.name] = member
    if place != start:
        reader.faults.append(f"the last file ends at byte {place}, the central directory begins at {start}")
