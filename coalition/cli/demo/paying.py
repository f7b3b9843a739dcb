"""How a month is paid: the operator instructs its bank, debtors pay, and the bank's statements close the cycle.

In one month somebody pays late, somebody not at all, and money that nothing explains comes in and is sent back. It is a practice
network: its clock goes past the day on which legs were due, so the journal calls both overdue.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Self

from coalition.cli.demo.bank import (
    Bank,
    Booking,
    account_of,
    book_order,
    book_payers,
    book_return,
    book_stray,
    read_payers,
)
from coalition.cli.demo.camt053 import write_camt053
from coalition.cli.demo.plan import MonthPlan
from coalition.cli.demo.stage import APPROVER, OPERATOR, ORIGIN, Stage, accepted, demo_act_id
from coalition.cli.demo.trouble import Trouble
from coalition.cli.practice import forward_site
from coalition.wire.resolutions import spell_resolution
from coalition.wire.statement_parts import parts_of
from settlement.banking.camt053 import BankStatement, read_camt053
from settlement.banking.pain001 import SCHEMA
from settlement.banking.payment_files import CSV
from settlement.clearing.due import is_overdue, leg_due_us
from settlement.clock import from_us
from settlement.errors import CoalitionError
from settlement.house.breaks import Resolution
from settlement.house.practice import network_now_us

_PAST_DUE_DAYS = 7
_TOLD_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement of the bank, and what it booked."""

    statement: BankStatement
    bookings: Sequence[Booking]


