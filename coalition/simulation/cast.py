"""Who acts: the operator, its people and the partners, with their keys and their clocks."""

import hashlib
import uuid
from dataclasses import dataclass, field, replace
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coalition.simulation.model import FoundingKey
from settlement.house.records import APPROVER, BILATERAL, LOG, POOL, RECEIPT, REQUEST, Key, Network
from settlement.house.tariff import Tariff
from settlement.signing import KeySigner, parse_public_key

OPERATOR = "operator"
PEOPLE = ("ann", "bob", "cleo")
KEYS_CACHED = 5_000
NETWORK = Network("clearing.example/simulated", "EUR", 2, 2, OPERATOR, BILATERAL)
TARIFFS = {
    BILATERAL: Tariff(
        10_000,
        fee_micros=150,
        interchange_micros=400,
        transfer_points_max=50,
        value_transfer_max=50,
        objection_hours=1,
    ),
    POOL: Tariff(
        10_000,
        price_micros=11_000,
        fee_micros=150,
        interchange_micros=400,
        rebate_basis_points=2_500,
        transfer_points_max=50,
        transfer_daily_max=200,
        transfer_fee_micros=70,
        value_transfer_max=50,
        objection_hours=1,
    ),
}
"""The founding tariff of a network in each settlement model."""


def network_in(model: str) -> Network:
    """The simulated network in a settlement model."""
    return replace(NETWORK, model=model)


@lru_cache(maxsize=KEYS_CACHED)
def key_of(seed: int, name: object) -> KeySigner:
    """The private key of this name, always the same for a seed."""
    return KeySigner(Ed25519PrivateKey.from_private_bytes(_digest(seed, "key", name)))


def act_id_of(seed: int, step: int) -> str:
    """The act id of a step."""
    return str(uuid.UUID(bytes=_digest(seed, "act", step)[:16], version=4))


def stranger_of(seed: int, step: int) -> str:
    """The id of a member that nobody enrolled."""
    return str(uuid.UUID(bytes=_digest(seed, "stranger", step)[:16], version=4))


def alias_of(seed: int, name: object) -> bytes:
    """An alias token."""
    return _digest(seed, "alias", name)


def _digest(seed: int, *names: object) -> bytes:
    return hashlib.sha256(f"{seed} {' '.join(map(str, names))}".encode()).digest()


@dataclass
class Company:
    """A participant as it sees itself: keys that it believes to be live, and how far its clock is from the right time.

    `made`: every key that it ever asked for.
    """

    name: str
    live: list[KeySigner] = field(default_factory=list)
    made: list[KeySigner] = field(default_factory=list)
    retired: list[KeySigner] = field(default_factory=list)
    clock_off_us: int = 0


@dataclass
class Cast:
    """Everybody. `people`: live approver keys by person."""

    seed: int
    operator: Company
    people: dict[str, KeySigner]
    receipt: KeySigner
    log: KeySigner
    partners: dict[int, Company] = field(default_factory=dict)

    def partner(self, number: int) -> Company:
        """The company that will be, or is, the partner of this number."""
        if number not in self.partners:
            self.partners[number] = Company(f"partner-{number}")
        return self.partners[number]

    def founding_keys(self) -> list[Key]:
        """The keys of the founding entry."""
        return [
            _key(self.operator.live[0], REQUEST),
            *[_key(signer, APPROVER, person) for person, signer in self.people.items()],
            _key(self.receipt, RECEIPT),
            _key(self.log, LOG),
        ]


def new_cast(seed: int) -> Cast:
    """The cast at the founding: no partner yet."""
    return Cast(
        seed,
        Company(OPERATOR, [key_of(seed, OPERATOR)], [key_of(seed, OPERATOR)]),
        {person: key_of(seed, person) for person in PEOPLE},
        key_of(seed, "receipt"),
        key_of(seed, "log"),
    )


def _key(signer: KeySigner, purpose: str, person: str | None = None) -> Key:
    public = parse_public_key(signer.spki)
    return Key(public.keyid, public.algorithm, purpose, OPERATOR, person, signer.spki, 0)


def as_founding_key(key: Key) -> FoundingKey:
    """The same key for the second model."""
    return FoundingKey(key.keyid, key.algorithm, key.purpose, key.owner, key.person, key.spki)
