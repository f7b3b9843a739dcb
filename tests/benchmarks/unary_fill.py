"""Filling books: real acts, posted in large batches without the wire between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from coalition.cli.site import Site
from coalition.client.identity import load_identity
from coalition.gateway.admission import admit
from coalition.wire.envelope import seal
from coalition.wire.methods import METHODS
from coalition.wire.strict import write_time
from settlement.clearing.desk import DeskRules
from settlement.clock import HOUR_US, now_us
from settlement.database import GATEWAY, OWNER, connect_writer
from settlement.house.state import House
from settlement.ids import new_act_id
from settlement.journal.acts import Act, Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.batch import post
from settlement.ledger.members import MemberRules
from settlement.ledger.memory import HouseMemory
from settlement.signing import KeySigner, possession_message
from tests.benchmarks.envelopes import Signer

BATCH = 500
PARTNER_SERVICE = "/coalition.api.v1.PartnerService/"
ENROL = "/coalition.api.v1.MemberService/Enrol"


def _act(house: House, path: str, signer: KeySigner, partner: str, **fields: Any) -> Act[object]:
    method = METHODS[path]
    request: Any = method.payload(**fields)
    header = request.header
    header.audience, header.method, header.partner_id = house.founded.origin, path, partner
    header.key_id, header.request_id = bytes.fromhex(signer.keyid), new_act_id()
    now = now_us()
    write_time(header.issued_at, now)
    write_time(header.expires_at, now + HOUR_US)
    return admit(house, method, seal(signer, method.payload_type, request.SerializeToString())).act()


async def onboard_partners(site: Site, signers: Sequence[Signer]) -> None:
    """Register and activate each partner and give it its key."""
    operator = load_identity(site.identity_path("operator")).signer
    async with await connect_writer(site.dsn(GATEWAY), GATEWAY, statement_timeout="60s") as connection:
        memory = HouseMemory()
        house = await memory.refresh(connection)
        acts = []
        for signer in signers:
            name, keyid = signer.partner_id, signer.key_id.hex()
            spki = signer.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            proof = signer.key.sign(
                possession_message(audience=house.founded.origin, partner_id=name, keyid=keyid)
            )
            for path, fields in (
                ("Register", {"partner_id": name, "display_name": name}),
                ("Activate", {"partner_id": name}),
                ("AddKey", {"partner_id": name, "public_key": spki, "purpose": 1, "possession": proof}),
            ):
                acts.append(_act(house, PARTNER_SERVICE + path, operator, house.operator, **fields))
        await post_all(connection, memory, acts, HOUSE)


async def enrol_members(site: Site, signer: Signer, count: int) -> list[str]:
    """Enrol so many members at one partner and return their ids."""
    key = KeySigner(signer.key)
    async with await connect_writer(site.dsn(GATEWAY), GATEWAY, statement_timeout="60s") as connection:
        memory = HouseMemory()
        house = await memory.refresh(connection)
        members: list[str] = []
        for start in range(0, count, BATCH):
            acts = [_act(house, ENROL, key, signer.partner_id) for _ in range(min(BATCH, count - start))]
            members += [outcome.member or "" for outcome in await post_all(connection, memory, acts, shard=1)]
    tidy(site.dsn(OWNER))
    return members


def tidy(dsn: str) -> None:
    """Do what autovacuum would do in the first minute, in the middle of the measurement."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


async def post_all(
    connection: Any, memory: HouseMemory, acts: Sequence[Act[object]], shard: int
) -> list[Outcome]:
    """Post acts as one batch. Raises RuntimeError unless each is accepted."""
    verdicts = await post(connection, memory, DeskRules if shard == HOUSE else MemberRules, shard, acts)
    for verdict in verdicts:
        if not isinstance(verdict, Outcome) or verdict.refusal is not None:
            raise RuntimeError(f"the books could not be filled: {verdict!r}")
    return [verdict for verdict in verdicts if isinstance(verdict, Outcome)]
