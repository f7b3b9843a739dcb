"""What earlier entries say that later ones go back to: read from their leaves."""

from settlement.clock import parse_time
from settlement.journal.leaf import parse_leaf
from settlement.ledger.book import Hold, Original, Slice


def read_hold(leaf: bytes, *, is_open: bool) -> tuple[str, Hold]:
    """The act id of an accepted authorize, and the hold that it made."""
    entry = parse_leaf(leaf)
    hold = Hold(
        entry.index,
        entry.one("member"),
        entry.one("partner"),
        int(entry.one("amount").split(" ")[1]),
        int(entry.one("tariff")),
        parse_time(entry.one("until")),
        tuple([read_slice(entry.index, place, value) for place, value in enumerate(entry.all("lot"))]),
        is_open=is_open,
    )
    return entry.one("act"), hold


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
    return Original(
        entry.index,
        entry.kind,
        entry.one("member"),
        int(entry.one("amount").split(" ")[1]),
        tuple([read_slice(entry.index, place, value) for place, value in enumerate(lots)]),
        int(tariff),
        already_reversed,
    )


def read_slice(index: int, place: int, value: str) -> Slice:
    """The points that a `lot` line moves; `index` and `place` name the lot, if it is new."""
    verb, *facts = value.split(" ")
    if verb == "new":
        return (index, place), int(facts[2])
    number, _, nth = facts[0].partition(":")[2].partition(".")
    return (int(number), int(nth)), int(facts[1])
