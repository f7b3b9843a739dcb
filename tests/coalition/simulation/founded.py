"""A network at its founding, for the engine's rules and the model side by side."""

from settlement.house.records import APPROVER, BILATERAL, LOG, POOL, RECEIPT, REQUEST, Key, Network
from settlement.house.state import House
from settlement.house.tariff import Tariff
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE
from settlement.ledger.founding import founding_lines
from tests.support.pure_acts import OPERATOR, as_entry, keyid_for

SHARDS = 2
DIGITS = 2
TARIFFS = {
    BILATERAL: Tariff(
        12_345,
        fee_micros=77,
        interchange_micros=345,
        transfer_points_max=10**12,
        value_transfer_max=10**12,
        payment_days=1,
    ),
    POOL: Tariff(
        12_345,
        price_micros=13_000,
        fee_micros=77,
        interchange_micros=345,
        rebate_basis_points=1_250,
        transfer_points_max=200,
        transfer_daily_max=230,
        transfer_fee_micros=19,
        value_transfer_max=200,
        payment_days=1,
    ),
}
PEOPLE = ("ann", "bob")
SPKI = b"spki"


def founding_keys() -> list[Key]:
    """The operator's request key, two people, and the two keys that sign for the network."""
    named: list[tuple[str, str, str | None]] = [
        (OPERATOR, REQUEST, None),
        ("receipts", RECEIPT, None),
        ("log", LOG, None),
    ]
    named += [(person, APPROVER, person) for person in PEOPLE]
    return [
        Key(keyid_for(name), "ed25519", purpose, OPERATOR, person, SPKI, 0) for name, purpose, person in named
    ]


def founded_house(keys: list[Key], model: str) -> House:
    """The house after its founding entry."""
    network = Network("clearing.example/test", "EUR", DIGITS, SHARDS, OPERATOR, model)
    draft = Draft("found", founding_lines(network, TARIFFS[model], keys))
    house = House()
    house.apply(as_entry(draft, shard=HOUSE, index=0, house=0))
    return house
