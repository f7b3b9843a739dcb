"""What the words of a scenario stand for: keys, ids and tokens, the same in every run; and the way back from ids to words."""

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from coalition.simulation.cast import OPERATOR, PEOPLE, alias_of, key_of
from coalition.simulation.model import Model
from settlement.house.records import Network
from settlement.journal.leaf import HOUSE
from settlement.ledger.acts import MemberName
from settlement.money import MICROS_PER_UNIT, POINTS, VALUE, micros_per_minor
from settlement.signing import KeySigner

SEED = 7
"""Members that are enrolled one after the other come to live in different shards."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}")
_AMOUNT = re.compile(r"\d+(?:\.\d{1,6})?")
_POINTS = re.compile(r"\d[\d,]*")
_SHARE = re.compile(r"(\d{1,2}(?:\.\d{1,2})?)%")
_ZEROS = re.compile(r"(\.\d\d\d*?)0*$")


@dataclass
class Scene:
    """One scenario's network and whoever acts in it.

    `keys`: of whoever signs, oldest first; `members`: ids by name; `proposals`: hashes by the name of the act that proposed.
    """

    network: Network
    model: Model
    clock_us: Callable[[], int]
    keys: dict[str, list[KeySigner]] = field(
        default_factory=lambda: {who: [key_of(SEED, who)] for who in (OPERATOR, *PEOPLE)}
    )
    members: dict[str, str] = field(default_factory=dict)
    proposals: dict[str, str] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)

    def signer(self, who: str) -> tuple[str, KeySigner]:
        """The company for which `who` speaks, and the newest of its keys that is live; the newest if none is."""
        if who not in self.keys:
            raise ValueError(f"{who} has no key to sign with: name the company in the header")
        house = self.model.size(HOUSE)
        live = [key for key in self.keys[who] if self.model.key_is_live(key.keyid, house)]
        return (OPERATOR if who in PEOPLE else who), (live or self.keys[who])[-1]

    def key(self, word: str) -> KeySigner:
        """The key of this name."""
        key = key_of(SEED, word)
        self._words[key.keyid] = f"key:{word}"
        return key

    def act_id(self, word: str) -> str:
        """The id of the act of this name."""
        return self._named(str(uuid.uuid5(uuid.NAMESPACE_OID, word)), word)

    def member(self, word: str) -> str:
        """The id of the member of this name; of nobody if no such member is enrolled."""
        return self._named(self.members.get(word) or str(uuid.uuid5(uuid.NAMESPACE_DNS, word)), word)

    def enrolled(self, word: str, member: str) -> None:
        """From now on the word names this member."""
        self.members[word] = self._named(member, word)

    def member_name(self, word: str) -> MemberName:
        """A member as an act names it: an alias has a colon in it, `card:1`."""
        return MemberName(alias=self.alias(word)) if ":" in word else MemberName(self.member(word))

    def alias(self, word: str) -> bytes:
        """The token of an alias."""
        return alias_of(SEED, word)

    def proposed(self, proposal: bytes, word: str) -> str:
        """The hash by which a proposal is approved; `word` names the act that makes it."""
        self.proposals[word] = self._named(hashlib.sha256(proposal).hexdigest(), word)
        return self.proposals[word]

    def shown(self, text: str) -> str:
        """The text with words in the place of ids; a hash without a name becomes `(hash)`."""
        return _ID.sub(lambda found: self._words.get(found[0], "(hash)"), text)

    def _named(self, known: str, word: str) -> str:
        self._words[known] = word
        return known


def micros(word: str) -> int:
    """Micros of an amount of money: `0.01` is 10000."""
    if _AMOUNT.fullmatch(word) is None:
        raise ValueError(f"write an amount of money as 12.50, not {word}")
    return int(Decimal(word) * MICROS_PER_UNIT)


def money(amount_micros: int) -> str:
    """An amount of money as people write it: all decimals that are not zero, at least two."""
    return _ZEROS.sub(r"\1", f"{Decimal(amount_micros) / MICROS_PER_UNIT:,.6f}")


def basis_points(word: str) -> int:
    """A share: `25%` is 2,500 of 10,000."""
    found = _SHARE.fullmatch(word)
    if found is None:
        raise ValueError(f"write SHARE as 25% or 33.33%, not {word}")
    return int(Decimal(found[1]) * 100)


def quantity(scene: Scene, word: str) -> tuple[str, int]:
    """What members have: `500` points, or `25.00`, which is value, in minor units."""
    if "." in word:
        return VALUE, micros(word) // micros_per_minor(scene.network.minor_digits)
    return POINTS, points(word)


def points(word: str) -> int:
    """A number of points: `12,500` or `12500`."""
    if _POINTS.fullmatch(word) is None:
        raise ValueError(f"write POINTS as 500 or 12,500, not {word}")
    return int(word.replace(",", ""))
