"""What earlier entries say that later ones go back to: read from their leaves."""

import re

from settlement.clock import parse_time
from settlement.journal.leaf import parse_leaf
from settlement.ledger.book import IDLE_US, NEVER_US, Hold, Lot, Original, Slice
from settlement.ledger.transits import Transit

_OF_ASSET = re.compile(r"^amount (\S+) ", re.MULTILINE)
_TAKEN = re.compile(r"^lot take \d+:(\d+)\.(\d+) (\d+)$", re.MULTILINE)


def read_hold(
    index: int, member: str, partner: str, amount: int, tariff: int, until_us: int, leaf: str, is_open: bool
) -> Hold:
    """A hold by its row and the leaf of its authorize, which says whose slices it is made of."""
    slices = [((int(lot), int(place)), int(points)) for lot, place, points in _TAKEN.findall(leaf)]
    asset = _OF_ASSET.findall(leaf)[0]
    return Hold(index, member, partner, amount, tariff, until_us, tuple(slices), is_open, asset)


_MOVES = {"issue": "new ", "redeem": "take ", "capture": "spend "}
"""Kinds that can be reversed, and how the `lot` lines begin whose slices are then undone."""


def read_original(leaf: bytes, *, already_reversed: int) -> Original | None:
    """What a reversal needs to know of an earlier entry; None if that entry cannot be reversed."""
    entry = parse_leaf(leaf)
    if entry.kind not in _MOVES or entry.refusal is not None:
        return None
    lots = [value for value in entry.all("lot") if value.startswith(_MOVES[entry.kind])]
    # In an issue, the line `tariff` prices the arrears that it repays.
    tariff = lots[0].rpartition(" ")[2] if entry.kind == "issue" else entry.one("tariff")
    asset, amount = entry.one("amount").split(" ")
    return Original(
        entry.index,
        entry.kind,
        entry.one("member"),
        int(amount),
        tuple([read_slice(entry.index, place, value) for place, value in enumerate(lots)]),
        int(tariff),
        already_reversed,
        asset,
    )


def read_slice(index: int, place: int, value: str) -> Slice:
    """The points that a `lot` line moves; `index` and `place` name the lot, if it is new."""
    verb, *facts = value.split(" ")
    if verb == "new":
        return (index, place), int(facts[2])
    number, _, nth = facts[0].partition(":")[2].partition(".")
    return (int(number), int(nth)), int(facts[1])


def read_transit(to_shard: int, leaf: bytes) -> Transit:
    """A transfer that goes to a member of another shard, by its leaf."""
    entry = parse_leaf(leaf)
    recipient = entry.one("recipient")
    sent = [value for value in entry.all("lot") if value.startswith("send ")]
    lots = [_read_lot(entry.index, place, recipient, value) for place, value in enumerate(sent)]
    return Transit(entry.shard, entry.index, to_shard, recipient, entry.time_us, tuple(lots))


def _read_lot(index: int, place: int, member: str, value: str) -> Lot:
    _, funder, asset, points, expiry, tariff = value.split(" ")
    kind, _, months = expiry.partition("activity-")
    if months:
        expires_at_us, idle_months = IDLE_US, int(months)
    else:
        expires_at_us, idle_months = (NEVER_US if kind == "never" else parse_time(kind)), None
    quantity = int(points)
    facts = (member, funder, asset, quantity, quantity, expires_at_us, int(tariff), idle_months)
    return Lot(index, place, *facts)
