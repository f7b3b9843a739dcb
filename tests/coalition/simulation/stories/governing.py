"""Acts of the house on partners and keys."""

from datetime import date

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import rule

from settlement.banking.acts import (
    ApproveAccount,
    BankLine,
    ImportBankStatement,
    Instruct,
    ProposeAccount,
)
from settlement.banking.identifiers import creditor_reference, end_to_end_id
from settlement.clock import HOUR_US
from settlement.house.acts import (
    Activate,
    AddKey,
    AgreeToFund,
    ApproveOpening,
    EndFunding,
    ProposeOpening,
    Register,
    RevokeKey,
    Suspend,
)
from settlement.house.bank_account import BankAccount
from settlement.house.banking import account_sha256
from settlement.house.records import APPROVER, REQUEST
from tests.coalition.simulation.founded import SPKI
from tests.coalition.simulation.stories.telling import (
    CAMPAIGNS,
    COMPANIES,
    DESK,
    KEYS,
    PERSONS,
    TRADERS,
    Telling,
    owner_of,
)
from tests.support.pure_acts import NETWORK, OPERATOR, T0_US, keyid_for

ACCOUNTS = st.sampled_from(
    [
        BankAccount("A", "NO9386011117947", "NO"),
        BankAccount("B", "DE89370400440532013000", "AT", "COBADEFFXXX"),
    ]
)
REFERENCES = st.sampled_from(
    [""] + [creditor_reference(NETWORK.origin, 1, name) for name in ("acme", "bakery")]
)
BANK_LINES = st.builds(
    BankLine,
    st.sampled_from(["A", "B", "C", "D"]),
    st.sampled_from([-5, 5, 6, 7]),
    st.just(date(2026, 11, 30)),
    st.sampled_from([""] + [end_to_end_id(NETWORK.origin, 1, name) for name in ("acme", "bakery")]),
    REFERENCES,
    REFERENCES,
    st.sampled_from(["", "NO9386011117947"]),
)
FILES = st.sampled_from(["aa" * 32, "bb" * 32])


class Governing(Telling):
    """The operator, and whoever brings a key."""

    @rule(signer=DESK, name=COMPANIES)
    def registers(self, signer: str, name: str) -> None:
        self.ask_house(signer, f"registers {name}", Register(name, name))

    @rule(signer=DESK, name=COMPANIES, ends=st.sampled_from([False, False, True]))
    def lets_act(self, signer: str, name: str, ends: bool) -> None:
        body = Suspend(name) if ends else Activate(name)
        self.ask_house(signer, f"{'suspends' if ends else 'activates'} {name}", body)

    @rule(by=st.none() | KEYS, key=KEYS, person=st.none() | PERSONS)
    def adds_a_key(self, by: str | None, key: str, person: str | None) -> None:
        """Asked for by its owner's first key, or by any."""
        purpose, signer = REQUEST if person is None else APPROVER, by or owner_of(key)
        body = AddKey(owner_of(key), keyid_for(key), "ed25519", purpose, person, SPKI)
        self.ask_house(signer, f"adds the {purpose} key {key} of {person or owner_of(key)}", body)

    @rule(key=st.sampled_from(["ann-2", "carol"]), person=st.sampled_from(["ann", "carol"]))
    def people_name_an_approver(self, key: str, person: str) -> None:
        body = AddKey(OPERATOR, keyid_for(key), "ed25519", APPROVER, person, SPKI)
        for signer in ("bob", OPERATOR):
            self.ask_house(signer, f"names {person} by the key {key}", body)

    @rule(signer=TRADERS | DESK, key=KEYS, suspect=st.booleans())
    def revokes(self, signer: str, key: str, suspect: bool) -> None:
        body = RevokeKey(keyid_for(key), "compromised", T0_US if suspect else None)
        self.ask_house(signer, f"revokes the key {key}", body)

    @rule(
        signer=TRADERS,
        issuer=COMPANIES,
        campaign=CAMPAIGNS,
        share=st.sampled_from([1, 2_500, 3_333, 5_000, 9_998, 9_999]),
        hours=st.sampled_from([1, 1_000, 10_000]),
    )
    def agrees_to_fund(self, signer: str, issuer: str, campaign: str, share: int, hours: int) -> None:
        body = AgreeToFund(issuer, campaign, share, self.both.now_us + hours * HOUR_US)
        self.ask_house(signer, f"funds {share} of {campaign} of {issuer} for {hours} hours", body)

    @rule(signer=TRADERS, issuer=COMPANIES, campaign=CAMPAIGNS)
    def ends_funding(self, signer: str, issuer: str, campaign: str) -> None:
        self.ask_house(signer, f"funds {campaign} of {issuer} no more", EndFunding(issuer, campaign))

    @rule(signer=TRADERS, file=FILES, lots=st.integers(1, 3), value=st.sampled_from([0, 2_500]))
    def proposes_an_opening(self, signer: str, file: str, lots: int, value: int) -> None:
        body = ProposeOpening(file, lots, 1, 10 * lots, value)
        self.ask_house(signer, f"proposes to bring along {lots} lots of {file[:2]}", body)

    @rule(signer=st.sampled_from(["ann", "bob"]), name=COMPANIES, file=FILES)
    def approves_an_opening(self, signer: str, name: str, file: str) -> None:
        self.ask_house(signer, f"approves {file[:2]} of {name}", ApproveOpening(name, file))

    @rule(signer=TRADERS | st.sampled_from(["ann", "bob"]), account=ACCOUNTS)
    def names_an_account(self, signer: str, account: BankAccount) -> None:
        self.ask_house(signer, f"names the account {account.iban}", ProposeAccount(account))

    @rule(signer=st.sampled_from(["ann", "bob"]), name=COMPANIES, account=ACCOUNTS)
    def approves_an_account(self, signer: str, name: str, account: BankAccount) -> None:
        body = ApproveAccount(name, account_sha256(NETWORK.origin, name, account))
        self.ask_house(signer, f"approves the account {account.iban} of {name}", body)

    @rule(signer=DESK, settlement=st.integers(1, 3))
    def instructs(self, signer: str, settlement: int) -> None:
        self.ask_house(signer, f"has settlement {settlement} paid", Instruct(settlement))

    @rule(
        signer=DESK,
        iban=st.sampled_from(["NO9386011117947", "NO9386011117947", "DE89370400440532013000"]),
        name=st.sampled_from(["1", "2"]),
        lines=st.lists(BANK_LINES, min_size=1, max_size=4, unique_by=lambda line: line.entry),
    )
    def the_bank_says(self, signer: str, iban: str, name: str, lines: list[BankLine]) -> None:
        body = ImportBankStatement(iban, name, tuple(lines))
        self.ask_house(signer, f"takes in {len(lines)} lines of statement {name} of {iban}", body)

    @rule()
    def roots_are_stated(self) -> None:
        self.both.heads()
        note("the worker states the roots")
