"""Which room decides an act of the house. Rules in the order of the proto's comments.

Approval posts, per participant with a net, `position` against `settling`; a confirmation moves it on to the `bank`. So when every
leg is paid all `settling` accounts of the settlement and the bank stand at zero again.
"""

from types import MappingProxyType

from settlement.banking.accounts import approve_account, propose_account
from settlement.banking.acts import (
    ApproveAccount,
    ApproveResolution,
    AssignBreak,
    ImportBankStatement,
    Instruct,
    ProposeAccount,
    ProposeResolution,
)
from settlement.banking.importing import import_statement
from settlement.banking.instructing import instruct
from settlement.banking.resolving import approve_resolution, assign_break, propose_resolution
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
from settlement.clearing.approving import abort, approve, proposal_to_approve
from settlement.clearing.closing import close_cycle
from settlement.clearing.defaulting import OwedByCycle, approve_default, propose_default
from settlement.clearing.legs import confirm
from settlement.clearing.objecting import answer_objection, cancel, object_to
from settlement.clearing.proposing import FiguresByCycle, propose
from settlement.clearing.securing import approve_withdrawal, deposit, propose_withdrawal, set_cap
from settlement.clearing.security_acts import (
    ApproveDefault,
    ApproveWithdrawal,
    Deposit,
    ProposeDefault,
    ProposeWithdrawal,
    SetCap,
)
from settlement.house.acts import (
    AgreeToFund,
    ApproveOpening,
    ApproveTariff,
    EndFunding,
    ProposeOpening,
    ProposeTariff,
)
from settlement.house.decide import decide_house
from settlement.house.funding import agree_to_fund, end_funding
from settlement.house.opening import approve_opening, propose_opening
from settlement.house.pricing import approve_tariff, propose_tariff
from settlement.house.state import House
from settlement.journal.acts import Act, Draft

NOTHING: OwedByCycle = MappingProxyType({})


def decide_desk(
    house: House, figures: FiguresByCycle, act: Act[object], now_us: int, owed: OwedByCycle = NOTHING
) -> Draft:
    """Judges any act of the house. `owed`: what defaults rest on.

    Errors, recorded nowhere: CycleNotClosedError where the answer is not ready, AMOUNT_TOO_LARGE, FIELD_INVALID.
    """
    match act.body:
        case CloseCycle() as body:
            return close_cycle(house, act, body)
        case Propose() as body:
            return propose(house, figures, act, body)
        case Approve() as body:
            return approve(house, figures, act, body, now_us)
        case Object() as body:
            return object_to(house, act, body, now_us)
        case AnswerObjection() as body:
            return answer_objection(house, act, body)
        case CancelSettlement() as body:
            return cancel(house, act, body)
        case AbortSettlement() as body:
            return abort(house, act, body)
        case Confirm() as body:
            return confirm(house, act, body)
        case ProposeTariff() as body:
            return propose_tariff(house, act, body)
        case ApproveTariff() as body:
            return approve_tariff(house, act, body, now_us)
        case AgreeToFund() as body:
            return agree_to_fund(house, act, body, now_us)
        case EndFunding() as body:
            return end_funding(house, act, body, now_us)
        case ProposeOpening() as body:
            return propose_opening(house, act, body)
        case ApproveOpening() as body:
            return approve_opening(house, act, body, now_us)
    found = _decide_security(house, owed, act, now_us) or _decide_banking(house, act, now_us)
    return found or decide_house(house, act)


def _decide_security(house: House, owed: OwedByCycle, act: Act[object], now_us: int) -> Draft | None:
    """Judges an act on securities, caps or defaults; None if it is none."""
    match act.body:
        case Deposit() as body:
            return deposit(house, act, body)
        case ProposeWithdrawal() as body:
            return propose_withdrawal(house, act, body)
        case ApproveWithdrawal() as body:
            return approve_withdrawal(house, act, body, now_us)
        case SetCap() as body:
            return set_cap(house, act, body)
        case ProposeDefault() as body:
            return propose_default(house, owed, act, body, now_us)
        case ApproveDefault() as body:
            return approve_default(house, owed, act, body, now_us)
    return None


def _decide_banking(house: House, act: Act[object], now_us: int) -> Draft | None:
    """Judges an act on accounts at banks, payment files, bank statements or breaks; None if it is none."""
    match act.body:
        case ProposeAccount() as body:
            return propose_account(house, act, body)
        case ApproveAccount() as body:
            return approve_account(house, act, body, now_us)
        case Instruct() as body:
            return instruct(house, act, body, now_us)
        case ImportBankStatement() as body:
            return import_statement(house, act, body)
        case AssignBreak() as body:
            return assign_break(house, act, body)
        case ProposeResolution() as body:
            return propose_resolution(house, act, body)
        case ApproveResolution() as body:
            return approve_resolution(house, act, body, now_us)
    return None


def defaulter_of(house: House, body: object) -> str | None:
    """Whose unpaid leg an act of the house is about; None: no one's."""
    match body:
        case ProposeDefault():
            return body.participant
        case ApproveDefault():
            default = house.security.defaults.get(body.proposal_sha256)
            return None if default is None else default.participant
    return None


def cycle_settled_by(house: House, body: object) -> int | None:
    """The cycle whose obligations an act of the house rests on; None: it rests on none."""
    match body:
        case Propose():
            return body.cycle
        case Approve():
            settlement = proposal_to_approve(house, body.proposal_sha256)
        case ProposeDefault():
            settlement = house.settlements.get(body.settlement)
        case ApproveDefault():
            default = house.security.defaults.get(body.proposal_sha256)
            settlement = None if default is None else house.settlements[default.settlement]
        case _:
            return None
    return None if settlement is None else settlement.cycle
