"""Where `coalition statement explain` looks: in the database on this machine, or over the wire as a partner may."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from psycopg import Connection
from psycopg.rows import TupleRow

from coalition.audit.claims import what_is_wrong_with_key
from coalition.cli.sharing import database
from coalition.cli.signed_entry import KeyFound, claim_of, facts_of, signed_facts
from coalition.cli.site import Site
from coalition.cli.voice import Voice
from coalition.client import BlockingClient
from coalition.client.debts import Posting
from settlement.database import READER, connect
from settlement.errors import CoalitionError
from settlement.house.state import House
from settlement.ledger.memory import load_house
from settlement.statements.build import statement
from settlement.statements.drilling import entry_with_payload, postings_between
from settlement.statements.reading import ranges_of_cycle, read_cycle_book
from settlement.statements.spelling import to_json
from settlement.transparency.merkle import leaf_hash


class Source(Protocol):
    """What explains a partner's statement of one cycle."""

    def statement(self) -> Any:
        """The statement's document."""

    def postings(self, counterparty: str) -> list[Posting]:
        """The postings with one counterparty."""

    def signed(self, shard: int, number: int) -> dict[str, Any]:
        """Who signed what for an entry. CoalitionError ENTRY_NOT_FOUND."""


@contextmanager
def own_database(site: Site, cycle: int, partner: str) -> Iterator[Source]:
    """The books on this machine."""
    with database(site), connect(site.dsn(READER), READER) as connection:
        yield _Books(connection, load_house(connection), cycle, partner)


@contextmanager
def over_the_wire(voice: Voice, cycle: int, partner: str) -> Iterator[Source]:
    """What the network tells whoever speaks."""
    with voice.asking() as client:
        yield _Wire(client, cycle, partner)


@dataclass(frozen=True)
class _Books:
    connection: Connection[TupleRow]
    house: House
    cycle: int
    partner: str

    def statement(self) -> Any:
        book = read_cycle_book(self.connection, self.house, self.cycle)
        return json.loads(to_json(statement(book, self.partner)))

    def postings(self, counterparty: str) -> list[Posting]:
        ranges = ranges_of_cycle(self.connection, self.house, self.cycle)
        found = postings_between(self.connection, self.house, ranges, self.partner, counterparty)
        return [
            Posting(each.shard, each.index, each.kind, each.purpose, each.debtor, each.creditor, each.micros)
            for each in found
        ]

    def signed(self, shard: int, number: int) -> dict[str, Any]:
        found = entry_with_payload(self.connection, shard, number)
        if found is None:
            raise CoalitionError("ENTRY_NOT_FOUND", f"there is no entry {shard}:{number}", field="entry")
        leaf, payload = found
        entry, claim = claim_of(leaf)
        if claim is None:
            return facts_of(leaf)
        known = (claim.keyid, claim.partner)
        wrong = what_is_wrong_with_key(
            self.house, entry.kind, at=entry.house, keyid=known[0], partner=known[1]
        )
        key = KeyFound(wrong or "good", self.house.keys[claim.keyid].spki)
        return facts_of(leaf) | signed_facts(leaf, payload, key, why_missing="what was signed is erased")


@dataclass(frozen=True)
class _Wire:
    client: BlockingClient
    cycle: int
    partner: str

    def statement(self) -> Any:
        return json.loads(self.client.statement(cycle=self.cycle, partner_id=self.partner).json)

    def postings(self, counterparty: str) -> list[Posting]:
        asked = self.client.postings(cycle=self.cycle, counterparty=counterparty, partner_id=self.partner)
        return list(asked)

    def signed(self, shard: int, number: int) -> dict[str, Any]:
        told, payload = self.client.entry(shard=shard, entry_number=number)
        entry, claim = claim_of(told.leaf)
        if claim is None:
            return facts_of(told.leaf)
        own = self.client.identity.signer
        spki = own.spki if own.keyid == claim.keyid else None
        key = KeyFound(self._key(claim.keyid, claim.partner, at=entry.house), spki)
        missing = f"{claim.partner} keeps what it signed, and the evidence bundle has it"
        facts = facts_of(told.leaf) | signed_facts(told.leaf, payload, key, why_missing=missing)
        if claim.partner == self.client.identity.partner_id:
            receipt = self.client.receipt(act_id=claim.act_id)
            same = receipt.leaf_hash == leaf_hash(told.leaf)
            facts["receipt"] = f"genuine, for {'this' if same else 'another'} leaf"
        return facts

    def _key(self, keyid: str, partner: str, *, at: int) -> str:
        """Whether the network says that the key was the partner's when the entry was decided."""
        found = [(each.partner_id, key) for each in self.client.partners() for key in each.keys]
        owner, key = next(((owner, key) for owner, key in found if key.keyid == keyid), (None, None))
        if key is None or owner != partner:
            return f"no key of {partner}"
        if key.added_at_entry >= at or (key.revoked_at_entry is not None and key.revoked_at_entry < at):
            return f"did not live at house size {at}"
        return "good"
