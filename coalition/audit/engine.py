"""The engine's own entries: nobody signs them, so each must be the only one that could stand there."""

from coalition.audit.by_calendar import remark_on_holidays, wrong_close, wrong_overdue
from settlement.errors import CoalitionError
from settlement.house.practice import forward
from settlement.house.pricing import start_of_tariff
from settlement.house.records import parse_key
from settlement.house.state import House
from settlement.house.tariff import check_terms, parse_tariff
from settlement.journal.acts import ENGINE_LINE
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.founding import SHARDS_MAX
from settlement.signing import parse_public_key


def what_is_wrong_with_engine_entry(
    entry: Entry, house: House, *, cut_due: tuple[int, int] | None
) -> str | None:
    """Why an entry of the engine cannot stand where it stands, or None. `heads` are compared with the trees later.

    `house`: as the entries before left it. `cut_due`: the closed cycle that the shard has not cut and where it began there.
    """
    if entry.one("request") != "none":
        return "the engine's entries carry no request"
    if entry.kind == "cut":
        return _wrong_cut(entry, cut_due)
    if entry.shard != HOUSE:
        return f"only the house has entries of kind {entry.kind}"
    if entry.kind == "found":
        return _wrong_founding(entry)
    if entry.kind == "auto-close":
        return wrong_close(entry, house)
    if entry.kind == "overdue":
        return wrong_overdue(entry, house)
    if entry.kind == "forward":
        return _wrong_forward(entry, house)
    if entry.kind == "tariff-start":
        due = start_of_tariff(house, entry.time_us)
        return None if due is not None and due.lines == entry.lines else "no such tariff is due"
    return None if entry.index > 0 else "the first entry of the house founds the network"


def remark_on_engine_entry(entry: Entry, house: House) -> str | None:
    """What is to be said of an entry that may stand where it stands."""
    if entry.kind == "found" and entry.get("practice") is not None:
        return (
            f"{entry.one('network')} is a practice network: nothing in it is real, and its clock may be ahead"
        )
    return remark_on_holidays(entry, house)


def _wrong_cut(entry: Entry, expected: tuple[int, int] | None) -> str | None:
    if entry.shard == HOUSE or expected is None:
        return "there is no closed cycle to cut"
    cycle, start = expected
    lines = (("cycle", str(cycle)), ("range", f"{start} {entry.index}"), ENGINE_LINE)
    return (
        None if entry.lines == lines else f"the cut due here is of cycle {cycle}, range {start} {entry.index}"
    )


def _wrong_forward(entry: Entry, house: House) -> str | None:
    try:
        forward(house, int(entry.one("days")))
    except CoalitionError as error:
        return error.message
    return None


def _wrong_founding(entry: Entry) -> str | None:
    if entry.index != 0:
        return "a network is founded once, by the first entry of its house"
    if not 1 <= int(entry.one("shards")) <= SHARDS_MAX:
        return f"a network has 1 to {SHARDS_MAX} shards of members"
    try:
        check_terms(parse_tariff(entry.all("term")), model=entry.one("model"))
    except CoalitionError as error:
        return f"the founding tariff cannot be: {error}"
    for value in entry.all("key"):
        try:
            key = parse_key(value, added_at=entry.index)
            public = parse_public_key(key.spki)
        except (CoalitionError, ValueError) as error:
            return f"a founding key is no public key: {error}"
        if (public.keyid, public.algorithm) != (key.keyid, key.algorithm) or key.line() != value:
            return f"founding key {key.keyid} is not named or spelled as its bytes demand"
    return None
