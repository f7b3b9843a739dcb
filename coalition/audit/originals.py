"""Which acts are reversed or released, as far as columns tell: whose member cannot be quiet from there on."""

from coalition.audit.arrays import id_bytes
from coalition.audit.stored import Connection
from coalition.wire.methods import METHODS_BY_TYPE, payload_type_of
from coalition.wire.strict import parse_payload
from settlement.errors import CoalitionError
from settlement.ids import is_uuid

_GOING_BACK = """SELECT kind, leaf, payload FROM entries LEFT JOIN payloads USING (shard, index)
    WHERE kind IN ('reverse', 'release')"""
_ACT_LINES = """SELECT split_part(leaf, E'\\n', 8) FROM entries JOIN unnest(%b::smallint[], %b::bigint[]) AS named (shard, index)
    USING (shard, index)"""
_MESSAGES = {
    kind: METHODS_BY_TYPE[payload_type_of(message)].payload
    for kind, message in (("reverse", "ReverseRequest"), ("release", "ReleaseRequest"))
}


def named_originals(connection: Connection) -> frozenset[bytes]:
    """The act ids that these name, as bytes: in their payloads, or by an entry's place in leaves whose payload is erased."""
    ids: set[str] = set()
    places: list[tuple[int, int]] = []
    for kind, leaf, payload in connection.execute(_GOING_BACK, binary=True).fetchall():
        if payload is not None:
            ids |= _named(kind, payload)
        places += [place for line in leaf.split("\n") if (place := _place(line)) is not None]
    shards, indexes = [shard for shard, _ in places], [index for _, index in places]
    lines = connection.execute(_ACT_LINES, (shards, indexes)).fetchall()
    ids |= {line.removeprefix("act ") for (line,) in lines}
    return frozenset([id_bytes(act_id) for act_id in ids if is_uuid(act_id)])


def _named(kind: str, payload: bytes) -> set[str]:
    try:
        return {parse_payload(payload, _MESSAGES[kind]).original_act_id}
    except CoalitionError:
        return set()


def _place(line: str) -> tuple[int, int] | None:
    key, _, value = line.partition(" ")
    shard, _, index = value.partition(":")
    fits = key == "original" and shard.isascii() and shard.isdigit() and index.isascii() and index.isdigit()
    return (int(shard), int(index)) if fits and len(shard) < 5 and len(index) < 19 else None
