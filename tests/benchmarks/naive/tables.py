"""The tables of the naive server, and what must hold in them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Identity,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)

tables = MetaData()
partners = Table(
    "partners",
    tables,
    Column("partner_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("balance", BigInteger, nullable=False, server_default="0"),
)
members = Table(
    "members",
    tables,
    Column("member_id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("balance", BigInteger, CheckConstraint("balance >= 0"), nullable=False, server_default="0"),
)
requests = Table(
    "requests",
    tables,
    Column("request_id", Uuid, primary_key=True),
    Column("payload_sha256", LargeBinary, nullable=False),
)
transfers = Table(
    "transfers",
    tables,
    Column("transfer_id", BigInteger, Identity(), primary_key=True),
    Column("request_id", Uuid, ForeignKey(requests.c.request_id), unique=True, nullable=False),
    Column("member_id", Uuid, ForeignKey(members.c.member_id), nullable=False),
    Column("partner_id", Text, ForeignKey(partners.c.partner_id), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("member_balance", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
)

BROKEN = {
    "points are not conserved": """
        (SELECT sum(balance) FROM members) + (SELECT sum(balance) FROM partners) <> 0""",
    "a balance is not the sum of its transfers": """
        EXISTS (SELECT FROM members
                LEFT JOIN (SELECT member_id, sum(points) AS moved FROM transfers GROUP BY 1) t USING (member_id)
                WHERE balance <> coalesce(moved, 0))""",
    "a request has no transfer": "(SELECT count(*) FROM requests) <> (SELECT count(*) FROM transfers)",
}


def findings(engine: Engine) -> list[str]:
    """Say what is broken in the books; empty when they are clean."""
    with engine.connect() as connection:
        return [
            rule
            for rule, broken in BROKEN.items()
            if connection.execute(text(f"SELECT {broken}")).scalar_one()
        ]
