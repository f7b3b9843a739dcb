"""From a step to what is asked: who signs, which body, which message. What askers know comes from receipts and the model."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from coalition.simulation.banks import approve_account, import_statement, instruct, propose_account
from coalition.simulation.campaigns import fund
from coalition.simulation.cast import NETWORK, PEOPLE, Cast, Company, key_of
from coalition.simulation.disputing import dispute
from coalition.simulation.kinds import OF_SECURITY
from coalition.simulation.model import CycleFigures, Model
from coalition.simulation.phones import Phones
from coalition.simulation.programmes import Programmes
from coalition.simulation.requests import Asking, message_of, proposal_of
from coalition.simulation.resolving import resolve
from coalition.simulation.securing import secure
from coalition.simulation.story import AWAITED, Step
from coalition.simulation.terms import drawn_tariff
from coalition.simulation.till import Till
from coalition.wire.tariffs import spell_tariff_proposal
from settlement.clearing.acts import Approve, CloseCycle, Confirm, Propose
from settlement.clearing.netting import Figures
from settlement.house.acts import (
    Activate,
    AddKey,
    ApproveTariff,
    ProposeTariff,
    Register,
    RevokeKey,
    Suspend,
)
from settlement.house.records import APPROVER, REQUEST
from settlement.journal.acts import Outcome
from settlement.journal.leaf import HOUSE
from settlement.ledger.acts import Authorize, Enrol, Redeem
from settlement.signing import KeySigner, parse_public_key, possession_message

FURTHER_APPROVER = "approver-0"
"""Whom people come to name as a further approver: always the same, for only then do two keys name one person."""


@dataclass
class Askers:
    """Turns steps into askings, and remembers what receipts taught the askers."""

    cast: Cast
    model: Model
    programmes: Programmes
    phones: Phones
    members: dict[int, str] = field(default_factory=dict)
    proposals: list[str] = field(default_factory=list)
    tariffs: list[str] = field(default_factory=list)
    settlements: int = 0

    def asking(self, step: Step, now_us: int) -> Asking | None:
        """What the step asks for; None if nobody could ask for it, as for a partner without any key."""
        return _ASKINGS[step.kind](self, step, now_us)

    def learn(self, step: Step, asking: Asking, outcome: Outcome) -> None:
        """What an accepted act tells its asker."""
        if outcome.refusal is not None:
            return
        match asking.body:
            case Enrol():
                self.members[step.number] = outcome.member or ""
            case AddKey(purpose="request", owner=owner):
                self._company(owner).live.append(asking.fresh or asking.signer)
            case AddKey(purpose="approver", person=str(person)) if asking.fresh is not None:
                self.cast.people.setdefault(person, asking.fresh)
            case RevokeKey(keyid=keyid):
                for company in (self.cast.operator, *self.cast.partners.values()):
                    dead = [key for key in company.live if key.keyid == keyid]
                    company.live = [key for key in company.live if key.keyid != keyid]
                    company.retired += dead
            case Propose(proposal_sha256=sha):
                self.proposals.append(sha)
                self.settlements += 1
            case ProposeTariff(proposal_sha256=sha):
                self.tariffs.append(sha)

    def _company(self, name: str) -> Company:
        companies = (self.cast.operator, *self.cast.partners.values())
        return next(company for company in companies if company.name == name)

    # --- acts on points --------------------------------------------------------------------------------------------

    def on_points(self, step: Step, now_us: int) -> Asking | None:
        """What a partner asks about a member."""
        company = self.cast.partner(step.who)
        till = Till(self.cast.seed, self.model, self.members)
        body = till.body(step, now_us)
        if isinstance(body, Redeem | Authorize):
            whom = till.member(step.member)
            shown = self.phones.shows(step, whom, company.name, step.kind, f"{body.asset} {body.amount}")
            body = replace(body, proof=shown)
        if not company.live:
            return None
        return Asking(company, company.live[-1], body, message_of(body))

    def on_proofs(self, step: Step, now_us: int) -> Asking | None:
        """A member's device or chain comes or goes; for one that is lost some ask the operator."""
        company = self.cast.partner(step.who)
        member = Till(self.cast.seed, self.model, self.members).member(step.member)
        if step.kind == "remove proof":
            if step.number % 4 == 0:
                return self._by_operator(self.phones.removes(step, member, self.cast.operator.name))
            body: object = self.phones.removes(step, member, company.name)
            message = message_of(body)
        else:
            body, possession = self.phones.adds(step, member, company.name)
            message = message_of(body, proof=possession)
        return Asking(company, company.live[-1], body, message) if company.live else None

    # --- acts on partners and keys ---------------------------------------------------------------------------------

    def on_partner(self, step: Step, now_us: int) -> Asking:
        """What the operator asks about a partner."""
        name = self.cast.partner(step.who).name
        bodies: dict[str, object] = {
            "register": Register(name, f"Partner {step.who}"),
            "activate": Activate(name),
            "suspend": Suspend("nobody" if step.conduct == "odd" else name),
        }
        return self._by_operator(bodies[step.kind])

    def _by_operator(self, body: object, *, fresh: KeySigner | None = None) -> Asking:
        operator = self._with_a_key(self.cast.operator)
        proof = b""
        if fresh is not None and isinstance(body, AddKey):
            proof = self._proof(fresh, body.owner)
        return Asking(operator, operator.live[-1], body, message_of(body, proof=proof), fresh)

    def _with_a_key(self, company: Company) -> Company:
        """Whoever believes to have no key left, as the answer that gave it one was lost, looks which of its own is live."""
        if not company.live:
            house = self.model.size(HOUSE)
            company.live = [key for key in company.made if self.model.key_is_live(key.keyid, house)]
        return company

    def add_key(self, step: Step, now_us: int) -> Asking | None:
        """A partner's next key, or the operator's own; "odd": one that is known already."""
        company = self.cast.operator if step.conduct == "odd" else self.cast.partner(step.who)
        fresh = key_of(self.cast.seed, f"{company.name} {step.amount}")
        body = self._key(fresh, company.name, REQUEST, None)
        company.made.append(fresh)
        if step.conduct in ("by operator", AWAITED) or company is self.cast.operator:
            return self._by_operator(body, fresh=fresh)
        if not company.live:
            return None
        message = message_of(body, proof=self._proof(fresh, company.name))
        return Asking(company, company.live[-1], body, message, fresh)

    def revoke_key(self, step: Step, now_us: int) -> Asking | None:
        """The end of the oldest key of a partner; "odd": of the operator."""
        company = self.cast.operator if step.conduct == "odd" else self.cast.partner(step.who)
        if not company.live or (len(company.live) == 1 and step.amount % 5):
            return None  # mostly, a company keeps its last key
        reason = ("retired", "superseded", "compromised")[step.amount % 3]
        suspect_from = now_us - step.amount if reason == "compromised" else None
        body = RevokeKey(company.live[0].keyid, reason, suspect_from)
        if step.conduct == "by operator":
            return self._by_operator(body)
        return Asking(company, company.live[-1], body, message_of(body))

    def name_approver(self, step: Step, now_us: int) -> Asking:
        """A further person: named by the operator's request key and by an approver, in either order."""
        fresh = key_of(self.cast.seed, FURTHER_APPROVER)
        body = self._key(fresh, self.cast.operator.name, APPROVER, FURTHER_APPROVER)
        if step.amount % 2:
            return self._by_operator(body, fresh=fresh)
        return self._by_person(
            PEOPLE[step.amount % 3], body, message_of(body, proof=self._proof(fresh, body.owner)), fresh
        )

    def _key(self, fresh: KeySigner, owner: str, purpose: str, person: str | None) -> AddKey:
        public = parse_public_key(fresh.spki)
        return AddKey(owner, public.keyid, public.algorithm, purpose, person, public.spki)

    def _proof(self, fresh: KeySigner, owner: str) -> bytes:
        return fresh.sign(possession_message(audience=NETWORK.origin, partner_id=owner, keyid=fresh.keyid))

    # --- tariffs ---------------------------------------------------------------------------------------------------

    def propose_tariff(self, step: Step, now_us: int) -> Asking:
        """Other terms, often from a date ahead; "odd": such as the settlement model does not know."""
        tariff = drawn_tariff(step.amount, pooled=self.model.is_pool != (step.conduct == "odd"))
        from_us = None if step.amount % 3 == 0 else now_us + step.amount * 20_000
        proposal = spell_tariff_proposal(NETWORK.origin, tariff, from_us)
        body = ProposeTariff(tariff, from_us, hashlib.sha256(proposal).hexdigest())
        return self._by_person(PEOPLE[step.amount % 2], body, message_of(body, proposal=proposal))

    def approve_tariff(self, step: Step, now_us: int) -> Asking:
        """The newest proposed tariff, by another person; "odd": by the same, or one that nobody proposed."""
        sha = self.tariffs[-1] if self.tariffs else hashlib.sha256(b"none").hexdigest()
        person = PEOPLE[(step.amount + (step.conduct != "odd")) % 2]
        body = ApproveTariff(sha)
        return self._by_person(person, body, message_of(body))

    # --- acts of finance -------------------------------------------------------------------------------------------

    def close(self, step: Step, now_us: int) -> Asking:
        """The end of the open cycle; "odd": perhaps of the one before or after."""
        cycle = max(1, self._open_cycle() + (step.amount % 3 - 1 if step.conduct == "odd" else 0))
        return self._by_operator(CloseCycle(cycle, f"cycle {cycle}" if step.amount % 2 else None))

    def _open_cycle(self) -> int:
        return self.model.open_cycle(self.model.size(HOUSE))

    def propose(self, step: Step, now_us: int) -> Asking:
        """The settlement of the cycle closed last; "odd": with figures, or a warning, that are wrong."""
        cycle = max(1, self._open_cycle() - 1 - (step.amount % 4 if step.conduct else 0))
        figures = self.model.figures(cycle) or CycleFigures(0, 0, 0, {})
        warnings, deferred = self.model.warnings(cycle), self.model.deferred(cycle)
        if step.conduct == "odd" and step.number % 3 == 0:
            warnings = () if warnings else ("zero-cycle",)
        elif step.conduct == "odd":
            figures = replace(figures, gross=figures.gross + 1)
        proposal = proposal_of(NETWORK.origin, cycle, NETWORK.currency, figures, warnings, deferred)
        said = Figures(
            figures.gross, figures.bilateral, figures.multilateral, dict(sorted(figures.nets.items()))
        )
        sha256 = hashlib.sha256(proposal).hexdigest()
        body = Propose(cycle, NETWORK.currency, said, sha256, warnings, deferred)
        return self._by_person(PEOPLE[step.amount % 2], body, message_of(body, proposal=proposal))

    def approve(self, step: Step, now_us: int) -> Asking:
        """The newest proposal, by another person; "odd": by the same, or one that nobody made."""
        sha = self.proposals[-1] if self.proposals else hashlib.sha256(b"none").hexdigest()
        person = PEOPLE[(step.amount + (step.conduct != "odd")) % 2]
        body = Approve(sha)
        return self._by_person(person, body, message_of(body))

    def confirm(self, step: Step, now_us: int) -> Asking:
        """A leg of the newest settlements; a step beyond the last leg asks for one that is not there."""
        number = max(1, self.settlements - (step.amount % 3 if step.conduct else 0))
        legs = list((self.model.unpaid(number) or self.model.nets(number)).items())
        name, amount = legs[step.who % len(legs)] if legs else (self.cast.partner(0).name, 1)
        amount = max(1, abs(amount) + (1 if step.conduct == "odd" else 0))
        return self._by_operator(Confirm(number, name, amount))

    # --- opening balances ------------------------------------------------------------------------------------------

    def propose_opening(self, step: Step, now_us: int) -> Asking | None:
        """A partner's running programme; "odd": with other totals than its file has."""
        company = self.cast.partner(step.who)
        more = {("more_points", "more_value")[step.amount % 2]: int(step.conduct == "odd")}
        body = self.programmes.begin(step, company.name, now_us).proposal(**more)
        return Asking(company, company.live[-1], body, message_of(body)) if company.live else None

    def approve_opening(self, step: Step, now_us: int) -> Asking:
        """The newest file, whether its partner could propose it or not."""
        body = self.programmes.approval(self.cast.partner(step.who).name)
        return self._by_person(PEOPLE[step.amount % 2], body, message_of(body))

    def _by_person(self, person: str, body: object, message: Any, fresh: KeySigner | None = None) -> Asking:
        return Asking(self.cast.operator, self.cast.people[person], body, message, fresh)


