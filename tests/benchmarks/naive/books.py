"""The one transaction of a request."""

from __future__ import annotations

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine, bindparam, create_engine, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from tests.benchmarks.envelopes import key_id_of
from tests.benchmarks.naive.messages import PartnerKey, Posted, RefusedError, Request
from tests.benchmarks.naive.tables import members, partners, requests, transfers

REMEMBER = insert_or_skip(requests).on_conflict_do_nothing().returning(requests.c.request_id)
LOCK_MEMBER = select(members.c.balance).where(members.c.member_id == bindparam("member")).with_for_update()
LOCK_PARTNER = (
    select(partners.c.balance).where(partners.c.partner_id == bindparam("partner")).with_for_update()
)
POST = insert(transfers).returning(transfers.c.transfer_id, transfers.c.recorded_at)
SET_MEMBER = (
    update(members).where(members.c.member_id == bindparam("member")).values(balance=bindparam("after"))
)
SET_PARTNER = (
    update(partners).where(partners.c.partner_id == bindparam("partner")).values(balance=bindparam("after"))
)
REPLAY = (
    select(
        transfers.c.transfer_id,
        transfers.c.member_balance,
        transfers.c.recorded_at,
        requests.c.payload_sha256,
    )
    .join(requests)
    .where(requests.c.request_id == bindparam("request_id"))
)


def open_pool(dsn: str, *, connections: int) -> Engine:
    """Pool `connections` on `dsn`, any form that libpq takes."""
    return create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), pool_size=connections, max_overflow=0
    )


def load_keys(engine: Engine) -> dict[str, PartnerKey]:
    """Every partner's key, by its id in hexadecimal."""
    keys = {}
    with engine.connect() as connection:
        for row in connection.execute(select(partners.c.partner_id, partners.c.public_key)):
            key = Ed25519PublicKey.from_public_bytes(row.public_key)
            keys[key_id_of(key).hex()] = PartnerKey(row.partner_id, key)
    return keys


def post(engine: Engine, request: Request) -> Posted:
    """Post the request once; asked again, answer the same. Raises RefusedError."""
    with engine.begin() as connection:
        remembered = {"request_id": request.request_id, "payload_sha256": request.payload_sha256}
        if connection.execute(REMEMBER, remembered).first() is None:
            return _replay(connection, request)
        return _post(connection, request)


def _post(connection: Connection, request: Request) -> Posted:
    member_balance = connection.execute(LOCK_MEMBER, {"member": request.member_id}).scalar()
    if member_balance is None:
        raise RefusedError("unknown member")
    if (after := member_balance + request.points) < 0:
        raise RefusedError("insufficient points")
    partner_balance = connection.execute(LOCK_PARTNER, {"partner": request.partner_id}).scalar_one()
    transfer = {
        "request_id": request.request_id,
        "member_id": request.member_id,
        "partner_id": request.partner_id,
        "points": request.points,
        "member_balance": after,
    }
    posted = connection.execute(POST, transfer).one()
    connection.execute(SET_MEMBER, {"member": request.member_id, "after": after})
    connection.execute(
        SET_PARTNER, {"partner": request.partner_id, "after": partner_balance - request.points}
    )
    return Posted(posted.transfer_id, after, posted.recorded_at)


def _replay(connection: Connection, request: Request) -> Posted:
    row = connection.execute(REPLAY, {"request_id": request.request_id}).one()
    if row.payload_sha256 != request.payload_sha256:
        raise RefusedError("request id reused with other content")
    return Posted(row.transfer_id, row.member_balance, row.recorded_at)
