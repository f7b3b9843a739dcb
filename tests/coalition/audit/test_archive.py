"""An archive is the same bytes for the same members, and an ordinary zip to everybody else."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.audit.archive import ArchiveError, ArchiveWriter, is_name, read_archive

NAMES = st.from_regex(r"[a-zA-Z0-9._-]{1,8}(/[a-zA-Z0-9._-]{1,8}){0,2}", fullmatch=True).filter(is_name)
MEMBERS = st.dictionaries(NAMES, st.binary(max_size=80), max_size=6)


def _written(members: dict[str, bytes], path: Path) -> bytes:
    with ArchiveWriter() as archive:
        for name, content in members.items():
            archive.add(name, content)
        archive.write(path)
    return path.read_bytes()


@given(MEMBERS)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes]) -> None:
    whole = _written(members, tmp_path_factory.getbasetemp() / "a.zip")
    reader = read_archive(io.BytesIO(whole))
    assert reader.faults == []
    assert {name: reader.read(name) for name in reader.members} == members


@given(MEMBERS)
def test_other_tools_read_it(tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes]) -> None:
    whole = _written(members, tmp_path_factory.getbasetemp() / "b.zip")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == members


@given(MEMBERS)
def test_the_order_of_adding_leaves_no_trace(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "c.zip"
    assert _written(members, path) == _written(dict(reversed(members.items())), path)


@given(st.data())
def test_no_byte_can_change_unnoticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = _written({"a": b"one", "b/c": b"two", "d": b""}, tmp_path_factory.getbasetemp() / "d.zip")
    place = data.draw(st.integers(0, len(whole) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :]
    with pytest.raises(ArchiveError):  # noqa: PT012 - either the structure or a member gives it away
        reader = read_archive(io.BytesIO(changed))
        for name in reader.members:
            reader.read(name)
        if reader.faults:
            raise ArchiveError(reader.faults[0])


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "../a", "a/../b", "a//b", ".", "a b", "ü", "a\\b", "x" * 513]
)
def test_odd_names_are_not_written(name: str) -> None:
    with ArchiveWriter() as archive, pytest.raises(ArchiveError):
        archive.add(name, b"")


def test_a_name_is_written_once() -> None:
    with ArchiveWriter() as archive:
        archive.add("a", b"")
        with pytest.raises(ArchiveError):
            archive.add("a", b"")
