"""What follows from the leaves and is put beside them for people: keys, cycles, settlements, statements, as exact bytes. Pure.

Whoever has the leaves computes the same bytes: the bundle is made with this module and verified with it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict

from coalition.audit.checks import Check
from coalition.audit.history import CONTRADICTIONS
from coalition.audit.replay import Replay
from coalition.audit.statements import cycle_book
from coalition.wire.methods import FILES
from settlement.banking.instructing import payments_of
from settlement.banking.pain001 import SCHEMA
from settlement.banking.payment_files import CSV
from settlement.clearing.accrual import owed_within
from settlement.clock import format_time
from settlement.house.records import Cycle, Key, Settlement
from settlement.house.security import Default
from settlement.journal.leaf import HOUSE
from settlement.statements.spelling import documents

STATEMENTS = "statements"
_ENDINGS = {CSV: ".csv", SCHEMA: ".xml"}


def derived_files(replay: Replay) -> dict[str, bytes]:
    """Every derived file by name; nothing, and a finding, if the journal contradicts itself too much to derive them.

    Cycles come in when every shard has cut them within the entries replayed.
    """
    try:
        return dict(_files(replay))
    except CONTRADICTIONS as error:
        replay.report.find(Check.DERIVED, "all", f"they cannot be recomputed: {type(error).__name__} {error}")
        return {}


def _files(replay: Replay) -> Iterator[tuple[str, bytes]]:
    house = replay.house
    yield "network.json", _json(_network(replay))
    yield "keys.json", _json([_key(key) for key in house.keys.values()])
    for settlement in house.settlements.values():
        yield f"settlements/{settlement.number}.json", _json(_settlement(replay, settlement))
    for instruction in house.instructions.values():
        for file in payments_of(house.founded, instruction).files():
            yield f"payments/{instruction.settlement}{_ENDINGS[file.kind]}", file.content
    for cycle in house.cycles.values():
        if cycle.closed_at is not None and replay.is_cut(cycle.number):
            yield f"cycles/{cycle.number}.json", _json(_cycle(replay, cycle))
            yield from _statements(replay, cycle.number)


def descriptors() -> bytes:
    """The network's proto files and all they import, as a serialised FileDescriptorSet (google/protobuf/descriptor.proto)."""
    files = {}
    waiting = list(FILES)[::-1]
    while waiting:
        file = waiting.pop()
        missing = [each for each in file.dependencies if each.name not in files]
        if missing:
            waiting += [file, *missing]
        else:
            files[file.name] = file.serialized_pb
    # Field 1, wire type 2, for each file: written by hand so that each file's bytes stay as they were generated.
    return b"".join(b"\x0a" + _varint(len(content)) + content for content in files.values())


def _varint(number: int) -> bytes:
    groups = []
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode("ascii")


def _network(replay: Replay) -> dict[str, object]:
    network = replay.house.founded
    return {
        "network": network.origin,
        "currency": network.currency,
        "minor_digits": network.minor_digits,
        "operator": network.operator,
        "model": network.model,
        **({"practice": True} if network.practice else {}),
        "tariff": asdict(replay.house.tariff),
        "shards": [{"shard": shard, "entries": state.size} for shard, state in sorted(replay.shards.items())],
        "partners": [
            {"id": each.partner_id, "name": each.name, "state": each.state}
            for each in replay.house.partners.values()
        ],
    }


def _key(key: Key) -> dict[str, object]:
    *_, spki = key.line().split(" ")
    return {
        "keyid": key.keyid,
        "algorithm": key.algorithm,
        "purpose": key.purpose,
        "owner": key.owner,
        "person": key.person,
        "spki": spki,
        "added_at": key.added_at,
        "revoked_at": key.revoked_at,
        "reason": key.reason,
        "suspect_from": None if key.suspect_from_us is None else format_time(key.suspect_from_us),
    }


def _settlement(replay: Replay, settlement: Settlement) -> dict[str, object]:
    return {
        "settlement": settlement.number,
        "cycle": settlement.cycle,
        "currency": replay.house.founded.currency,
        "proposal_sha256": settlement.proposal_sha256,
        "proposer": settlement.proposer,
        "proposed_at": format_time(settlement.proposed_at_us),
        "approved_by": _entry(settlement.approved_at),
        "cancelled_by": _entry(settlement.cancelled_at),
        "aborted_by": _entry(settlement.aborted_at),
        "settled": settlement.settled,
        "warnings": list(settlement.warnings),
        "deferred": list(settlement.deferred),
        "objections": [
            {
                "participant": each.participant,
                "words": each.words,
                "accepted": each.accepted,
                "answer": each.answer,
            }
            for each in settlement.objections.values()
        ],
        "nets": [
            {"participant": name, "net_minor": net, "paid": name in settlement.paid}
            for name, net in settlement.nets.items()
        ],
        "defaults": [_default(default) for default in settlement.defaults.values()],
    }


def _default(default: Default) -> dict[str, object]:
    fall = default.fall
    return {
        "participant": default.participant,
        "approved_by": _entry(default.approved_at),
        "outcome": fall.outcome,
        "unpaid_minor": fall.unpaid,
        "collateral_minor": fall.collateral,
        "guarantee_minor": fall.guarantee,
        "operator_minor": fall.operators,
        "borne": [{"participant": name, "amount_minor": amount} for name, amount in fall.borne.items()],
    }


def _cycle(replay: Replay, cycle: Cycle) -> dict[str, object]:
    digits = replay.house.founded.minor_digits
    accruals = replay.tally.accruals(cycle.number)
    owed = owed_within(accruals, digits)
    figures = replay.figures(cycle.number)
    return {
        "cycle": cycle.number,
        "label": cycle.label,
        "closed_by": _entry(cycle.closed_at),
        "closed_at": format_time(replay.closed_at_us[cycle.number]),
        "ranges": [
            {"shard": shard, "start": start, "end": end}
            for shard, (start, end) in sorted(_ranges(replay, cycle.number).items())
        ],
        "currency": replay.house.founded.currency,
        "gross_minor": figures.gross,
        "bilateral_minor": figures.bilateral,
        "multilateral_minor": figures.multilateral,
        "nets": [{"participant": name, "net_minor": net} for name, net in figures.nets.items()],
        "obligations": [
            {
                "debtor": pair[0],
                "creditor": pair[1],
                "amount_minor": owed[pair],
                "count": accruals[pair].count,
            }
            for pair in sorted(owed)
        ],
    }


def _ranges(replay: Replay, cycle: int) -> dict[int, tuple[int, int]]:
    return {shard: state.ranges[cycle] for shard, state in replay.shards.items() if cycle in state.ranges}


def _entry(index: int | None) -> str | None:
    return None if index is None else f"{HOUSE}:{index}"


def _statements(replay: Replay, cycle: int) -> Iterator[tuple[str, bytes]]:
    if cycle <= replay.house.recorded_cycles + 1:  # the others have no numbers yet
        for name, content in documents(cycle_book(replay, cycle)).items():
            yield f"{STATEMENTS}/{name}", content
