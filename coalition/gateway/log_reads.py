"""Reads of the published log: checkpoint and proofs, made from the tiles."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from coalition.api.v1 import transparency_pb2
from coalition.gateway.admission import Admitted
from coalition.gateway.means import Means
from coalition.wire.strict import invalid
from settlement.errors import CoalitionError
from settlement.journal.leaf import HOUSE, parse_leaf
from settlement.transparency.merkle import consistency_proof, inclusion_proof
from settlement.transparency.tiles import TileStore
from settlement.worker.publisher import tile_folder

_NEWEST = "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1"
_HEADS = "SELECT index, leaf FROM entries WHERE shard = 0 AND kind = 'heads' AND index < %s ORDER BY index DESC LIMIT 1"


async def _newest(connection: AsyncConnection[TupleRow]) -> tuple[int, str]:
    row = await (await connection.execute(_NEWEST)).fetchone()
    if row is None:
        raise CoalitionError("ENTRY_NOT_PUBLISHED", "no checkpoint is published yet; ask again in a second")
    return row[0], row[1]


async def published_sizes(connection: AsyncConnection[TupleRow]) -> dict[int, int]:
    """How many entries of each shard are under the newest checkpoint; shards without any are left out."""
    newest = await (await connection.execute(_NEWEST)).fetchone()
    if newest is None:
        return {}
    row = await (await connection.execute(_HEADS, (newest[0],))).fetchone()
    return {HOUSE: newest[0], **(_sizes_in(row[1]) if row is not None else {})}


async def get_checkpoint(means: Means, admitted: Admitted) -> transparency_pb2.GetCheckpointResponse:
    """The newest checkpoint."""
    async with means.reads.connection() as connection:
        _, note = await _newest(connection)
    return transparency_pb2.GetCheckpointResponse(checkpoint=note)


async def get_consistency_proof(
    means: Means, admitted: Admitted
) -> transparency_pb2.GetConsistencyProofResponse:
    """Proves that the newest checkpoint extends the house's tree of an older size."""
    async with means.reads.connection() as connection:
        size, note = await _newest(connection)
    old_size = admitted.message.old_size
    if not 1 <= old_size <= size:
        raise invalid("old_size", f"from 1 to the newest checkpoint's size, {size}")
    store = TileStore(tile_folder(means.log, HOUSE))
    proof = consistency_proof(store.node, old_size=old_size, new_size=size)
    return transparency_pb2.GetConsistencyProofResponse(checkpoint=note, proof=proof)


async def get_inclusion_proof(means: Means, admitted: Admitted) -> transparency_pb2.GetInclusionProofResponse:
    """Proves that an entry is under the newest checkpoint."""
    shard, index = admitted.message.shard, admitted.message.entry_number
    async with means.reads.connection() as connection:
        size, note = await _newest(connection)
        row = await (await connection.execute(_HEADS, (size,))).fetchone() if shard != HOUSE else None
    response = transparency_pb2.GetInclusionProofResponse(checkpoint=note, house_entry_number=index)
    if shard != HOUSE:
        heads_index, heads_leaf = row if row is not None else (None, "")
        shard_size = _sizes_in(heads_leaf).get(shard, 0)
        _check_published(index, shard_size)
        node = TileStore(tile_folder(means.log, shard)).node
        response.shard_proof.extend(inclusion_proof(node, index=index, size=shard_size))
        response.shard_size, response.heads_leaf = shard_size, heads_leaf.encode("ascii")
        response.house_entry_number = index = heads_index
    _check_published(index, size)
    node = TileStore(tile_folder(means.log, HOUSE)).node
    response.house_proof.extend(inclusion_proof(node, index=index, size=size))
    return response


def _sizes_in(heads_leaf: str) -> dict[int, int]:
    if not heads_leaf:
        return {}
    heads = [head.split(" ") for head in parse_leaf(heads_leaf.encode("ascii")).all("head")]
    return {int(shard): int(size) for shard, size, _ in heads}


def _check_published(index: int, size: int) -> None:
    if not 0 <= index < size:
        message = "there is no such entry under the newest checkpoint; checkpoints follow within seconds"
        raise CoalitionError("ENTRY_NOT_PUBLISHED", message, field="entry_number")
