"""Acts on cycles and settlements."""

from dataclasses import replace

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from settlement.clearing.acts import (
    AbortSettlement,
    AnswerObjection,
    Approve,
    CancelSettlement,
    CloseCycle,
    Confirm,
    Object,
    Propose,
)
from settlement.clearing.netting import Figures
from tests.coalition.simulation.stories.telling import COMPANIES, DESK, FOUNDERS, PERSONS, SHARDS, Telling
from tests.support.pure_acts import keyid_for

HOUR_US = 3_600_000_000
AGO = st.sampled_from([0, 0, 0, 1])
LATE = st.sampled_from([*[None] * 5, 0, 1])


class Clearing(Telling):
    """From the close to the last leg."""

    @rule(signer=DESK, off=st.sampled_from([0, 0, 0, -1, 1]), label=st.sampled_from([None, "2026-11"]))
    def closes(self, signer: str, off: int, label: str | None) -> None:
        number = max(1, self.both.house.open_cycle + off)
        self.ask_house(signer, f"closes cycle {number}", CloseCycle(number, label))

    @rule(shard=SHARDS)
    def the_worker_cuts(self, shard: int) -> None:
        self.both.cut(shard)
        note(f"the worker cuts in shard {shard} what is closed")

    @precondition(lambda self: self.both.house.open_cycle > 1)
    @rule(
        person=PERSONS,
        back=st.sampled_from([1, 1, 1, 2, 0, -1]),
        wrong=st.sampled_from([*["no"] * 5, "gross", "net", "currency", "warning", "deferred"]),
        spelling=st.integers(0, 1),
    )
    def proposes(self, person: str, back: int, wrong: str, spelling: int) -> None:
        cycle = max(1, self.both.house.open_cycle - back)
        figures = self.both.figures(cycle) if cycle in self.both.house.cycles else None
        figures = figures or Figures(0, 0, 0, {})
        if wrong == "gross":
            figures = replace(figures, gross=figures.gross + 1)
        if wrong == "net":
            figures = replace(figures, nets={**figures.nets, "acme": figures.nets.get("acme", 0) + 1})
        proposal = keyid_for(f"{cycle} {wrong} {spelling}")
        currency = "USD" if wrong == "currency" else "EUR"
        warnings = self.both.model.warnings(cycle)
        if wrong == "warning":
            warnings = () if warnings else ("zero-cycle",)
        deferred = self.both.model.deferred(cycle)
        if wrong == "deferred":
            deferred = deferred[1:] or tuple(sorted(figures.nets))[:1]
        body = Propose(cycle, currency, figures, proposal, warnings, deferred)
        self.ask_house(person, f"proposes to settle cycle {cycle} ({wrong} figures wrong)", body)

    @precondition(lambda self: self.both.house.settlements)
    @rule(person=PERSONS, ago=st.integers(0, 2), late=LATE)
    def approves(self, person: str, ago: int, late: int | None) -> None:
        """A proposal of late, perhaps in the last microsecond in which it can be approved, or in the next one."""
        made = [*self.both.house.settlements.values()][::-1]
        proposal = made[ago].proposal_sha256 if ago < len(made) else keyid_for("nothing")
        if late is not None and ago < len(made):
            self.both.now_us = max(self.both.now_us, made[ago].objections_end_us + 72 * HOUR_US + late - 1)
        self.ask_house(person, f"approves proposal {proposal[:6]}", Approve(proposal))

    @precondition(lambda self: self.both.house.settlements)
    @rule(signer=COMPANIES, ago=AGO, early=st.sampled_from([None, None, 0, 1]))
    def objects(self, signer: str, ago: int, early: int | None) -> None:
        """Perhaps in the last microsecond in which that is possible, or in the next one."""
        number = max(1, len(self.both.house.settlements) - ago)
        if early is not None:
            ends_us = self.both.house.settlements[number].objections_end_us
            self.both.now_us = max(self.both.now_us, ends_us - 1 - early)
        self.ask_house(signer, f"objects to settlement {number}", Object(number, "not ours"))

    @precondition(lambda self: self.both.house.settlements)
    @rule(person=PERSONS, ago=AGO, whom=COMPANIES, accepted=st.booleans())
    def answers(self, person: str, ago: int, whom: str, accepted: bool) -> None:
        number = max(1, len(self.both.house.settlements) - ago)
        whom = [*self.both.model.objectors(number), whom][0]
        body = AnswerObjection(number, whom, accepted, "so it is")
        self.ask_house(person, f"answers {whom} on settlement {number}: {accepted}", body)

    @rule(person=PERSONS, ago=AGO)
    def cancels(self, person: str, ago: int) -> None:
        number = max(1, len(self.both.house.settlements) - ago)
        self.ask_house(person, f"cancels settlement {number}", CancelSettlement(number))

    @rule(person=PERSONS, ago=AGO)
    def aborts(self, person: str, ago: int) -> None:
        number = max(1, len(self.both.house.settlements) - ago)
        self.ask_house(person, f"aborts settlement {number}", AbortSettlement(number))

    @precondition(lambda self: self.both.house.settlements)
    @rule(
        signer=DESK,
        ago=st.integers(0, 1),
        leg=st.integers(0, 3),
        off=st.sampled_from([*[0] * 6, 1, 10**14, 10**15]),
    )
    def confirms(self, signer: str, ago: int, leg: int, off: int) -> None:
        number = max(1, len(self.both.house.settlements) - ago)
        nets = self.both.model.nets(number)
        name = [*nets, *FOUNDERS, "cinema", "drugs"][leg]
        body = Confirm(number, name, max(1, abs(nets.get(name, 0)) + off))
        self.ask_house(signer, f"confirms {body.amount_minor} of {name} for settlement {number}", body)
