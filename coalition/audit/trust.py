"""Checkpoints against the leaves: who signed, and whether the leaves give the root that was signed."""

from coalition.audit.checks import Check, Report
from coalition.audit.replay import Replay
from settlement.errors import CoalitionError
from settlement.house.records import LOG
from settlement.journal.leaf import HOUSE
from settlement.signing import ED25519
from settlement.transparency.checkpoint import Checkpoint, CheckpointError, parse_and_verify, parse_note, vkey
from settlement.transparency.merkle import memory_nodes, range_root

_ED25519_KEY_BYTES = 32


def stated_size(note: bytes, report: Report) -> int | None:
    """The size that a checkpoint states, signed or not."""
    try:
        return Checkpoint.from_note_text(parse_note(note).text).size
    except CheckpointError as error:
        report.find(Check.CHECKPOINT, "checkpoint", error.message)
        return None


def founding_vkeys(replay: Replay) -> list[str]:
    """The verifier keys of the log that the house itself names."""
    if replay.house.network is None:
        return []
    origin = replay.house.network.origin
    keys = [key for key in replay.house.keys.values() if key.purpose == LOG and key.algorithm == ED25519]
    return [vkey(origin, key.spki[-_ED25519_KEY_BYTES:]) for key in keys]


def check_checkpoint(note: bytes, replay: Replay, pinned: str | None) -> list[str]:
    """The newest checkpoint covers exactly the house's leaves. Returns the verifier keys that were believed."""
    report, leaf_hashes = replay.report, replay.shards[HOUSE].leaf_hashes
    keys = founding_vkeys(replay) if pinned is None else [pinned]
    if pinned is None:
        said = ", ".join(keys) or "none"
        report.remarks.append(
            f"the log's key is the one of the founding entry, not one that you pinned: {said}"
        )
    else:
        report.remarks.append(f"the log's key is the one that you pinned: {pinned}")
    report.count(Check.CHECKPOINT)
    checkpoint = _verified(note, keys, replay, "checkpoint", Check.CHECKPOINT)
    if checkpoint is not None:
        _check_root(checkpoint, replay, "checkpoint", Check.CHECKPOINT)
        if checkpoint.size != len(leaf_hashes):
            sentence = f"it covers {checkpoint.size} entries of the house, {len(leaf_hashes)} are there"
            report.find(Check.CHECKPOINT, "checkpoint", sentence)
    return keys


def check_older_checkpoint(note: str, replay: Replay, keys: list[str]) -> None:
    """The house's leaves continue a checkpoint that the auditor kept."""
    replay.report.count(Check.CONSISTENCY)
    checkpoint = _verified(note.encode(), keys, replay, "older checkpoint", Check.CONSISTENCY)
    if checkpoint is None:
        return
    if checkpoint.size == 0:
        replay.report.find(Check.CONSISTENCY, "older checkpoint", "one of no entries proves nothing")
        return
    _check_root(checkpoint, replay, "older checkpoint", Check.CONSISTENCY)


def _verified(note: bytes, keys: list[str], replay: Replay, where: str, check: Check) -> Checkpoint | None:
    try:
        checkpoint = parse_and_verify(note, keys)
    except CoalitionError as error:
        replay.report.find(check, where, error.message)
        return None
    network = replay.house.network
    if network is not None and checkpoint.origin != network.origin:
        replay.report.find(
            check, where, f"it is of the log {checkpoint.origin}, the journal is of {network.origin}"
        )
    return checkpoint


def _check_root(checkpoint: Checkpoint, replay: Replay, where: str, check: Check) -> None:
    leaf_hashes = replay.shards[HOUSE].leaf_hashes
    if checkpoint.size > len(leaf_hashes):
        sentence = f"it covers {checkpoint.size} entries of the house, {len(leaf_hashes)} are there"
        replay.report.find(check, where, sentence)
        return
    found = range_root(memory_nodes(leaf_hashes), start=0, stop=checkpoint.size)
    sentence = f"the leaves give the root {found.hex()}, signed is {checkpoint.root.hex()}"
    if found != checkpoint.root:
        replay.report.find(check, where, sentence)