_ASKINGS: dict[str, Callable[[Askers, Step, int], Asking | None]] = {
    **dict.fromkeys(("enrol", "link", "issue", "redeem", "reverse"), Askers.on_points),
    **dict.fromkeys(("transfer", "authorize", "capture", "void", "release"), Askers.on_points),
    **dict.fromkeys(("add proof", "remove proof"), Askers.on_proofs),
    **dict.fromkeys(("register", "activate", "suspend"), Askers.on_partner),
    "add key": Askers.add_key,
    "revoke key": Askers.revoke_key,
    "name approver": Askers.name_approver,
    **dict.fromkeys(("fund", "end funding"), lambda askers, step, now_us: fund(askers.cast, step, now_us)),
    "propose tariff": Askers.propose_tariff,
    "approve tariff": Askers.approve_tariff,
    "close": Askers.close,
    "propose": Askers.propose,
    "approve": Askers.approve,
    **dict.fromkeys(
        ("object", "answer objection", "cancel", "abort"),
        lambda askers, step, now_us: dispute(askers.cast, askers.model, askers.settlements, step),
    ),
    "confirm": Askers.confirm,
    **dict.fromkeys(
        OF_SECURITY,
        lambda askers, step, now_us: secure(askers.cast, askers.model, askers.settlements, step),
    ),
    "propose account": lambda askers, step, now_us: propose_account(askers.cast, step),
    "approve account": lambda askers, step, now_us: approve_account(askers.cast, askers.model, step),
    "instruct": lambda askers, step, now_us: instruct(askers.cast, step, askers.settlements),
    "import statement": lambda askers, step, now_us: import_statement(
        askers.cast, askers.model, step, askers.settlements
    ),
    **dict.fromkeys(
        ("assign break", "propose resolution", "approve resolution"),
        lambda askers, step, now_us: resolve(askers.cast, askers.model, step, askers.settlements),
    ),
    "propose opening": Askers.propose_opening,
    "approve opening": Askers.approve_opening,
}
