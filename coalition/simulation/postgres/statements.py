"""What each statement of the engine does. A statement that is not listed here is one that the engine does not have.

Each takes the server, the transaction and the parameters; it answers rows, changes nothing before the commit, and says whom to
wait for where PostgreSQL would: it is run again then.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from coalition.exchange import exchange
from coalition.gateway import exchange_reads
from coalition.simulation.postgres import (
    accruals,
    due,
    openings,
    proofs,
    reads,
    statement_reads,
    transits,
    writes,
)
from coalition.simulation.postgres.tables import Rows, Transaction, Wait
from settlement.clearing import desk, obligations
from settlement.ledger import (
    batch,
    crossing,
    members,
    memory,
    open_lots,
    opening,
    opening_rules,
    proof_rows,
    sweeping,
    writing,
)
from settlement.statements import reading
from settlement.worker import publisher

if TYPE_CHECKING:
    from coalition.simulation.postgres.session import Postgres

Statement = Callable[["Postgres", Transaction, Any], Rows | Wait]

STATEMENTS: dict[str, Statement] = {
    batch.LOCK: reads.lock,
    batch.LATER: reads.later,
    batch.NEWEST: reads.newest,
    batch.SEEN: reads.seen,
    memory.HOUSE_SIZE: reads.house_size,
    memory.NEWS: reads.news,
    members.ALIASES: reads.aliases,
    members.ORIGINALS: reads.originals,
    members.HOLDS: reads.holds,
    members.MEMBERS: reads.members,
    members.BALANCES: reads.wallets,
    open_lots.OPEN_LOTS: reads.open_lots,
    open_lots.OVER_LOTS: reads.over_lots,
    members.NAMED_LOTS: reads.named_lots,
    members.OPEN_ARREARS: reads.open_arrears,
    members.LOTS: writes.lots,
    members.ARREARS: writes.arrears,
    members.NEW_MEMBERS: writes.new_members,
    members.ACTIVITY: writes.activity,
    members.NEW_ALIASES: writes.new_aliases,
    members.REVERSALS: writes.reversals,
    members.NEW_HOLDS: writes.new_holds,
    members.CLOSED_HOLDS: writes.closed_holds,
    crossing.NAMED: transits.parties,
    crossing.COMING: transits.coming,
    crossing.SENT: transits.sent,
    crossing.NEW_TRANSITS: transits.new_transits,
    crossing.ARRIVED: transits.arrived,
    proof_rows.PROOFS: proofs.proofs,
    proof_rows.CHANGED_PROOFS: proofs.changed_proofs,
    opening.LOADED: openings.loaded,
    opening_rules.HOMES_OF_ALIASES: openings.homes_of_aliases,
    opening_rules.HOMES_OF_MEMBERS: openings.homes_of_members,
    opening_rules.LOADED_HERE: openings.loaded_here,
    opening_rules.NEW_LOTS: openings.new_lots,
    opening_rules.PARTS: openings.parts,
    desk.FILES: writes.new_files,
    sweeping.DUE_SHARDS: due.due_shards,
    sweeping.DUE_HOLDS: due.due_holds,
    sweeping.DUE_MEMBERS: due.due_members,
    sweeping.COMING_LOTS: due.coming_lots,
    sweeping.ENDING_LOTS: due.ending_lots,
    obligations.OPEN_IN_SOME_SHARD: reads.open_in_some_shard,
    obligations.ACCRUED: accruals.accrued,
    obligations.ACCRUED_BY: accruals.accrued_by,
    obligations.FIGURES: accruals.figures,
    obligations.KEEP: accruals.keep,
    writing.ACTS: writes.new_acts,
    writing.ENTRIES: writes.new_entries,
    writing.PAYLOADS: writes.new_payloads,
    writing.TRANSFERS: writes.new_transfers,
    writing.CONCERNS: writes.new_concerns,
    writing.BALANCES: writes.new_balances,
    writing.OBLIGATIONS: writes.new_obligations,
    writing.HEAD: writes.head,
    reading.CUTS: statement_reads.cuts,
    reading.CLOSED_AT: statement_reads.closed_at,
    reading.POINTS: statement_reads.points,
    reading.MONEY: statement_reads.money,
    reading.LATE: statement_reads.late,
    publisher.LEAVES: reads.leaves,
    publisher.SIZES: reads.sizes,
    publisher.UNCUT: reads.uncut,
    publisher.CLOCK: reads.clock,
    publisher.PUBLISHED: reads.published,
    publisher.PUBLISH: writes.publish,
    exchange.BY_MEMBER: reads.by_member,
    exchange.BY_ALIAS: reads.by_alias,
    exchange.BY_ACT: reads.by_act,
    exchange_reads.OUTCOME: reads.receipt,
}
