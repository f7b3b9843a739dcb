"""The guard lets a log only grow, and forgets nothing that it has admitted."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.transparency.guard import Guard, GuardError
from settlement.transparency.merkle import leaf_hash

ROOT = leaf_hash(b"root")
OTHER = leaf_hash(b"other")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guard"


def test_the_first_admission_begins_the_file(path: Path) -> None:
    assert Guard(path).last() is None
    assert not path.exists()
    Guard(path).admit(0, ROOT)
    assert Guard(path).last() == (0, ROOT)
    assert path.read_text() == f"0 {ROOT.hex()}\n"


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([ROOT, OTHER])), max_size=12))
@settings(max_examples=40, deadline=None)
def test_what_is_admitted_could_have_been_signed_by_one_log(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[int, bytes]]
) -> None:
    """Sizes never fall, and no size has two roots; whatever keeps to that is admitted."""
    guard = Guard(tmp_path_factory.mktemp("guard") / "guard")
    kept: tuple[int, bytes] | None = None
    for size, root in asked:
        if kept is None or size > kept[0] or (size, root) == kept:
            guard.admit(size, root)
            kept = size, root
        else:
            with pytest.raises(GuardError) as caught:
                guard.admit(size, root)
            assert caught.value.reason == "GUARD_REFUSED"
        assert guard.last() == kept


def test_the_last_pair_again_writes_nothing(path: Path) -> None:
    Guard(path).admit(7, ROOT)
    before = path.read_bytes()
    Guard(path).admit(7, ROOT)
    assert path.read_bytes() == before


@given(cut=st.integers(0, 67), zeros=st.integers(0, 5_000))
@settings(max_examples=40, deadline=None)
def test_a_torn_last_line_was_never_signed_and_is_cut(
    tmp_path_factory: pytest.TempPathFactory, cut: int, zeros: int
) -> None:
    path = tmp_path_factory.mktemp("guard") / "guard"
    Guard(path).admit(7, ROOT)
    whole = path.read_bytes()
    with path.open("ab") as file:
        file.write(f"90 {OTHER.hex()}".encode()[:cut] + bytes(zeros))
    assert Guard(path).last() == (7, ROOT)
    with pytest.raises(GuardError):
        Guard(path).admit(7, OTHER)
    Guard(path).admit(8, OTHER)
    assert path.read_bytes() == whole + f"8 {OTHER.hex()}\n".encode()


def test_a_torn_first_line_is_cut_too(path: Path) -> None:
    path.write_bytes(b"12 abc")
    assert Guard(path).last() is None
    Guard(path).admit(1, ROOT)
    assert path.read_text() == f"1 {ROOT.hex()}\n"


@pytest.mark.parametrize(
    "damage",
    [
        b"\n",
        b"7\n",
        b"07 " + ROOT.hex().encode() + b"\n",
        b"7 " + ROOT.hex().upper().encode() + b"\n",
        b"7 " + ROOT.hex().encode()[:-1] + b"\n",
        b"7 " + ROOT.hex().encode() + b"\r\n",
        b"x" * 70_000,
        b"x" * 70_000 + b"\n",
    ],
)
def test_a_damaged_guard_admits_nothing(path: Path, damage: bytes) -> None:
    Guard(path).admit(1, ROOT)
    with path.open("ab") as file:
        file.write(damage)
    before = path.read_bytes()
    with pytest.raises(GuardError):
        Guard(path).last()
    with pytest.raises(GuardError):
        Guard(path).admit(2**62, ROOT)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("size", "root"), [(-1, ROOT), (2**63, ROOT), (1, b""), (1, ROOT + b"\x00")])
def test_what_is_no_tree_head_is_refused(path: Path, size: int, root: bytes) -> None:
    with pytest.raises(GuardError):
        Guard(path).admit(size, root)
    assert Guard(path).last() is None


def test_only_the_end_of_a_long_file_matters(path: Path) -> None:
    path.write_text("".join(f"{size} {ROOT.hex()}\n" for size in range(5_000)))
    assert Guard(path).last() == (4_999, ROOT)
    Guard(path).admit(5_000, OTHER)
    assert Guard(path).last() == (5_000, OTHER)


RACER = """
import sys
from pathlib import Path
from settlement.transparency.guard import Guard, GuardError
guard, root = Guard(Path(sys.argv[1])), bytes([int(sys.argv[2])]) * 32
print("ready", flush=True)
sys.stdin.readline()
for size in range(400):
    try:
        guard.admit(size, root)
        print(size)
    except GuardError:
        pass
"""


def test_of_two_processes_only_one_may_sign_a_size(path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(path), str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        for each in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    signed = [set(racer.communicate()[0].split()) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert not signed[0] & signed[1]
    lines = path.read_text().splitlines()
    assert {line.split()[0] for line in lines} == signed[0] | signed[1]
    sizes = [int(line.split()[0]) for line in lines]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 399


def test_a_line_that_never_reached_the_disk_is_written_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an fsync that failed the kernel may call the page clean: only bytes written anew go to the disk."""
    Guard(path).admit(1, ROOT)

    def fail(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            Guard(path).admit(2, ROOT)
    assert Guard(path).last() == (1, ROOT)
    Guard(path).admit(2, ROOT)
    assert Guard(path).last() == (2, ROOT)
