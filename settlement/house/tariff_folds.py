"""What the entries on tariffs make of the house."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from settlement.clock import parse_time
from settlement.errors import BooksError
from settlement.house.records import TariffProposal
from settlement.house.tariff import Tariff, parse_tariff
from settlement.journal.leaf import Entry

if TYPE_CHECKING:
    from settlement.house.state import House


def put_in_force(house: "House", entry: Entry, tariff: Tariff) -> None:
    """Another cut-off counts from here; the same one goes on as it was."""
    if not house.tariffs or tariff.closes != house.tariff.closes:
        house.closes_after_us = entry.time_us
    house.tariffs[entry.index] = tariff
    house.tariff_number, house.coming = entry.index, None


def _tariff_propose(house: "House", entry: Entry) -> None:
    sha256, starts = entry.one("proposal"), entry.get("from")
    house.tariff_proposals[sha256] = TariffProposal(
        sha256,
        parse_tariff(entry.all("term")),
        None if starts is None else parse_time(starts),
        house.signer_of(entry),
        entry.time_us,
    )


def _tariff_approve(house: "House", entry: Entry) -> None:
    proposal = replace(house.tariff_proposals[entry.one("proposal")], approved=True)
    house.tariff_proposals[proposal.proposal_sha256] = proposal
    if proposal.has_come(entry.time_us):
        put_in_force(house, entry, proposal.tariff)
    else:
        house.coming = proposal


def _tariff_start(house: "House", entry: Entry) -> None:
    if house.coming is None:
        raise BooksError(f"house entry {entry.index} starts a tariff, and none is coming")
    put_in_force(house, entry, house.coming.tariff)


TARIFFS: dict[str, Callable[["House", Entry], None]] = {
    "tariff-propose": _tariff_propose,
    "tariff-approve": _tariff_approve,
    "tariff-start": _tariff_start,
}
"""The fold of each kind of entry."""
