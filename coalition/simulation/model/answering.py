"""Which room of the model answers an act."""

from functools import partial

from coalition.simulation.model.disputes import dispute
from coalition.simulation.model.facts import Facts
from coalition.simulation.model.keys import KeyLife
from coalition.simulation.model.reversing import reverse
from coalition.simulation.model.terms import (
    HOUSE,
    Answer,
    Asked,
    Place,
)
from coalition.simulation.model.waiting import release
from settlement.banking.acts import (
    ApproveAccount,
    ApproveResolution,
    AssignBreak,
    ImportBankStatement,
    Instruct,
    ProposeAccount,
    ProposeResolution,
)
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
from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)
from settlement.house.acts import (
    Activate,
    AddKey,
    AgreeToFund,
    ApproveOpening,
    ApproveTariff,
    EndFunding,
    ProposeOpening,
    ProposeTariff,
    Register,
    RevokeKey,
    Suspend,
)
from settlement.ledger.acts import (
    AddMemberProof,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)


def answer_to(facts: Facts, place: Place, asked: Asked, signer: KeyLife) -> Answer:
    """What an act is answered at this place. ModelError where no entry is allowed."""
    if place.shard != HOUSE:
        return _answer_of_points(facts, place, asked)
    person = signer.person or asked.partner
    match asked.body:
        case Register() as body:
            return facts.partners.register(place, body)
        case Activate() | Suspend() as body:
            return facts.partners.set_state(place, body)
        case ProposeTariff() as body:
            return facts.tariffs.propose(place, person, body)
        case ApproveTariff() as body:
            return facts.tariffs.approve(place, person, body)
        case AgreeToFund() as body:
            return facts.fundings.agree(place, asked.partner, body)
        case EndFunding() as body:
            return facts.fundings.end(place, asked.partner, body)
        case AddKey() as body:
            return facts.keys.add(place, asked, body)
        case RevokeKey() as body:
            return facts.keys.revoke(place, asked, body)
        case CloseCycle() as body:
            return facts.cycles.close(place, body)
        case Propose() as body:
            return facts.settlements.propose(place, person, body, facts.tariffs.at(place.house).terms)
        case Approve() as body:
            return facts.settlements.approve(place, person, body, facts.tariffs.at(place.house).terms)
        case Object() | AnswerObjection() | CancelSettlement() | AbortSettlement() as body:
            return dispute(facts.settlements, place, asked.partner, body)
        case Confirm() as body:
            return facts.settlements.confirm(place, body)
        case ProposeOpening() as body:
            return facts.openings.propose(place, asked.partner, body)
        case ApproveOpening() as body:
            return facts.openings.approve(place, body)
    return _answer_of_security(facts, place, asked, signer, person)


def _answer_of_security(facts: Facts, place: Place, asked: Asked, signer: KeyLife, person: str) -> Answer:
    securities, defaults = facts.settlements.securities, facts.defaults
    match asked.body:
        case Deposit() as body:
            return securities.deposit(place, body)
        case ProposeWithdrawal() as body:
            return securities.propose(place, person, body)
        case ApproveWithdrawal() as body:
            return securities.approve(place, person, body)
        case SetCap() as body:
            return securities.set_cap(place, signer, body)
        case ProposeDefault() as body:
            return defaults.propose(place, person, body)
        case ApproveDefault() as body:
            return defaults.approve(place, person, body)
    return _answer_of_banks(facts, place, asked, signer, person)


def _answer_of_banks(facts: Facts, place: Place, asked: Asked, signer: KeyLife, person: str) -> Answer:
    match asked.body:
        case ProposeAccount() as body:
            return facts.banking.propose(place, asked.partner, signer.person, body)
        case ApproveAccount() as body:
            return facts.banking.approve(place, signer.person, body)
        case Instruct() as body:
            return facts.banking.instruct(place, body)
        case ImportBankStatement() as body:
            return facts.breaks.bank_statements.take_in(place, body)
        case AssignBreak() as body:
            return facts.breaks.assign(place, facts.keys, body)
        case ProposeResolution() as body:
            return facts.breaks.propose(place, person, body)
        case ApproveResolution() as body:
            return facts.breaks.approve(place, person, body)
    raise TypeError(f"not an act of the house: {asked.body!r}")


def _answer_of_points(facts: Facts, place: Place, asked: Asked) -> Answer:
    points, holds, proofs = facts.points, facts.holds, facts.proofs
    stopped = facts.partners.refusal(asked.partner, place.house)
    tariff = facts.tariffs.at(place.house)
    match asked.body:
        case Enrol() as body:
            return points.enrol(place, body, stopped)
        case LinkAlias() as body:
            return points.link(place, body, stopped)
        case Issue() as body:
            return points.issue(place, asked, body, tariff, stopped)
        case Redeem() as body:
            redeem = partial(points.redeem, place, asked, body, tariff)
            return proofs.spend(place, asked, body, tariff.terms, stopped, redeem)
        case TransferPoints() as body:
            return facts.transfers.transfer(place, asked, body, tariff, stopped)
        case Authorize() as body:
            authorize = partial(holds.authorize, place, asked, body, tariff)
            return proofs.spend(place, asked, body, tariff.terms, stopped, authorize)
        case AddMemberProof() as body:
            return proofs.add(place, asked, body, stopped)
        case RemoveMemberProof() as body:
            return proofs.remove(place, asked, body, stopped)
        case Capture() as body:
            return holds.capture(place, asked, body, stopped)
        case Void() as body:
            return holds.void(place, asked, body, tariff, stopped)
        case Reverse() as body:
            return reverse(points, place, asked, body, tariff, stopped)
        case Release() as body:
            return release(points, place, asked, body, tariff, stopped)
    raise TypeError(f"not an act on a member: {asked.body!r}")
