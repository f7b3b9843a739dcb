"""The manifest: SHA-256 of every file but itself, in the format of `sha256sum`."""

import re
from hashlib import sha256

from coalition.audit.archive import ArchiveError, ArchiveReader
from coalition.audit.checks import Check, Report
from coalition.audit.layout import MANIFEST
from coalition.audit.watch import Watch

_LINE = re.compile(r"([0-9a-f]{64})  (\S+)", re.ASCII)


def check_manifest(archive: ArchiveReader, report: Report, watch: Watch) -> set[str]:
    """Compares every file with the manifest, both ways. Returns the names of those found to be unreadable."""
    unreadable: set[str] = set()
    stated = _read_manifest(archive, report)
    if stated is None:
        return unreadable
    names = archive.members.keys() - {MANIFEST}
    for name in sorted(stated.keys() - names):
        report.find(Check.MANIFEST, name, "the manifest names it and it is not there")
    for done, name in enumerate(sorted(names), start=1):
        report.count(Check.MANIFEST)
        watch.hashed(done, len(names))
        try:
            digest = sha256(archive.read(name)).hexdigest()
        except (ArchiveError, OSError) as error:
            report.find(Check.ARCHIVE, name, str(error))
            unreadable.add(name)
            continue
        if name not in stated:
            report.find(Check.MANIFEST, name, "the manifest does not name it")
        elif stated[name] != digest:
            report.find(Check.MANIFEST, name, f"its SHA-256 is {digest}, the manifest says {stated[name]}")
    return unreadable


def _read_manifest(archive: ArchiveReader, report: Report) -> dict[str, str] | None:
    """Name to digest; what is not in canonical form is found."""
    if MANIFEST not in archive.members:
        report.find(Check.MANIFEST, MANIFEST, "the file is missing")
        return None
    try:
        content = archive.read(MANIFEST)
    except (ArchiveError, OSError) as error:
        report.find(Check.ARCHIVE, MANIFEST, str(error))
        return None
    lines = content.decode("ascii", errors="replace").split("\n")
    if lines.pop() != "":
        report.find(Check.MANIFEST, MANIFEST, "its last line does not end")
    stated: dict[str, str] = {}
    last = ""
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] <= last:
            report.find(Check.MANIFEST, MANIFEST, f"line {number} is malformed, repeated or out of order")
            continue
        last = match[2]
        stated[last] = match[1]
    return stated
