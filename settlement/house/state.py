"""The house's state, folded from its entries in order."""

from dataclasses import dataclass, field, replace

from settlement.clock import parse_time
from settlement.errors import BooksError
from settlement.house.bank_account import BankAccount
from settlement.house.banking import BANKING, AccountProposal, Instruction
from settlement.house.breaks import RESOLVING, Break, ProposedResolution
from settlement.house.practice import PRACTISING
from settlement.house.records import (
    ACTIVE,
    APPROVER,
    REGISTERED,
    SUSPENDED,
    Cycle,
    Funding,
    Key,
    Network,
    Opening,
    Partner,
    Settlement,
    TariffProposal,
    parse_key,
)
from settlement.house.security import SECURING, Security, note_funds
from settlement.house.settling import SETTLING
from settlement.house.tariff import Tariff, at_face, parse_tariff
from settlement.house.tariff_folds import TARIFFS, put_in_force
from settlement.journal.leaf import HOUSE, Entry
from settlement.money import POINTS


@dataclass(slots=True)
class House:
    """State after the first `size` house entries. `apply` changes it in place: `fork` first to try something out."""

    size: int = 0
    network: Network | None = None
    tariffs: dict[int, Tariff] = field(default_factory=dict)
    """By the house entry that put each in force."""
    tariff_number: int = 0
    tariff_proposals: dict[str, TariffProposal] = field(default_factory=dict)
    """The newest of each hash."""
    coming: TariffProposal | None = None
    """Approved, and not yet in force."""
    partners: dict[str, Partner] = field(default_factory=dict)
    fundings: dict[tuple[str, str], tuple[Funding, ...]] = field(default_factory=dict)
    """By issuer and campaign: the newest agreement of each funder that has not ended it, by name."""
    keys: dict[str, Key] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    """Approver keys, as `key` lines, to the operator's key that has named them; one of the other kind is still to do so."""
    cycles: dict[int, Cycle] = field(default_factory=dict)
    recorded_cycles: int = 0
    """How many cycles' statements the journal names."""
    settlements: dict[int, Settlement] = field(default_factory=dict)
    ahead_us: int = 0
    """How far the clock of a practice network was set ahead."""
    closes_after_us: int = 0
    """Cycles close by themselves at the moments after this one that the tariff's calendar and cut-off name."""
    unsettled: tuple[int, ...] = ()
    """Settlements that are approved and have unpaid legs."""
    openings: dict[tuple[str, str], Opening] = field(default_factory=dict)
    """The newest proposal by partner and SHA-256 of the file."""
    security: Security = field(default_factory=Security)
    accounts: dict[str, BankAccount] = field(default_factory=dict)
    """By participant: the account at a bank that is in force."""
    account_proposals: dict[str, AccountProposal] = field(default_factory=dict)
    """The newest of each participant."""
    instructions: dict[int, Instruction] = field(default_factory=dict)
    """By settlement."""
    bank_lines: set[str] = field(default_factory=set)
    """Names of all that bank statements said."""
    breaks: dict[str, Break] = field(default_factory=dict)
    """By name of the bank's line: what pays no leg, also once it is ended."""
    resolutions: dict[str, ProposedResolution] = field(default_factory=dict)
    """The newest proposal of each hash."""

    @property
    def founded(self) -> Network:
        """The founding facts; BooksError before the network is founded."""
        if self.network is None:
            raise BooksError("the network is not founded; run `coalition db init`")
        return self.network

    @property
    def tariff(self) -> Tariff:
        """The tariff in force. KeyError before the network is founded."""
        return self.tariffs[self.tariff_number]

    def terms(self, tariff: int, asset: str) -> Tariff:
        """The money terms of points under the tariff of a house entry; those of value are the same under all."""
        if asset == POINTS:
            return self.tariffs[tariff]
        return at_face(self.founded.minor_digits, self.founded.model)

    @property
    def open_cycle(self) -> int:
        """The number of the cycle that is open: one more than the cycles closed."""
        return len(self.cycles)

    @property
    def operator(self) -> str:
        """The operator's id as a participant and owner of keys."""
        return self.founded.operator

    def other_fundings(self, issuer: str, campaign: str, *, funder: str, now_us: int) -> list[Funding]:
        """What others than this funder have agreed to fund of a campaign, but what is over at this time."""
        known = self.fundings.get((issuer, campaign), ())
        return [each for each in known if each.funder != funder and not each.is_over(now_us)]

    def live_key(self, keyid: str) -> Key | None:
        """The key with this id if it is registered and not revoked."""
        key = self.keys.get(keyid)
        return key if key is not None and key.revoked_at is None else None

    def live_keys(self, owner: str, purpose: str) -> list[Key]:
        """An owner's keys of one purpose that are not revoked."""
        return [
            key
            for key in self.keys.values()
            if key.owner == owner and key.purpose == purpose and key.revoked_at is None
        ]

    def namer(self, line: str) -> Key | None:
        """The key that has named an approver's key, if it still lives: what a revoked key named must be named afresh."""
        return self.live_key(self.named.get(line, ""))

    def signer_of(self, entry: Entry) -> str:
        """Who signed an entry: the person of an approver's key, else the partner."""
        return self.keys[entry.one("sig").split(" ")[0]].person or entry.one("partner")

    def namer_of_cap(self, participant: str, cap: str) -> Key | None:
        """The key that has named this cap and waits for one of the other kind to do so, if it still lives."""
        named, keyid = self.security.named.get(participant, ("", ""))
        return self.live_key(keyid) if named == cap else None

    def put_settlement(self, settlement: Settlement) -> None:
        """A settlement as it is from now on: whoever looks for unpaid legs need not look through all that are settled."""
        self.settlements[settlement.number] = settlement
        others = [number for number in self.unsettled if number != settlement.number]
        open_again = [settlement.number] if settlement.approved and not settlement.settled else []
        self.unsettled = (*others, *open_again)

    def fork(self) -> "House":
        """An independent copy; cheap, as all records are immutable."""
        return replace(
            self,
            tariffs=dict(self.tariffs),
            tariff_proposals=dict(self.tariff_proposals),
            partners=dict(self.partners),
            fundings=dict(self.fundings),
            keys=dict(self.keys),
            named=dict(self.named),
            cycles=dict(self.cycles),
            settlements=dict(self.settlements),
            openings=dict(self.openings),
            accounts=dict(self.accounts),
            account_proposals=dict(self.account_proposals),
            instructions=dict(self.instructions),
            bank_lines=set(self.bank_lines),
            breaks=dict(self.breaks),
            resolutions=dict(self.resolutions),
        )

    def apply(self, entry: Entry) -> None:
        """Moves the state past one more house entry. Entries without consequence (heads) may be skipped by the caller."""
        if entry.shard != HOUSE or entry.index < self.size:
            raise BooksError(f"house entry {entry.index} does not follow house size {self.size}")
        self.size = entry.index + 1
        if entry.refusal is not None:
            return
        fold = _FOLDS.get(entry.kind)
        if fold is not None:
            fold(self, entry)
        note_funds(self, entry)


