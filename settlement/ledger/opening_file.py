"""The prepared file of opening balances: one spelling for the same lots, so that two people can sign its SHA-256.

    coalition-opening/v1
    network clearing.example/coalition-1
    partner bakery
    rows 3
    members 2
    points 1500
    value 2500
                                     an empty line; then 50 bytes for each lot, in ascending order, big-endian:
    kind[1]  name[32]  amount[8]  expiry[8]  asset[1]

Kind 0: the name is an alias's token. Kind 1: a member's id, 16 bytes and then zeros. Expiry in microseconds since 1970. Asset 0:
the amount is of points. Asset 1: of value, in minor units of the network's currency.
"""

import re
import struct
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from settlement.errors import CoalitionError
from settlement.ledger.book import NEVER_US
from settlement.money import AMOUNT_MAX, ASSETS

RECORD = struct.Struct(">33sqqB")
ALIAS, MEMBER = b"\0", b"\1"
"""The first byte of a name: whose it is."""
_HEADER = re.compile(
    rb"coalition-opening/v1\nnetwork ([a-z0-9][a-z0-9./-]{1,99})\npartner ([a-z0-9-]{2,40})\n"
    rb"rows ([1-9]\d{0,8})\nmembers ([1-9]\d{0,8})\npoints (0|[1-9]\d{0,18})\nvalue (0|[1-9]\d{0,18})\n\n"
)
_HEADER_BYTES_MAX = 300
_RECORDS_AT_ONCE = 20_000


class Row(NamedTuple):
    """One lot: whose, with the kind in front; how many points, or minor units of value; until when. `asset`: place in ASSETS."""

    name: bytes
    points: int
    expires_at_us: int
    asset: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """What a prepared file says of itself: for which network and partner, and its control totals. `value`: in minor units."""

    network: str
    partner: str
    rows: int
    members: int
    points: int
    value: int

    def header(self) -> bytes:
        """The file's first lines."""
        return (
            f"coalition-opening/v1\nnetwork {self.network}\npartner {self.partner}\n"
            f"rows {self.rows}\nmembers {self.members}\npoints {self.points}\nvalue {self.value}\n\n"
        ).encode("ascii")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared file that was read to its end and holds what it says."""

    path: Path
    totals: Totals
    sha256: str

    def rows(self) -> Iterator[Row]:
        """Every lot, in the file's order."""
        with self.path.open("rb") as file:
            file.seek(len(self.totals.header()))
            for chunk in _chunks(file):
                yield from map(Row._make, RECORD.iter_unpack(chunk))


def member_name(member: str) -> bytes:
    """A member's id as a name in the file."""
    return MEMBER + uuid.UUID(member).bytes + bytes(16)


def spell_member(name: bytes) -> str:
    """The member's id in such a name."""
    return str(uuid.UUID(bytes=name[1:17]))


def read_prepared(path: Path, tell: Callable[[int, int], None] = lambda done, total: None) -> Prepared:
    """Reads a file to its end. CoalitionError OPENING_FILE_INVALID unless it is whole and its totals are its rows'.

    `tell(done, total)`: rows read so far. OSError if it cannot be read.
    """
    with path.open("rb") as file:
        header = _HEADER.match(file.read(_HEADER_BYTES_MAX))
        if header is None:
            raise _invalid(f"{path} is no file that `coalition opening prepare` wrote")
        network, partner, *counts = header.groups()
        totals = Totals(network.decode(), partner.decode(), *map(int, counts))
        file.seek(header.end())
        digest = sha256(header[0])
        counted = _Counted()
        for chunk in _chunks(file):
            digest.update(chunk)
            counted.add(chunk)
            tell(counted.rows, totals.rows)
    if counted.totals(totals.network, totals.partner) != totals:
        raise _invalid(
            f"{path} holds {counted}; its head says {totals.rows:,} lots and so on: prepare it again"
        )
    return Prepared(path, totals, digest.hexdigest())


class _Counted:
    """The control totals of the rows so far, each checked as it comes."""

    def __init__(self) -> None:
        self.rows = self.members = self.points = self.value = 0
        self._last = b""

    def __str__(self) -> str:
        lots = f"{self.rows:,} lots of {self.members:,} members"
        return f"{lots} with {self.points:,} points and {self.value:,} minor units of value"

    def totals(self, network: str, partner: str) -> Totals:
        """What the head of the file should say."""
        return Totals(network, partner, self.rows, self.members, self.points, self.value)

    def add(self, chunk: bytes) -> None:
        if len(chunk) % RECORD.size:
            raise _invalid("the file ends within a lot: copy it again")
        records = [chunk[at : at + RECORD.size] for at in range(0, len(chunk), RECORD.size)]
        if not all(map(bytes.__le__, [self._last, *records], records)):
            raise _invalid("the lots are not in order: prepare the file again")
        rows = [*RECORD.iter_unpack(chunk)]
        names = [self._last[:33], *[name for name, *_ in rows]]
        amounts = [amount for _, amount, _, _ in rows]
        sound = (
            min(amounts) >= 1
            and max(amounts) <= AMOUNT_MAX
            and all(0 < expires <= NEVER_US and asset < len(ASSETS) for _, _, expires, asset in rows)
            and all(_is_name(name) for name in names[1:])
        )
        if not sound:
            raise _invalid("a lot is out of its bounds: prepare the file again")
        self.rows += len(rows)
        value = sum([amount for _, amount, _, asset in rows if asset])
        self.points += sum(amounts) - value
        self.value += value
        self.members += sum(map(bytes.__ne__, names, names[1:]))
        self._last = records[-1]


def _is_name(name: bytes) -> bool:
    return name[:1] == ALIAS or (name[:1] == MEMBER and name.endswith(bytes(16)))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_RECORDS_AT_ONCE * RECORD.size):
        yield chunk


def _invalid(message: str) -> CoalitionError:
    return CoalitionError("OPENING_FILE_INVALID", message, field="prepared")
