"""The house as the operator's identities see it over the wire: folded from its entries by the rule that everyone uses."""

from coalition.client import BlockingClient
from settlement.errors import CoalitionError
from settlement.house.records import Opening, Settlement
from settlement.house.state import House
from settlement.journal.leaf import HOUSE, parse_leaf

PAGE_ENTRIES = 1_000


def read_house(client: BlockingClient) -> House:
    """The house's newest state. CoalitionError ROLE_MISSING for a partner, who sees only some of its entries."""
    house = House()
    for entry in client.entries(page_size=PAGE_ENTRIES):
        if entry.shard != HOUSE:
            break
        leaf = parse_leaf(entry.leaf)
        if house.network is None and leaf.kind != "found":
            break
        house.apply(leaf)
    if house.network is None:
        raise CoalitionError(
            "ROLE_MISSING", "this is for the operator and its people, who see the whole house"
        )
    return house


def settlement_of_cycle(house: House, cycle: int) -> Settlement:
    """The cycle's approved settlement, else its newest proposal. CoalitionError SETTLEMENT_NOT_FOUND."""
    found = [one for one in house.settlements.values() if one.cycle == cycle]
    if not found:
        message = f"nobody has proposed to settle cycle {cycle}; `coalition settlement propose {cycle} --as NAME` does"
        raise CoalitionError("SETTLEMENT_NOT_FOUND", message, field="cycle")
    return next((one for one in found if one.approved), found[-1])


def settlement_of_number(house: House, number: int) -> Settlement:
    """The settlement of this number. CoalitionError SETTLEMENT_NOT_FOUND."""
    found = house.settlements.get(number)
    if found is None:
        message = f"there is no settlement {number}; there are {len(house.settlements)}"
        raise CoalitionError("SETTLEMENT_NOT_FOUND", message, field="settlement")
    return found


def settlement_of_proposal(house: House, digits: str) -> Settlement:
    """The newest settlement whose proposal's SHA-256 begins so. CoalitionError SETTLEMENT_NOT_FOUND, DIGEST_AMBIGUOUS."""
    found = [one for one in house.settlements.values() if one.proposal_sha256.startswith(digits)]
    if not found or len(digits) < 8:
        message = "no proposal's SHA-256 begins with these digits, of which 8 are needed"
        raise CoalitionError("SETTLEMENT_NOT_FOUND", message, field="proposal")
    if len({one.proposal_sha256 for one in found}) > 1:
        message = "several proposals begin with these digits; give more of them"
        raise CoalitionError("DIGEST_AMBIGUOUS", message, field="proposal")
    return found[-1]


def opening_of_file(house: House, digits: str) -> Opening:
    """The newest proposal of the file whose SHA-256 begins so. CoalitionError OPENING_NOT_FOUND, DIGEST_AMBIGUOUS."""
    found = [one for one in house.openings.values() if one.file_sha256.startswith(digits)]
    if not found or len(digits) < 8:
        message = "no proposed file's SHA-256 begins with these digits, of which 8 are needed"
        raise CoalitionError("OPENING_NOT_FOUND", message, field="sha256")
    if len(found) > 1:
        message = "several files begin with these digits; give more of them"
        raise CoalitionError("DIGEST_AMBIGUOUS", message, field="sha256")
    return found[0]
