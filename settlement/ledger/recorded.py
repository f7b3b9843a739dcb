"""What earlier entries say that later ones go back to: read from their leaves."""

from settlement.clock import parse_time
from settlement.journal.leaf import parse_leaf
from settlement.ledger.book import Hold, Slice


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


def read_slice(index: int, place: int, value: str) -> Slice:
    """The points that a `lot` line moves; `index` and `place` name the lot, if it is new."""
    verb, *facts = value.split(" ")
    if verb == "new":
        return (index, place), int(facts[2])
    number, _, nth = facts[0].partition(":")[2].partition(".")
    return (int(number), int(nth)), int(facts[1])
