"""Evidence bundles: damaged zips, files that are not what they were, and an insider's journals, signed again."""

from pathlib import Path

from coalition.audit import layout
from coalition.audit.archive import ArchiveError
from coalition.audit.verify import verify_bundle
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.transparency.merkle import leaf_hash, root
from tests.coalition.audit.forgery import Forgery
from tests.fuzz.changes import TAPES, Change, Tape, Way, applied, in_bytes, in_json, in_lines
from tests.fuzz.material import Material
from tests.fuzz.protobuf import in_message
from tests.fuzz.readers import MESSAGE, TEXT
from tests.fuzz.target import Packed, Target

ONLY_REMARKED = {layout.README, layout.DESCRIPTORS}
"""Files for people, of which another version may write others."""


class Workshop:
    """Makes bad bundles and has them verified."""

    def __init__(self, material: Material, folder: Path) -> None:
        self._material = material
        self._path = folder / "case.zip"

    def made(self, tape: Tape) -> tuple[bool, bytes]:
        """Whether something must be found, and the bundle."""
        number, way = divmod(tape.number, 4)
        whole = self._material.bundle
        if way == 0:
            changed = applied(whole, tape.changes, (in_bytes,))
            return changed != whole, Packed(changed)
        forgery = self._material.forgery()
        if way == 1:
            must = self._change_files(forgery, number, tape.changes)
        else:
            must = False
            for change in tape.changes:
                self._change_item(forgery, change, signed=way == 3)
            self._redo_tiles(forgery)
        try:
            return must, Packed(forgery.write(self._path).read_bytes())
        except ArchiveError:  # the change made a file too long to be held
            return False, Packed(whole)

    def _change_files(self, forgery: Forgery, number: int, changes: tuple[Change, ...]) -> bool:
        """Changes a file, or puts one in place of another; the manifest follows."""
        names = sorted(forgery.files)
        name = names[number % len(names)]
        before = forgery.files[name]
        if number % 5 == 0:
            forgery.files[name] = forgery.files[names[number // 5 % len(names)]]
        else:
            forgery.files[name] = applied(before, changes, _ways(name))
        return forgery.files[name] != before and name not in ONLY_REMARKED

    def _change_item(self, forgery: Forgery, change: Change, *, signed: bool) -> None:
        """Changes a leaf, or a payload, which its own caller then signs again."""
        shards = sorted(forgery.shards)
        shard = shards[change.edge % len(shards)]
        place = change.place % len(forgery.shards[shard])
        leaf, payload = forgery.shards[shard][place]
        if not signed or not payload:
            forgery.shards[shard][place] = (applied(leaf, [change], TEXT)[:65_535], payload)
            return
        other = applied(payload, [change], MESSAGE)[:65_535]
        try:
            keyid = parse_leaf(leaf).one("sig").split(" ")[0]
            forgery.sign_again(shard, place, other, self._material.keys[keyid])
        except (CoalitionError, KeyError):  # changed before, or by a key that is gone
            forgery.shards[shard][place] = (leaf, other)

    def _redo_tiles(self, forgery: Forgery) -> None:
        """Tiles and checkpoint follow, as only the log's owner can have them follow."""
        for name in [name for name in forgery.files if "/tile/" in name or "/payloads/" in name]:
            del forgery.files[name]
        for shard in forgery.shards:
            forgery.put_in(shard)
        hashes = [leaf_hash(leaf) for leaf, _ in forgery.shards[HOUSE]]
        forgery.sign_checkpoint(len(hashes), root(hashes))

    def attempt(self, case: tuple[bool, bytes]) -> None:
        """A report, with a finding if a byte is not as it was."""
        must, bundle = case
        self._path.write_bytes(bundle)
        report = verify_bundle(self._path, vkey=self._material.vkey)
        assert not (must and report.ok)
        assert all(str(finding) for finding in report.findings)


def _ways(name: str) -> tuple[Way, ...]:
    if name.endswith(".json"):
        return (in_json, in_lines, in_bytes)
    if name == layout.DESCRIPTORS:
        return (in_message, in_bytes)
    return (in_bytes,) if name.startswith("shards/") else (in_lines, in_bytes)


def bundles(material: Material, folder: Path) -> Target:
    """The offline verifier."""
    workshop = Workshop(material, folder)
    return Target("bundle", TAPES.map(workshop.made), workshop.attempt)