@dataclass
class Treasury:
    """Pays the demo's settlements, one after the other, through its bank; files for people to look at lie below `out`."""

    stage: Stage
    trouble: Trouble
    bank: Bank
    out: Path
    stated: list[Stated] = field(default_factory=list)

    @classmethod
    async def opened(cls, stage: Stage, trouble: Trouble, out: Path) -> Self:
        """A person of the operator names its account, which holds what was deposited as collateral."""
        await stage.name_account(stage.proposer)
        if trouble.defaulter is not None:
            deposited = await stage.operator.deposit(
                participant=trouble.defaulter,
                security="collateral",
                amount_minor=trouble.collateral_cents,
                act_id=demo_act_id("deposit", trouble.defaulter),
            )
            accepted(deposited, f"the collateral of {trouble.defaulter}")
        return cls(stage, trouble, Bank(account_of(OPERATOR), trouble.collateral_cents), out)

    async def pay(self, cycle: int, month: MonthPlan, tell: Callable[[], None]) -> None:
        """Takes an approved settlement to settled, telling of each leg. DEMO_FAILED if something is left."""
        label, troubled = month.month, cycle == self.trouble.cycle
        absent = self.trouble.absent if troubled else frozenset()
        files = await self._instruct(cycle, label)
        payers, on = read_payers(files[CSV].read_bytes()), self._day_of_instruction(cycle)
        bookings = book_order(files[SCHEMA].read_bytes(), on) if SCHEMA in files else []
        bookings += book_payers([each for each in payers if each.participant not in absent], on)
        bookings += [book_stray(on)] if troubled else []
        await self._take_in(label, bookings, on, tell)
        await self._confirm_own_leg(cycle, month, tell)
        if absent:
            await self._pass_the_due_day(cycle, absent)
            await self._default(cycle, label, tell)
            on = self._day_after_due(cycle)
        if troubled:
            late = book_payers([each for each in payers if each.participant == self.trouble.late], on)
            await self._take_in(f"{label}-late", [*late, book_return(on)], on, tell)
            await self._end_breaks(label)
        if not self.stage.house().settlements[cycle].settled:
            raise CoalitionError("DEMO_FAILED", f"{label}: the bank's statements leave legs unpaid")

    async def _instruct(self, cycle: int, label: str) -> dict[str, Path]:
        """The files for the bank, by kind: a table of all legs, and a payment order if anyone is to be paid."""
        operator = self.stage.operator
        outcome = await operator.instruct(settlement=cycle, act_id=demo_act_id("instruct", label))
        accepted(outcome, f"instructing {label}")
        made = await operator.instruction(settlement=cycle)
        endings = {SCHEMA: "xml", CSV: "csv"}
        files = {file.kind: self.out / "payments" / f"{label}.{endings[file.kind]}" for file in made.files}
        for file in made.files:
            _write(files[file.kind], file.content)
        return files

    async def _take_in(
        self, name: str, bookings: Sequence[Booking], on: date, tell: Callable[[], None]
    ) -> None:
        """The bank writes a statement, and the operator takes the file in."""
        path = self.out / "bank" / f"{name}.xml"
        _write(path, write_camt053(self.bank.state(name, bookings), on))
        [statement] = read_camt053(path.read_bytes(), currency="EUR", minor_digits=2)
        self.stated.append(Stated(statement, bookings))
        for number, part in enumerate(parts_of(statement)):
            outcome = await self.stage.operator.import_bank_statement(
                iban=part.iban,
                statement_id=part.statement_id,
                lines=part.lines,
                act_id=demo_act_id("bank", name, number),
            )
            accepted(outcome, f"taking in the bank's statement {name}")
        for _ in filter(lambda each: each.rule is not None, bookings):
            tell()

    async def _confirm_own_leg(self, cycle: int, month: MonthPlan, tell: Callable[[], None]) -> None:
        """The operator pays and is paid without a bank."""
        net = month.net_debt_cents().get(OPERATOR, 0)
        if net:
            outcome = await self.stage.operator.confirm(
                settlement=cycle,
                participant=OPERATOR,
                amount_minor=abs(net),
                act_id=demo_act_id("confirm", month.month, OPERATOR),
            )
            accepted(outcome, f"confirming the operator's leg of {month.month}")
            tell()

    async def _pass_the_due_day(self, cycle: int, absent: frozenset[str]) -> None:
        """A week passes at once, unless it did before the demo was killed; the engine calls those who are late overdue."""
        house = self.stage.house()
        if not is_overdue(house, house.settlements[cycle], network_now_us(house)):
            await forward_site(self.stage.site, _PAST_DUE_DAYS)
        deadline = time.monotonic() + _TOLD_SECONDS_MAX
        while not absent <= self.stage.house().settlements[cycle].overdue:
            if time.monotonic() > deadline:
                raise CoalitionError("DEMO_FAILED", f"the journal does not call {', '.join(absent)} overdue")
            await asyncio.sleep(0.1)

    async def _default(self, cycle: int, label: str, tell: Callable[[], None]) -> None:
        """Two people say that the leg is not going to be paid, and its collateral covers it."""
        name, stage = self.trouble.defaulter, self.stage
        if name is None:
            return
        if name not in stage.house().settlements[cycle].defaults:
            data = await stage.proposer.preview_default(settlement=cycle, participant=name)
            proposed = await stage.proposer.propose_default(
                proposal=data, act_id=demo_act_id("default", label)
            )
            accepted(proposed, f"proposing the default of {name}")
            approved = await stage.approver.approve_default(
                proposal_sha256=sha256(data).digest(), act_id=demo_act_id("approve-default", label)
            )
            accepted(approved, f"approving the default of {name}")
        tell()

    async def _end_breaks(self, label: str) -> None:
        """Money that nothing explains was sent back: somebody looks after both lines, and two people let one undo the other."""
        one, other = self.stage.proposer, self.stage.approver
        _, left = await one.breaks()
        if not left:
            return
        back, came = sorted(left, key=lambda each: each.amount_minor)
        for each in (came, back):
            assigned = await one.assign_break(
                line_sha256=each.line_sha256,
                person=APPROVER,
                act_id=demo_act_id("assign", label, each.amount_minor),
            )
            accepted(assigned, "giving a break to somebody")
        how, words = Resolution("offset", line=back.line_sha256.hex()), "nobody knows who paid; it went back"
        proposed = await one.propose_resolution(
            line_sha256=came.line_sha256, resolution=how, words=words, act_id=demo_act_id("resolve", label)
        )
        accepted(proposed, "proposing how a break ends")
        digest = sha256(spell_resolution(ORIGIN, came.line_sha256.hex(), how, words)).digest()
        approved = await other.approve_resolution(
            proposal_sha256=digest, act_id=demo_act_id("approve-resolution", label)
        )
        accepted(approved, "approving how a break ends")

    def _day_of_instruction(self, cycle: int) -> date:
        return from_us(self.stage.house().instructions[cycle].time_us).date()

    def _day_after_due(self, cycle: int) -> date:
        house = self.stage.house()
        due_us = leg_due_us(house, house.settlements[cycle])
        assert due_us is not None, "the demo's tariff has payment days"
        return from_us(due_us).date()


def _write(path: Path, content: bytes) -> None:
    """The whole file or none, though the demo be killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)
