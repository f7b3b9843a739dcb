"""What becomes of an act, and how an entry's leaf spells it."""

from base64 import b64encode
from dataclasses import dataclass
from typing import TypeAlias

from settlement.clock import format_time
from settlement.journal.acts import ENGINE_LINE, Act, Draft
from settlement.journal.leaf import Transfer, format_post
from settlement.ledger.acts import (
    CODE,
    ON_EVENT_US,
    AddMemberProof,
    Authorize,
    Capture,
    Code,
    Consent,
    Issue,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.ledger.book import NEVER_US, Arrear, Hold, Lot, LotName, Original, Slice
from settlement.money import POINTS

_OK = ("result", "ok")
_AMOUNT_NAMED = Issue | Redeem | TransferPoints | Authorize | Capture
"""Acts that always name an amount; a reversal may leave it out."""
ActName: TypeAlias = tuple[str, str]
"""Partner and act id."""


@dataclass(slots=True)
class Ruling:
    """Postings, and what happens to lots, if the act is accepted; else the refusal.

    `tariff`: the house entry of the tariff whose terms the postings rest on. `new_lots` stand at places 0, 1 ... of the entry;
    so do `renewed` ones, each beside the lot whose points come back in it. `spent` are slices of a hold that are spent now.
    `given` slices go back to lots, `freed` ones are pending no more, then `taken` ones come out of lots. `new_arrears` are owed
    from now on, `repaid` are parts of earlier ones. `original`: what was found to reverse or release, or the hold that ends.
    `amount`: how many points are reversed. `recipient`: to whom they go; `sent` lots are made in its shard when they arrive.
    `until_us`: when a new hold runs out. `consent`: the member's own yes, shown and genuine. `balance_after`: the member's
    points, or value if the act is about that, once the book has changed.
    """

    kind: str
    member: str | None
    refusal: str | None = None
    posts: tuple[Transfer, ...] = ()
    tariff: int | None = None
    new_lots: tuple[Lot, ...] = ()
    renewed: tuple[tuple[LotName, Lot], ...] = ()
    taken: tuple[Slice, ...] = ()
    given: tuple[Slice, ...] = ()
    spent: tuple[Slice, ...] = ()
    freed: tuple[Slice, ...] = ()
    new_arrears: tuple[Arrear, ...] = ()
    repaid: tuple[Slice, ...] = ()
    original: Original | Hold | None = None
    amount: int = 0
    until_us: int | None = None
    consent: Consent | None = None
    recipient: str | None = None
    sent: tuple[Lot, ...] = ()
    balance_after: int | None = None


def asset_of(body: object, ruling: Ruling) -> str:
    """What an act moves: what it names, or what the act moved that it goes back to. Of one whose leaf names no amount: points."""
    if isinstance(body, _AMOUNT_NAMED):
        return body.asset
    if ruling.original is None:
        return POINTS
    return body.asset if isinstance(body, Reverse) and body.amount else ruling.original.asset


def outcome_lines(shard: int, ruling: Ruling) -> list[tuple[str, str]]:
    """The leaf's lines after `sig`: what came of it."""
    lines = _tariff(ruling)
    if ruling.until_us is not None:
        lines.append(("until", format_time(ruling.until_us)))
    lines += _moves(shard, ruling)
    lines.append(_OK if ruling.refusal is None else ("result", f"refused {ruling.refusal}"))
    return lines


def _tariff(ruling: Ruling) -> list[tuple[str, str]]:
    return [] if ruling.tariff is None else [("tariff", str(ruling.tariff))]


def _moves(shard: int, ruling: Ruling) -> list[tuple[str, str]]:
    posts = [("post", format_post(post)) for post in ruling.posts]
    lots = [("lot", value) for value in _lot_values(shard, ruling)]
    return posts + lots + [("arrear", value) for value in _arrear_values(shard, ruling)]


def _arrear_values(shard: int, ruling: Ruling) -> list[str]:
    values = [f"new {each.partner} {each.asset} {each.quantity} {each.tariff}" for each in ruling.new_arrears]
    values += [f"take {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.repaid]
    return values


def _lot_values(shard: int, ruling: Ruling) -> list[str]:
    values = [f"new {_spell_facts(lot)}" for lot in ruling.new_lots]
    values += [f"send {_spell_facts(lot)}" for lot in ruling.sent]
    values += [
        f"renew {spell_lot(shard, name)} {lot.quantity} {format_time(lot.expires_at_us)}"
        for name, lot in ruling.renewed
    ]
    values += [f"spend {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.spent]
    values += [f"give {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.given]
    values += [f"free {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.freed]
    values += [f"take {spell_lot(shard, name)} {quantity}" for name, quantity in ruling.taken]
    return values


def spell_lot(shard: int, name: LotName) -> str:
    """A lot or an arrear as leaves name it."""
    return f"{shard}:{name[0]}.{name[1]}"


def spell_proof(name: str, public: bytes) -> str:
    """A proof that is added, as leaves and consents state it."""
    return f"code {public.hex()}" if name == CODE else f"device {name} {b64encode(public).decode()}"


def spell_consent(consent: Consent) -> str:
    """The member's yes as leaves state it, whole, so that the journal alone can be checked."""
    if isinstance(consent, Code):
        return f"code {consent.code.hex()}"
    return f"device {consent.keyid} {b64encode(consent.signature).decode()}"


def _spell_facts(lot: Lot) -> str:
    return f"{lot.funder} {lot.asset} {lot.quantity} {_spell_expiry(lot)} {lot.tariff}"


def _spell_expiry(lot: Lot) -> str:
    if lot.idle_months is not None:
        return f"activity-{lot.idle_months}"
    return "never" if lot.expires_at_us == NEVER_US else format_time(lot.expires_at_us)


def spelled(shard: int, act: Act[object], ruling: Ruling) -> Draft:
    """The entry's lines in the order of the leaf grammar."""
    body = act.body
    lines = [("partner", act.partner), ("act", act.act_id)]
    if ruling.member is not None:
        lines.append(("member", ruling.member))
    if ruling.recipient is not None:
        lines.append(("recipient", ruling.recipient))
    if ruling.original is not None:
        lines.append(("original", f"{shard}:{ruling.original.index}"))
    asset, amount = asset_of(body, ruling), _amount(body, ruling)
    if amount is not None:
        lines.append(("amount", f"{asset} {amount}"))
    if isinstance(body, Issue | Redeem | TransferPoints | Authorize | Capture | Void | Release | Reverse):
        lines.append(("occurred", format_time(body.occurred_at_us)))
    if isinstance(body, Issue) and body.pending_until_us is not None:
        until_us = body.pending_until_us
        lines.append(("pending", "event" if until_us == ON_EVENT_US else format_time(until_us)))
    if isinstance(body, Issue) and body.campaign is not None:
        lines.append(("campaign", body.campaign))
    if isinstance(body, AddMemberProof):
        lines.append(("proof", spell_proof(body.name, body.public)))
    elif isinstance(body, RemoveMemberProof):
        lines.append(("proof-name", body.name))
    if ruling.consent is not None:
        lines.append(("consent", spell_consent(ruling.consent)))
    lines += act.request_lines()
    lines += outcome_lines(shard, ruling)
    facts = (act, ruling.member, ruling.refusal, ruling.balance_after)
    return Draft(ruling.kind, tuple(lines), ruling.posts, *facts, asset=asset)


def _amount(body: object, ruling: Ruling) -> int | None:
    """What the leaf says that the act is about; None if that is nothing, or all of something that is not known."""
    if isinstance(body, _AMOUNT_NAMED):
        return body.amount
    if ruling.original is None:
        return None
    return ruling.amount if isinstance(body, Reverse) else ruling.original.amount


def spelled_by_engine(
    shard: int, ruling: Ruling, about: tuple[tuple[str, str], ...], concerns: tuple[str, ...] = ()
) -> Draft:
    """An entry about a member that nobody asked for. `about`: the lines between `member` and `request`.

    `concerns`: the partners that are to learn of it.
    """
    assert ruling.member is not None
    lines = (("member", ruling.member), *about, ENGINE_LINE, *_tariff(ruling), *_moves(shard, ruling))
    return Draft(ruling.kind, lines, ruling.posts, member=ruling.member, concerns=concerns)
