"""The books: journal, members, their proofs, lots, holds, arrears, transits, balances and obligations.

The shard leads every primary key of a member-side table: it is the unit of scale-out. Totals that grow for ever are numeric, so
that no sum of valid acts overflows; single amounts fit bigint by the bounds in `settlement.money`.

What was written stays as it is: triggers refuse to change or remove entries, transfers and acts, and to change payloads, for the
owner too; a hold is closed once, and a transit arrives once. A payload may be deleted, for it can hold a member's data that must
be erased; its hash stays in the leaf.
"""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    """CREATE TABLE shards (
        shard smallint PRIMARY KEY,
        size bigint NOT NULL DEFAULT 0,          -- entries written = number of the next one
        house bigint NOT NULL DEFAULT 0,         -- house size that the last entry was decided under
        cycle integer NOT NULL DEFAULT 1,        -- the open cycle, as far as this shard has cut
        cycle_start bigint NOT NULL DEFAULT 0,   -- first entry of that cycle
        recorded_at_us bigint NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE entries (
        shard smallint NOT NULL,
        index bigint NOT NULL,
        house bigint NOT NULL,
        recorded_at_us bigint NOT NULL,
        kind text NOT NULL,
        partner text,
        member uuid,
        refusal text,
        balance_after bigint,
        leaf text NOT NULL,
        leaf_hash bytea NOT NULL,
        PRIMARY KEY (shard, index)
    )""",
    # Not compressed: large ones are written and read in bulk.
    "ALTER TABLE entries ALTER COLUMN leaf SET STORAGE EXTERNAL",
    "CREATE INDEX entries_by_partner ON entries (partner, shard, index) WHERE partner IS NOT NULL",
    r"""CREATE INDEX entries_of_cuts ON entries (substring(leaf FROM '\ncycle (\d+)\n')) WHERE kind = 'cut'""",
    "CREATE INDEX entries_of_house ON entries (index) WHERE shard = 0 AND kind <> 'heads'",
    """CREATE TABLE payloads (
        shard smallint NOT NULL,
        index bigint NOT NULL,
        payload bytea NOT NULL,
        PRIMARY KEY (shard, index)
    )""",
    """CREATE TABLE transfers (
        shard smallint NOT NULL,
        index bigint NOT NULL,
        position smallint NOT NULL,
        debit text NOT NULL,
        credit text NOT NULL,
        asset text NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        PRIMARY KEY (shard, index, position)
    )""",
    "CREATE INDEX transfers_by_debit ON transfers (debit, shard, index) WHERE asset <> 'PTS'",
    "CREATE INDEX transfers_of_issues ON transfers (debit, shard, index) WHERE debit LIKE 'issued:%'",
    "CREATE INDEX transfers_to_issuers ON transfers (credit, shard, index) WHERE credit LIKE 'issued:%'",
    """CREATE TABLE concerns (
        partner text NOT NULL,                   -- who is to learn of an entry of the engine
        shard smallint NOT NULL,
        index bigint NOT NULL,
        PRIMARY KEY (partner, shard, index)
    )""",
    """CREATE TABLE acts (
        partner text NOT NULL,
        act_id uuid NOT NULL,
        payload_sha256 bytea NOT NULL,
        shard smallint NOT NULL,
        index bigint NOT NULL,
        PRIMARY KEY (act_id, partner)  -- ids first: new ones sort last, and one array finds them
    )""",
    """CREATE TABLE members (
        member uuid PRIMARY KEY,
        shard smallint NOT NULL,
        active_at_us bigint,                     -- when it last issued or redeemed, from its first lot by activity on
        idle_months smallint,                    -- the fewest of any open lot by activity
        sent_day integer NOT NULL DEFAULT 0,     -- the last day on which it sent points to a member, from 1970
        sent_points bigint NOT NULL DEFAULT 0    -- how many it sent on that day
    ) WITH (fillfactor = 90)""",
    "CREATE INDEX members_idle ON members (shard, idle_months, active_at_us) WHERE idle_months IS NOT NULL",
    """CREATE TABLE aliases (
        token bytea PRIMARY KEY,
        member uuid NOT NULL
    )""",
    """CREATE TABLE proofs (
        shard smallint NOT NULL,
        member uuid NOT NULL,
        name text NOT NULL,                      -- 'code', or the keyid of a device
        public bytea,                            -- the anchor, or the key as DER; null: removed
        PRIMARY KEY (shard, member, name)
    ) WITH (fillfactor = 90)""",
    """CREATE TABLE lots (
        shard smallint NOT NULL,
        index bigint NOT NULL,
        place smallint NOT NULL,                 -- among the lots of one entry, from 0
        member uuid NOT NULL,
        funder text NOT NULL,
        asset text NOT NULL,
        quantity bigint NOT NULL CHECK (quantity > 0),
        remaining bigint NOT NULL CHECK (remaining BETWEEN 0 AND quantity),
        expires_at_us bigint NOT NULL,
        tariff bigint NOT NULL,                  -- house entry of the tariff under which they were issued
        idle_months smallint,                    -- set: they expire so long after the member's last act
        pending_until_us bigint,                 -- null: spendable
        expired bigint NOT NULL DEFAULT 0 CHECK (expired >= 0),  -- ended unspent, and counted by no reversal yet
        notice_us bigint,                        -- when the funder is to be told of their expiry; null: never, or it was
        PRIMARY KEY (shard, index, place)
    ) WITH (fillfactor = 90)""",
    "CREATE INDEX lots_open ON lots (shard, member, asset, expires_at_us, index, place) WHERE remaining > 0",
    # Only what a clock is to see to: 2^61 and above stand for lots without a date, 2^62 for an event.
    """CREATE INDEX lots_dated ON lots (shard, expires_at_us)
        WHERE remaining > 0 AND expires_at_us < 2305843009213693952""",
    """CREATE INDEX lots_idle ON lots (shard, member, asset, idle_months, index, place)
        WHERE remaining > 0 AND idle_months IS NOT NULL""",
    """CREATE INDEX lots_coming ON lots (shard, member, asset, pending_until_us)
        WHERE remaining > 0 AND pending_until_us < 4611686018427387904""",
    """CREATE INDEX lots_pending ON lots (shard, pending_until_us)
        WHERE remaining > 0 AND pending_until_us < 4611686018427387904""",
    "CREATE INDEX lots_to_tell ON lots (shard, notice_us) WHERE remaining > 0 AND notice_us IS NOT NULL",
    """CREATE INDEX lots_to_tell_by_member ON lots (shard, member, asset, notice_us)
        WHERE remaining > 0 AND notice_us IS NOT NULL""",
    """CREATE TABLE balances (
        shard smallint NOT NULL,
        account text NOT NULL,
        asset text NOT NULL,
        debits numeric(38) NOT NULL,
        credits numeric(38) NOT NULL,
        PRIMARY KEY (shard, account, asset)
    ) WITH (fillfactor = 80)""",
    """CREATE TABLE obligations (
        shard smallint NOT NULL,
        cycle integer NOT NULL,
        debtor text NOT NULL,
        creditor text NOT NULL,
        amount numeric(38) NOT NULL CHECK (amount > 0),
        count bigint NOT NULL CHECK (count > 0),
        PRIMARY KEY (shard, cycle, debtor, creditor),
        CHECK (debtor <> creditor)
    ) WITH (fillfactor = 80)""",
    """CREATE TABLE accrued (
        cycle integer NOT NULL,                  -- which every shard has cut
        debtor text NOT NULL,
        creditor text NOT NULL,
        amount numeric(38) NOT NULL CHECK (amount > 0),  -- of all obligations up to its end
        PRIMARY KEY (cycle, debtor, creditor)
    )""",
    """CREATE TABLE reversals (
        shard smallint NOT NULL,
        original bigint NOT NULL,
        index bigint NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        PRIMARY KEY (shard, original, index)
    )""",
    """CREATE TABLE arrears (
        shard smallint NOT NULL,
        index bigint NOT NULL,
        place smallint NOT NULL,                 -- among the arrears of one entry, from 0
        member uuid NOT NULL,
        partner text NOT NULL,                   -- to whom the points are owed
        asset text NOT NULL,
        quantity bigint NOT NULL CHECK (quantity > 0),
        remaining bigint NOT NULL CHECK (remaining BETWEEN 0 AND quantity),
        tariff bigint NOT NULL,                  -- house entry of the tariff in force when they were made
        PRIMARY KEY (shard, index, place)
    ) WITH (fillfactor = 90)""",
    "CREATE INDEX arrears_open ON arrears (shard, member, index, place) WHERE remaining > 0",
    """CREATE TABLE holds (
        shard smallint NOT NULL,
        index bigint NOT NULL,                   -- the authorize
        member uuid NOT NULL,
        partner text NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        tariff bigint NOT NULL,                  -- house entry of the tariff that prices its capture
        until_us bigint NOT NULL,
        closed_by bigint,                        -- the entry that captured, voided or lapsed it
        PRIMARY KEY (shard, index)
    ) WITH (fillfactor = 90)""",
    "CREATE INDEX holds_open ON holds (shard, until_us, index) WHERE closed_by IS NULL",
    """CREATE TABLE transits (
        shard smallint NOT NULL,
        index bigint NOT NULL,                   -- the transfer
        to_shard smallint NOT NULL,              -- where the recipient lives
        recipient uuid NOT NULL,
        arrived_by bigint,                       -- the entry of that shard by which it arrived
        PRIMARY KEY (shard, index),
        CHECK (to_shard <> shard)
    ) WITH (fillfactor = 90)""",
    "CREATE INDEX transits_coming ON transits (to_shard, shard, index) WHERE arrived_by IS NULL",
    """CREATE TABLE openings (
        shard smallint NOT NULL,
        proposal bytea NOT NULL,                 -- SHA-256 of the file
        part integer NOT NULL,
        index bigint NOT NULL,                   -- the entry that loaded it here
        lots bigint NOT NULL CHECK (lots > 0),
        points bigint NOT NULL CHECK (points >= 0),
        value bigint NOT NULL CHECK (value >= 0),
        PRIMARY KEY (shard, proposal, part)
    )""",
    """CREATE TABLE payment_files (
        sha256 bytea PRIMARY KEY,
        kind text NOT NULL,
        content bytea NOT NULL
    )""",
    """CREATE TABLE checkpoints (
        size bigint PRIMARY KEY,
        note text NOT NULL
    )""",
)

