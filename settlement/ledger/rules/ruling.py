"""What becomes of an act, and how an entry's leaf spells it."""

from dataclasses import dataclass
from typing import TypeAlias

from settlement.clock import format_time
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer, format_post
from settlement.ledger.acts import Issue, Redeem, Reverse
from settlement.ledger.book import NEVER_US, Arrear, Lot, LotName, Original, Slice
from settlement.money import POINTS

_OK = ("result", "ok")
ActName: TypeAlias = tuple[str, str]
"""Partner and act id."""


@dataclass(slots=True)
class Ruling:
    """Postings, and what happens to lots, if the act is accepted; else the refusal.

    `tariff`: the house entry of the tariff whose terms the postings rest on. `new_lots` stand at places 0, 1 ... of the entry;
    `given` slices go back to lots, then `taken` ones out of them. So do `new_arrears`, and `repaid` parts of earlier ones.
    `original`: what a reversal found to reverse, `amount` how many of its points. `balance_after`: the member's points once the
    book has changed.
    """

    kind: str
    member: str | None
    refusal: str | None = None
    posts: tuple[Transfer, ...] = ()
    tariff: int | None = None
    new_lots: tuple[Lot, ...] = ()
    taken: tuple[Slice, ...] = ()
    given: tuple[Slice, ...] = ()
    new_arrears: tuple[Arrear, ...] = ()
    repaid: tuple[Slice, ...] = ()
    original: Original | None = None
    amount: int = 0
    balance_after: int | None = None


def outcome_lines(shard: int, ruling: Ruling) -> list[tuple[str, str]]:
    """The leaf's lines after `sig`: what came of it."""
    lines = [] if ruling.tariff is None else [("tariff", str(ruling.tariff))]
    lines += [("post", format_post(post)) for post in ruling.posts]
    lines += [("lot", value) for value in _lot_values(shard, ruling)]
    lines += [("arrear", value) for value in _arrear_values(shard, ruling)]
    lines.append(_OK if ruling.refusal is None else ("result", f"refused {ruling.refusal}"))
    return lines


def _lot_values(shard: int, ruling: Ruling) -> list[str]:
    values = [_spell_new(lot) for lot in ruling.new_lots]
    values += [f"give {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.given]
    values += [f"take {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.taken]
    return values


def _arrear_values(shard: int, ruling: Ruling) -> list[str]:
    values = [f"new {each.partner} {each.asset} {each.quantity} {each.tariff}" for each in ruling.new_arrears]
    values += [f"take {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.repaid]
    return values


def spell_lot(shard: int, name: LotName) -> str:
    """A lot or an arrear as leaves name it."""
    return f"{shard}:{name[0]}.{name[1]}"


def _spell_new(lot: Lot) -> str:
    expires = "never" if lot.expires_at_us == NEVER_US else format_time(lot.expires_at_us)
    return f"new {lot.funder} {lot.asset} {lot.quantity} {expires} {lot.tariff}"


def spelled(shard: int, act: Act[object], ruling: Ruling) -> Draft:
    """The entry's lines in the order of the leaf grammar."""
    body = act.body
    lines = [("partner", act.partner), ("act", act.act_id)]
    if ruling.member is not None:
        lines.append(("member", ruling.member))
    if ruling.original is not None:
        lines.append(("original", f"{shard}:{ruling.original.index}"))
        lines.append(("amount", f"{POINTS} {ruling.amount}"))
    if isinstance(body, Issue | Redeem):
        lines.append(("amount", f"{POINTS} {body.amount}"))
    if isinstance(body, Issue | Redeem | Reverse):
        lines.append(("occurred", format_time(body.occurred_at_us)))
    lines += act.request_lines()
    lines += outcome_lines(shard, ruling)
    return Draft(
        ruling.kind, tuple(lines), ruling.posts, act, ruling.member, ruling.refusal, ruling.balance_after
    )