def _found(house: House, entry: Entry) -> None:
    currency, digits = entry.one("currency").split(" ")
    operator = entry.one("operator")
    house.network = Network(
        entry.one("network"),
        currency,
        int(digits),
        int(entry.one("shards")),
        operator,
        entry.one("model"),
        practice=entry.get("practice") is not None,
    )
    put_in_force(house, entry, parse_tariff(entry.all("term")))
    house.partners[operator] = Partner(operator, "Operator", ACTIVE)
    house.cycles[1] = Cycle(1, entry.time_us)
    for value in entry.all("key"):
        key = parse_key(value, added_at=entry.index)
        house.keys[key.keyid] = key


def _register(house: House, entry: Entry) -> None:
    subject = entry.one("subject")
    house.partners[subject] = Partner(subject, entry.one("name"), REGISTERED)


def _activate(house: House, entry: Entry) -> None:
    subject = entry.one("subject")
    house.partners[subject] = replace(house.partners[subject], state=ACTIVE)


def _suspend(house: House, entry: Entry) -> None:
    subject = entry.one("subject")
    house.partners[subject] = replace(house.partners[subject], state=SUSPENDED)


def _key_add(house: House, entry: Entry) -> None:
    """An approver's key counts once a living request key and a living approver's key of the operator have both named it."""
    value = entry.one("key")
    key = parse_key(value, added_at=entry.index)
    namer, earlier = house.keys[entry.one("sig").split(" ")[0]], house.namer(value)
    if key.purpose == APPROVER and (earlier is None or earlier.purpose == namer.purpose):
        house.named[value] = namer.keyid
    else:
        house.named.pop(value, None)
        house.keys[key.keyid] = key


def _key_revoke(house: House, entry: Entry) -> None:
    keyid, suspect_from = entry.one("keyid"), entry.get("suspect-from")
    house.keys[keyid] = replace(
        house.keys[keyid],
        revoked_at=entry.index,
        reason=entry.one("reason"),
        suspect_from_us=None if suspect_from is None else parse_time(suspect_from),
    )


def _fund_agree(house: House, entry: Entry) -> None:
    """What is over by now is over for good, even for a shard whose clock is behind: shares never come to more than a whole."""
    issuer, campaign, funder = entry.one("subject"), entry.one("campaign"), entry.one("partner")
    until_us, share = parse_time(entry.one("until")), int(entry.one("share"))
    others = house.other_fundings(issuer, campaign, funder=funder, now_us=entry.time_us)
    agreed = [*others, Funding(issuer, campaign, funder, share, until_us, entry.index)]
    house.fundings[issuer, campaign] = tuple(sorted(agreed, key=lambda each: each.funder))


def _fund_end(house: House, entry: Entry) -> None:
    place, funder = (entry.one("subject"), entry.one("campaign")), entry.one("partner")
    house.fundings[place] = tuple([each for each in house.fundings[place] if each.funder != funder])


def _propose_opening(house: House, entry: Entry) -> None:
    partner, sha256 = entry.one("partner"), entry.one("proposal")
    rows, members, points, value = map(int, entry.one("totals").split(" "))
    house.openings[partner, sha256] = Opening(partner, sha256, rows, members, points, value, entry.time_us)


def _approve_opening(house: House, entry: Entry) -> None:
    name = (entry.one("subject"), entry.one("proposal"))
    house.openings[name] = replace(house.openings[name], approved_at=entry.index)


_FOLDS = {
    "found": _found,
    "register": _register,
    "activate": _activate,
    "suspend": _suspend,
    "key-add": _key_add,
    "key-revoke": _key_revoke,
    "fund-agree": _fund_agree,
    "fund-end": _fund_end,
    **TARIFFS,
    **PRACTISING,
    **SETTLING,
    **SECURING,
    **BANKING,
    **RESOLVING,
    "opening-propose": _propose_opening,
    "opening-approve": _approve_opening,
}
