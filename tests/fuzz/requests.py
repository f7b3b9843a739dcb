"""The door without a network: any envelope that any caller may send, and what the rules make of those that are let in."""

from dataclasses import dataclass, field

from google.protobuf.message import Message

from coalition.errors import CODES
from coalition.gateway.admission import admit
from coalition.gateway.status import status_of
from coalition.wire.envelope import seal
from coalition.wire.methods import METHODS
from settlement.clearing.decide import decide_desk
from settlement.errors import CoalitionError
from settlement.house.records import ACTIVE, APPROVER, REQUEST, Cycle, Key, Partner
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import HOUSE
from settlement.ledger.acts import ON_MEMBERS
from settlement.ledger.book import NEVER_US, Book, Lot, Wallet
from settlement.ledger.decide import decide
from settlement.money import POINTS
from settlement.signing import ECDSA_P256, ED25519, new_key, parse_public_key
from tests.fuzz.changes import TAPES, Tape, applied
from tests.fuzz.readers import MESSAGE
from tests.fuzz.target import Target
from tests.support.callers import PEOPLE, Callers
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, as_entry

STATUS_BYTES_MAX = 4_096
"""Details of an error stay below this (docs/wire.md); gRPC replaces much longer ones."""
MEMBER = "0a1b2c3d-0000-4000-8000-000000000001"
Call = tuple[str, bytes]
"""A method's path, and an envelope."""


@dataclass(kw_only=True)
class Bench(Callers):
    """Callers, and the house and book that know them."""

    house: House = field(default_factory=lambda: House(1, NETWORK, {0: Tariff(10_000)}))
    samples: list[tuple[str, str, Message]] = field(default_factory=list)
    """Path, caller and complete request of every method."""

    def __post_init__(self) -> None:
        self.member = MEMBER
        self.house.cycles[1] = Cycle(1)
        for who, algorithm in (
            (OPERATOR, ED25519),
            *((name, ED25519) for name in PEOPLE),
            ("bakery", ECDSA_P256),
        ):
            self.signers[who] = signer = new_key(algorithm)
            purpose, person = (APPROVER, who) if who in PEOPLE else (REQUEST, None)
            key = parse_public_key(signer.spki)
            self.house.keys[key.keyid] = Key(
                key.keyid, algorithm, purpose, self.partner_of(who), person, key.spki, 0
            )
            self.house.partners[self.partner_of(who)] = Partner(self.partner_of(who), "A name", ACTIVE)
        for path, method in sorted(METHODS.items()):
            self.samples.append((path, *self.sample(method)))

    def book(self) -> Book:
        """A fresh book of the one member."""
        book = Book(1, wallets={MEMBER: Wallet(0)})
        book.add_lot(Lot(0, 0, MEMBER, "bakery", POINTS, 1_000, 1_000, NEVER_US, 0))
        return book

    def call(self, tape: Tape) -> Call:
        """A good request, changed before or after it is signed, by one who may or may not ask for it."""
        number, choice = divmod(tape.number, len(self.samples))
        path, who, request = self.samples[choice]
        if number % 16 == 0:
            who = sorted(self.signers)[number // 16 % len(self.signers)]
        changes = tape.changes
        unsigned = 0 if number % 4 else len(changes) // 2
        payload = applied(request.SerializeToString(), changes[unsigned:], MESSAGE)
        data = seal(self.signers[who], METHODS[path].payload_type, payload)
        return path, applied(data, changes[:unsigned], MESSAGE)

    def attempt(self, call: Call) -> None:
        """A documented error that fits its envelope, or an act whose entry has a leaf: the rules can say yes or no to it."""
        failure = self._failure(*call)
        if failure is not None:
            assert CODES[failure.reason] != "INTERNAL"
            assert len(status_of(failure).SerializeToString()) < STATUS_BYTES_MAX

    def _failure(self, path: str, data: bytes) -> CoalitionError | None:
        try:
            admitted = admit(self.house, METHODS[path], data)
            if not METHODS[path].read:
                as_entry(self._decided(admitted.act()), shard=HOUSE, index=1, house=1)
        except CoalitionError as error:
            return error
        return None

    def _decided(self, act: Act[object]) -> Draft:
        if isinstance(act.body, ON_MEMBERS):
            return decide(self.book(), self.house, act, 1, T0_US)
        return decide_desk(self.house, {}, act, T0_US)


def requests() -> list[Target]:
    """Admission, up to the entry."""
    bench = Bench()
    return [Target("admission", TAPES.map(bench.call), bench.attempt)]
