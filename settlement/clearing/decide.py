"""Which room decides an act of the house. Rules in the order of the proto's comments.

Approval posts, per participant with a net, `position` against `settling`; a confirmation moves it on to the `bank`. So when every
leg is paid all `settling` accounts of the settlement and the bank stand at zero again.
"""

from settlement.banking.accounts import approve_account, propose_account
from settlement.banking.acts import ApproveAccount, ImportBankStatement, Instruct, ProposeAccount
from settlement.banking.importing import import_statement
from settlement.banking.instructing import instruct
from settlement.clearing.acts import Approve, CloseCycle, Confirm, Propose
from settlement.clearing.approving import approve
from settlement.clearing.closing import close_cycle
from settlement.clearing.legs import confirm
from settlement.clearing.proposing import FiguresByCycle, propose
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


def decide_desk(house: House, figures: FiguresByCycle, act: Act[object], now_us: int) -> Draft:
    """Judges any act of the house.

    Errors, recorded nowhere: CycleNotClosedError where the answer is not ready, AMOUNT_TOO_LARGE, FIELD_INVALID.
    """
    match act.body:
        case CloseCycle() as body:
            return close_cycle(house, act, body)
        case Propose() as body:
            return propose(house, figures, act, body)
        case Approve() as body:
            return approve(house, figures, act, body, now_us)
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
        case ProposeAccount() as body:
            return propose_account(house, act, body)
        case ApproveAccount() as body:
            return approve_account(house, act, body, now_us)
        case Instruct() as body:
            return instruct(house, act, body, now_us)
        case ImportBankStatement() as body:
            return import_statement(house, act, body)
    return decide_house(house, act)
