"""Accounts at banks and payment files: docs/clearing.md, "Money out"."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from coalition.simulation.model.partners import Partners
from coalition.simulation.model.settlements import Settlement, Settlements
from coalition.simulation.model.terms import PROPOSAL_LIFE_US, Answer, Line, Place
from settlement.banking.acts import ApproveAccount, Instruct, ProposeAccount
from settlement.banking.pain001 import CreditTransfer, PaymentOrder, write_pain001
from settlement.banking.payments_csv import LegRow, write_payments_csv
from settlement.house.bank_account import BankAccount

SEPA_MAX_MINOR = 99_999_999_999
"""Most cents of one SEPA credit transfer."""


@dataclass(slots=True)
class Named:
    """An account that a participant named; the operator's, by one person."""

    account: BankAccount
    sha256: str
    person: str | None
    proposed_at_us: int
    approved: bool = False


class Banking:
    """Where participants are paid, and which settlements a bank was told of."""

    def __init__(
        self,
        partners: Partners,
        settlements: Settlements,
        audience: str,
        operator: str,
        currency: tuple[str, int],
    ) -> None:
        """`currency`: its code and its digits."""
        self._partners = partners
        self._settlements = settlements
        self._audience, self._operator = audience, operator
        self._currency, self._minor_digits = currency
        self.named: dict[str, Named] = {}
        self.accounts: dict[str, BankAccount] = {}
        self.files: dict[int, list[tuple[str, bytes]]] = {}
        """By settlement: kind and bytes."""

    def propose(self, place: Place, partner: str, person: str | None, body: ProposeAccount) -> Answer:
        """The newest account of a participant takes the place of an earlier one that nobody approved."""
        account = body.account
        line = " ".join(
            (account.iban, account.country, account.bic or "-", account.lei or "-", account.legal_name)
        )
        digest = hashlib.sha256(f"{self._audience}\n{partner}\n{line}\n".encode()).hexdigest()
        about: list[Line] = [("account", line), ("proposal", digest)]
        suspended = self._partners.state(partner, place.house) == "suspended"
        if suspended:
            return Answer("PARTNER_SUSPENDED", about)
        self.named[partner] = Named(account, digest, person, place.time_us)
        return Answer(None, about)

    def approve(self, place: Place, person: str | None, body: ApproveAccount) -> Answer:
        """It is in force from here on."""
        about: list[Line] = [("subject", body.participant), ("proposal", body.account_sha256)]
        named = self.named.get(body.participant)
        if named is None or named.sha256 != body.account_sha256:
            return Answer("PROPOSAL_UNKNOWN", about)
        if named.approved:
            return Answer("ALREADY_APPROVED", about)
        if place.time_us - named.proposed_at_us > PROPOSAL_LIFE_US:
            return Answer("PROPOSAL_EXPIRED", about)
        if named.person == person:
            return Answer("SAME_PERSON", about)
        named.approved = True
        self.accounts[body.participant] = named.account
        return Answer(None, about)

    def instruct(self, place: Place, body: Instruct) -> Answer:
        """Files for whoever is still to be paid or to pay, but for the operator itself."""
        about: list[Line] = [("settlement", str(body.settlement))]
        settlement = self._settlements.numbered(body.settlement)
        if settlement is None:
            return Answer("SETTLEMENT_UNKNOWN", about)
        if not settlement.binds:
            return Answer("NOT_APPROVED", about)
        if body.settlement in self.files:
            return Answer("ALREADY_INSTRUCTED", about)
        due = {name: net for name, net in settlement.unpaid().items() if name != self._operator}
        for name in (self._operator, *due):
            if name not in self.accounts and (name == self._operator or due[name] < 0):
                return Answer("ACCOUNT_MISSING", [*about, ("subject", name)])
        files = self._made(settlement, due, place.time_us)
        self.files[body.settlement], settlement.instructed = files, True
        named = [("file", f"{kind} {hashlib.sha256(content).hexdigest()}") for kind, content in files]
        return Answer(None, [*about, *named])

    def _made(self, settlement: Settlement, due: dict[str, int], time_us: int) -> list[tuple[str, bytes]]:
        number, files = settlement.number, []
        paid = tuple(
            CreditTransfer(
                self.end_to_end(number, name),
                -net,
                self.accounts[name],
                f"{self.reference(number, name)} settlement {number}",
            )
            for name, net in due.items()
            if -SEPA_MAX_MINOR <= net < 0
        )
        if paid and (self._currency, self._minor_digits) == ("EUR", 2):
            second = time_us // 1_000_000
            order = PaymentOrder(
                f"S{number}-{self._mark(number, '')}",
                second * 1_000_000,
                datetime.fromtimestamp(second, UTC).date(),
                self.accounts[self._operator],
                paid,
            )
            files.append(("pain.001.001.09", write_pain001(order)))
        rows = [
            LegRow(
                number,
                name,
                net,
                self.end_to_end(number, name),
                self.reference(number, name),
                self.accounts.get(name),
            )
            for name, net in due.items()
        ]
        return [
            *files,
            ("csv", write_payments_csv(rows, currency=self._currency, minor_digits=self._minor_digits)),
        ]

    def _mark(self, number: int, name: str) -> str:
        digest = hashlib.sha256(f"{self._audience}\n{number}\n{name}".encode()).digest()
        return base64.b32encode(digest).decode()[:14]

    def end_to_end(self, number: int, name: str) -> str:
        """What a bank hands through of a leg."""
        return f"S{number}-{name[:8].strip('-').upper()}-{self._mark(number, name)}"

    def reference(self, number: int, name: str) -> str:
        """ISO 11649: the check digits make the number that letters as two digits spell leave 1 when divided by 97."""
        body = f"{number}{self._mark(number, name)}"[:21]
        digits = int("".join(str(int(sign, 36)) for sign in f"{body}RF00"))
        return f"RF{98 - digits % 97:02}{body}"
