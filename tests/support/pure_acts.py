"""Acts and houses for tests of pure rules: values only, nothing signed, nothing stored."""

import hashlib
import itertools
import uuid

from settlement.house.records import ACTIVE, REQUEST, Cycle, Key, Network, Partner
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Entry, format_leaf, parse_leaf

T0_US = 1_800_000_000_000_000
OPERATOR = "operator"
NETWORK = Network("clearing.example/test", "EUR", 2, 1, OPERATOR, "bilateral")
_numbers = itertools.count(1)


def keyid_for(owner: str) -> str:
    """A made-up keyid that is always the same for an owner."""
    return hashlib.sha256(owner.encode()).hexdigest()


def fresh_id() -> str:
    """A UUID that no other act of this process has."""
    return str(uuid.UUID(int=next(_numbers)))


def act(partner: str, body: object, *, act_id: str | None = None, signer: str | None = None) -> Act[object]:
    """An act as it comes out of the door."""
    payload = fresh_id().encode()
    return Act(
        partner,
        act_id or fresh_id(),
        keyid_for(signer or partner),
        bytes(64),
        "application/vnd.coalition.v1.TestRequest+protobuf",
        payload,
        hashlib.sha256(payload).digest(),
        T0_US,
        T0_US + 60_000_000,
        body,
    )


def house_of(*partners: str, rate_micros: int = 10_000) -> House:
    """A house with active partners that have one request key each; cycle 1 is open."""
    house = House(1, NETWORK, {0: Tariff(rate_micros)})
    house.cycles[1] = Cycle(1)
    for name in (OPERATOR, *partners):
        house.partners[name] = Partner(name, name.title(), ACTIVE)
        house.keys[keyid_for(name)] = Key(keyid_for(name), "ed25519", REQUEST, name, None, b"spki", 0)
    return house


def as_entry(draft: Draft, *, shard: int, index: int, house: int, time_us: int = T0_US) -> Entry:
    """The entry of a draft; its leaf must be canonical, and read back to the same entry."""
    entry = Entry(shard, index, house, time_us, draft.kind, draft.lines)
    leaf = format_leaf(entry)
    assert parse_leaf(leaf) == entry
    assert tuple(entry.transfers()) == draft.transfers
    assert entry.refusal == draft.refusal
    return entry