_REFUSE = """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the books only grow: % of % is refused', TG_OP, TG_TABLE_NAME;
    END
$$"""
_CLOSE_ONCE = """CREATE FUNCTION refuse_second_close() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'hold %:% is closed by entry % already', OLD.shard, OLD.index, OLD.closed_by;
    END
$$"""
_ARRIVE_ONCE = """CREATE FUNCTION refuse_second_arrival() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'transfer %:% arrived by entry % already', OLD.shard, OLD.index, OLD.arrived_by;
    END
$$"""
_REFUSED = {
    "entries": "UPDATE OR DELETE OR TRUNCATE",
    "transfers": "UPDATE OR DELETE OR TRUNCATE",
    "acts": "UPDATE OR DELETE OR TRUNCATE",
    "payloads": "UPDATE OR TRUNCATE",
    "payment_files": "UPDATE OR DELETE OR TRUNCATE",
    "accrued": "UPDATE OR DELETE OR TRUNCATE",
}


def upgrade() -> None:
    """Makes all tables in an empty database, and guards those that only grow."""
    for statement in _TABLES:
        op.execute(statement)
    op.execute(_REFUSE)
    for table, changes in _REFUSED.items():
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE {changes} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(_CLOSE_ONCE)
    op.execute(
        "CREATE TRIGGER closes_once BEFORE UPDATE ON holds "
        "FOR EACH ROW WHEN (OLD.closed_by IS NOT NULL) EXECUTE FUNCTION refuse_second_close()"
    )
    op.execute(_ARRIVE_ONCE)
    op.execute(
        "CREATE TRIGGER arrives_once BEFORE UPDATE ON transits "
        "FOR EACH ROW WHEN (OLD.arrived_by IS NOT NULL) EXECUTE FUNCTION refuse_second_arrival()"
    )


def downgrade() -> None:
    """Books are never taken apart."""
    raise NotImplementedError("the books cannot be downgraded; restore a backup instead")
