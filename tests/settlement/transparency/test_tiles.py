"""The files are the tree: whatever was appended in whatever steps, and whatever a crash left of the last step."""

import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.transparency import durable, merkle
from settlement.transparency.tiles import TileError, TileStore, entries_path, tile_path

LEAVES = [b"leaf %d " % index + b"." * (index % 7) for index in range(1_200)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def files_in(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items()}


def check_is_log(store: TileStore, size: int) -> None:
    assert store.size() == size
    assert store.root(size) == merkle.root(HASHES[:size])
    assert store.read_entries(0, size) == LEAVES[:size]


@pytest.fixture
def store(tmp_path: Path) -> TileStore:
    return TileStore(tmp_path / "log")


def test_paths_are_those_of_tlog_tiles() -> None:
    assert tile_path(0, 0) == "tile/0/000"
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile_path(3, 1_234_067) == "tile/3/x001/x234/067"
    assert tile_path(63, 1_000, 1) == "tile/63/x001/000.p/1"
    assert entries_path(1_234_067) == "tile/entries/x001/x234/067"
    assert entries_path(999, 255) == "tile/entries/999.p/255"


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_there_is_no_path_for_a_tile_that_cannot_be(level: int, index: int, width: int) -> None:
    with pytest.raises(TileError):
        tile_path(level, index, width)


def test_a_new_log_is_empty(store: TileStore) -> None:
    check_is_log(store, 0)
    assert store.append(0, []) == 0
    check_is_log(store, 0)


def test_the_files_are_those_of_the_standard(tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    assert store.append(0, LEAVES[:258]) == 258
    files = files_in(tmp_path)
    assert set(files) == {
        "tile/entries/000",
        "tile/entries/001.p/2",
        "tile/0/000",
        "tile/0/001.p/2",
        "tile/1/000.p/1",
    }
    assert files["tile/0/000"] == b"".join(HASHES[:256])
    assert files["tile/0/001.p/2"] == b"".join(HASHES[256:258])
    assert files["tile/1/000.p/1"] == merkle.root(HASHES[:256])
    first, second = LEAVES[256], LEAVES[257]
    assert (len(first), len(second)) == (13, 14)
    assert files["tile/entries/001.p/2"] == b"\x00\x0d" + first + b"\x00\x0e" + second


def test_a_partial_tile_stays_until_its_full_tile_is_there(tmp_path: Path) -> None:
    """A checkpoint may have been published for it (tlog-tiles, partial tiles)."""
    store = TileStore(tmp_path)
    store.append(0, LEAVES[:100])
    store.append(100, LEAVES[100:200])
    assert {"tile/0/000.p/100", "tile/0/000.p/200", "tile/entries/000.p/100"} <= set(files_in(tmp_path))
    store.append(200, LEAVES[200:256])
    assert set(files_in(tmp_path)) == {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}


cuts = st.lists(st.integers(1, 500), min_size=1, max_size=6)


@given(cuts, st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_steps_give_the_same_log(steps: list[int], reopen: bool) -> None:
    with TemporaryDirectory() as name:
        store, size = TileStore(Path(name)), 0
        for step in steps:
            leaves = LEAVES[size : size + step]
            size = store.append(size, leaves)
            if reopen:
                store = TileStore(Path(name))
            check_is_log(store, size)
        assert not [each for each in files_in(Path(name)) if each.endswith(".part")]


@given(st.integers(0, 700), st.integers(1, 500), st.integers(0))
@settings(max_examples=25, deadline=None)
def test_a_crash_between_any_files_leaves_a_smaller_log_that_can_go_on(
    before: int, added: int, seed: int
) -> None:
    """Of the files of one append, the power loss kept any: the log has a size between, and the rest can follow."""
    rng = random.Random(seed)
    with TemporaryDirectory() as whole_name, TemporaryDirectory() as crashed_name:
        crashed, whole = Path(crashed_name), Path(whole_name)
        TileStore(crashed).append(0, LEAVES[:before])
        shutil.copytree(crashed, whole, dirs_exist_ok=True)
        TileStore(whole).append(before, LEAVES[before : before + added])
        for each, content in files_in(whole).items():
            if not (crashed / each).exists() and rng.random() < 0.7:
                (crashed / each).parent.mkdir(parents=True, exist_ok=True)
                (crashed / each).write_bytes(content)
        for aside in (crashed / "tile/0/.000.part", crashed / "tile/entries/001.p/.9.part"):
            aside.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(b"torn")
        store = TileStore(crashed)
        size = store.size()
        assert before <= size <= before + added
        check_is_log(store, size)
        resumed = min(size + rng.randrange(600), len(LEAVES))
        assert store.append(size, LEAVES[size:resumed]) == resumed
        rejoined = store.size()
        assert resumed <= rejoined <= max(resumed, before + added)
        check_is_log(TileStore(crashed), rejoined)


def test_any_one_file_of_an_append_may_be_lost(tmp_path: Path) -> None:
    """Among them the files of upper levels, without which the lower ones have no root."""
    whole = tmp_path / "whole"
    TileStore(whole).append(0, LEAVES[:200])
    before = set(files_in(whole))
    TileStore(whole).append(200, LEAVES[200:900])
    added = set(files_in(whole)) - before
    assert "tile/1/000.p/3" in added
    for lost in added:
        crashed = tmp_path / lost.replace("/", "-")
        TileStore(crashed).append(0, LEAVES[:200])
        shutil.copytree(whole, crashed, dirs_exist_ok=True)
        (crashed / lost).unlink()
        size = TileStore(crashed).size()
        assert 200 <= size < 900
        check_is_log(TileStore(crashed), size)


def test_the_last_files_of_a_log_may_be_lost_one_after_the_other(tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    store.append(0, LEAVES)
    size = store.size()
    while files := sorted(files_in(tmp_path)):
        (tmp_path / files[-1]).unlink()
        reopened = TileStore(tmp_path)
        smaller = reopened.size()
        assert smaller <= size
        check_is_log(reopened, smaller)
        size = smaller
    assert size == 0


@pytest.fixture(scope="module")
def three_level_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TileStore, list[bytes]]]:
    """70,000 leaves, the example of tlog-tiles, in two steps that both cross tile boundaries."""
    folder = tmp_path_factory.mktemp("three-level-log")
    leaves = [b"%d" % index for index in range(70_000)]
    store = TileStore(folder)
    store.append(0, leaves[:65_000])
    store.append(65_000, leaves[65_000:])
    yield TileStore(folder), [merkle.leaf_hash(leaf) for leaf in leaves]
    shutil.rmtree(folder)


def test_seventy_thousand_leaves_have_the_tiles_of_the_standards_example(
    three_level_log: tuple[TileStore, list[bytes]],
) -> None:
    """273 full tiles and one of 112 at level 0, one full and one of 17 at level 1, one of 1 at level 2."""
    store, hashes = three_level_log
    folder = store._folder
    level_0 = {
        path.relative_to(folder).as_posix() for path in (folder / "tile/0").rglob("*") if path.is_file()
    }
    assert level_0 == {tile_path(0, index) for index in range(273)} | {tile_path(0, 273, 112)}
    for width, path in ((112, tile_path(0, 273, 112)), (256, tile_path(1, 0)), (17, tile_path(1, 1, 17))):
        assert (folder / path).stat().st_size == width * 32
    assert (folder / tile_path(2, 0, 1)).read_bytes() == merkle.root(hashes[:65_536])
    assert store.size() == 70_000
    assert store.root(70_000) == merkle.root(hashes)


@given(st.integers(1, 70_000), st.integers(1, 70_000), st.integers(0, 69_999))
@settings(max_examples=40, deadline=None)
def test_tiles_prove_what_memory_proves(
    three_level_log: tuple[TileStore, list[bytes]], one: int, other: int, index: int
) -> None:
    store, hashes = three_level_log
    old_size, new_size = sorted((one, other))
    index %= new_size
    root = store.root(new_size)
    merkle.verify_inclusion(
        leaf_hash=hashes[index],
        index=index,
        size=new_size,
        proof=merkle.inclusion_proof(store.node, index=index, size=new_size),
        root=root,
    )
    merkle.verify_consistency(
        old_size=old_size,
        old_root=store.root(old_size),
        new_size=new_size,
        new_root=root,
        proof=merkle.consistency_proof(store.node, old_size=old_size, new_size=new_size),
    )


@given(st.integers(0, 70_000), st.integers(0, 900))
def test_every_range_of_entries_can_be_read(
    three_level_log: tuple[TileStore, list[bytes]], start: int, count: int
) -> None:
    store, _ = three_level_log
    stop = min(start + count, 70_000)
    assert store.read_entries(start, stop) == [b"%d" % index for index in range(start, stop)]


def test_what_is_not_there_is_not_read(store: TileStore) -> None:
    store.append(0, LEAVES[:300])
    for start, stop in ((0, 301), (299, 301), (-1, 5), (6, 5)):
        with pytest.raises(TileError):
            store.read_entries(start, stop)
    for size in (-1, 301):
        with pytest.raises(TileError):
            store.root(size)
    for level, index in ((0, 300), (1, 150), (8, 1), (9, 0), (0, -1), (-1, 0)):
        with pytest.raises(TileError):
            store.node(level, index)


def test_leaves_go_behind_leaves_that_are_there(store: TileStore) -> None:
    store.append(0, LEAVES[:10])
    for size_before in (11, -1):
        with pytest.raises(TileError):
            store.append(size_before, LEAVES[10:20])
    check_is_log(store, 10)


@given(st.integers(0, 600), st.integers(0, 600))
@settings(max_examples=20, deadline=None)
def test_to_append_again_changes_nothing_and_can_go_on(one: int, other: int) -> None:
    with TemporaryDirectory() as name:
        store = TileStore(Path(name))
        store.append(0, LEAVES[:600])
        start, stop = sorted((one, other))
        assert store.append(start, LEAVES[start:stop]) == stop
        check_is_log(store, 600)
        assert store.append(start, LEAVES[start:700]) == 700
        check_is_log(TileStore(Path(name)), 700)


@given(st.integers(0, 599), st.integers(0, 150))
@settings(max_examples=20, deadline=None)
def test_a_leaf_that_is_there_cannot_become_another(changed: int, more: int) -> None:
    with TemporaryDirectory() as name:
        store = TileStore(Path(name))
        store.append(0, LEAVES[:600])
        start = changed - changed % 100
        leaves = [*LEAVES[start:changed], b"another", *LEAVES[changed + 1 : 600 + more]]
        with pytest.raises(TileError):
            store.append(start, leaves)
        check_is_log(TileStore(Path(name)), 600)


def test_a_leaf_has_at_most_65535_bytes(store: TileStore) -> None:
    with pytest.raises(TileError):
        store.append(0, [b"x" * 65_536])
    longest, empty = b"x" * 65_535, b""
    store.append(0, [longest, empty])
    assert store.read_entries(0, 2) == [longest, empty]


@pytest.mark.parametrize("left_over", ["tile/0/000", "tile/entries/000", "tile/1/000.p/1", "tile/0/001.p/40"])
@pytest.mark.parametrize("files_per_batch", [1, 512])
def test_what_a_tile_says_is_never_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_over: str, files_per_batch: int
) -> None:
    """A crash left one file of an append; other leaves then come to stand there: refused, and no tree is made of both."""
    monkeypatch.setattr(durable, "_FILES_PER_BATCH", files_per_batch)
    crashed, whole = tmp_path / "crashed", tmp_path / "whole"
    for folder in (crashed, whole):
        TileStore(folder).append(0, LEAVES[:200])
    TileStore(whole).append(200, LEAVES[200:296])
    (crashed / left_over).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(whole / left_over, crashed / left_over)
    store = TileStore(crashed)
    with pytest.raises(TileError):
        store.append(200, [b"another %d" % index for index in range(100)])
    check_is_log(TileStore(crashed), 200)
    assert TileStore(crashed).append(200, LEAVES[200:300]) == 300
    check_is_log(store, 300)


@pytest.mark.parametrize("damaged", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_a_hash_tile_cut_short_is_found_on_reading(tmp_path: Path, damaged: str) -> None:
    TileStore(tmp_path).append(0, LEAVES[:300])
    (tmp_path / damaged).write_bytes((tmp_path / damaged).read_bytes()[:-1])
    level, index = {"tile/0/000": (7, 1), "tile/0/001.p/44": (0, 299), "tile/1/000.p/1": (8, 0)}[damaged]
    with pytest.raises(TileError):
        TileStore(tmp_path).node(level, index)


@pytest.mark.parametrize("damaged", ["tile/entries/000", "tile/entries/001.p/44"])
@pytest.mark.parametrize("lost_bytes", [1, len(LEAVES[255]) + 2])
def test_a_bundle_cut_short_is_found_on_reading(tmp_path: Path, damaged: str, lost_bytes: int) -> None:
    TileStore(tmp_path).append(0, LEAVES[:300])
    (tmp_path / damaged).write_bytes((tmp_path / damaged).read_bytes()[:-lost_bytes])
    with pytest.raises(TileError):
        TileStore(tmp_path).read_entries(0, 300)


def test_a_reader_beside_the_writer_sees_only_whole_logs(tmp_path: Path) -> None:
    """Sizes only grow, and at each size that a reader sees, the root and entries are those of that size."""
    seen: list[tuple[int, bytes, int]] = []
    done = threading.Event()

    def read() -> None:
        store = TileStore(tmp_path)
        while not done.is_set():
            size = store.size()
            seen.append((size, store.root(size), len(store.read_entries(0, size))))

    reader = threading.Thread(target=read)
    reader.start()
    store, size = TileStore(tmp_path), 0
    while size < len(LEAVES):
        size = store.append(size, LEAVES[size : size + 53])
    done.set()
    reader.join()
    assert seen
    assert [each[0] for each in seen] == sorted(each[0] for each in seen)
    assert all((root, count) == (merkle.root(HASHES[:size]), size) for size, root, count in seen)


def test_two_writers_cannot_put_different_leaves_in_one_place(tmp_path: Path) -> None:
    """Both are told that the log has 0 leaves; exactly one is first."""
    outcomes: list[object] = []
    barrier = threading.Barrier(2)

    def write(leaves: list[bytes]) -> None:
        barrier.wait()
        try:
            outcomes.append(TileStore(tmp_path).append(0, leaves))
        except TileError as error:
            outcomes.append(error)

    writers = [threading.Thread(target=write, args=([b"%d" % each] * 300,)) for each in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(type(each).__name__ for each in outcomes) == ["TileError", "int"]
    store = TileStore(tmp_path)
    hashes = [merkle.leaf_hash(leaf) for leaf in store.read_entries(0, 300)]
    assert len(set(hashes)) == 1
    assert store.root(300) == merkle.root(hashes)
