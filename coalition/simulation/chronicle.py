"""A story told in sentences: who asked for what, what came of it, what went wrong."""

from dataclasses import dataclass, field

from coalition.simulation.processes import Answer
from coalition.simulation.requests import Asking
from coalition.simulation.story import Step
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
from settlement.clock import format_time
from settlement.house.acts import (
    Activate,
    AddKey,
    AgreeToFund,
    ApproveTariff,
    EndFunding,
    ProposeTariff,
    Register,
    RevokeKey,
    Suspend,
)
from settlement.journal.acts import Outcome
from settlement.journal.leaf import Entry
from settlement.ledger.acts import (
    AddMemberProof,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    MemberName,
    Redeem,
    Release,
    RemoveMemberProof,
    Reverse,
    TransferPoints,
    Void,
)

_LETTERS = 8


@dataclass
class Chronicle:
    """Lines in the order of events. Nothing is written while `kept` is false: whole stories are long."""

    kept: bool = False
    lines: list[str] = field(default_factory=list)

    def asks(self, step: Step, asking: Asking, at: float) -> None:
        """Somebody sends a request."""
        if not self.kept:
            return
        how = f" ({step.conduct})" if step.conduct else ""
        self._write(at, f"step {step.number}: {asking.company.name} asks to {what(asking.body)}{how}")

    def hears(self, step: Step, answer: Answer | Outcome | None, at: float) -> None:
        """The answer arrives."""
        if isinstance(answer, Outcome):
            said = f"{answer.refusal or 'accepted'} as {answer.shard}:{answer.index}"
        elif answer is None:
            said = "nothing"
        else:
            said = "a receipt" if answer.reason is None else f"error {answer.reason}"
        self._write(at, f"step {step.number}: the answer is {said}")

    def suffers(self, step: Step, at: float) -> None:
        """Something goes wrong, now or in so many statements."""
        self._write(at, f"step {step.number}: {step.kind} (after {step.amount} statements)")

    def writes(self, entry: Entry, at: float) -> None:
        """An entry is committed."""
        self._write(
            at, f"  entry {entry.shard}:{entry.index} {entry.kind} {entry.get('result') or ''}".rstrip()
        )

    def _write(self, at: float, sentence: str) -> None:
        if self.kept:
            self.lines.append(f"{at:9.3f} s  {sentence}")


def what(body: object) -> str:
    """What is asked, in words."""
    match body:
        case Issue(name=name, amount=amount, campaign=campaign):
            return f"issue {amount:,} points to {_whom(name)}" + (f" for {campaign}" if campaign else "")
        case Redeem(name=name, amount=amount):
            return f"redeem {amount:,} points of {_whom(name)}"
        case TransferPoints(name=name, recipient=recipient, amount=amount):
            return f"transfer {amount:,} points of {_whom(name)} to {_whom(recipient)}"
        case Authorize(name=name, amount=amount):
            return f"hold {amount:,} points of {_whom(name)}"
        case Capture(hold_act_id=hold, amount=amount):
            return f"capture {amount:,} points of hold {hold[:_LETTERS]}"
        case Void(hold_act_id=hold):
            return f"void hold {hold[:_LETTERS]}"
        case Reverse(original_act_id=original, amount=amount):
            part = f"{amount:,} points of" if amount else "all that is left of"
            return f"reverse {part} act {original[:_LETTERS]}"
        case Release(original_act_id=original):
            return f"release the points of act {original[:_LETTERS]}"
        case Enrol(aliases=aliases):
            return f"enrol a member with aliases {', '.join(alias.hex()[:_LETTERS] for alias in aliases)}"
        case LinkAlias(member=member, alias=alias):
            return f"link alias {alias.hex()[:_LETTERS]} to member {member[:_LETTERS]}"
        case AddMemberProof(member=member, name=name):
            return f"add proof {name[:_LETTERS]} to member {member[:_LETTERS]}"
        case RemoveMemberProof(member=member, name=name):
            return f"remove proof {name[:_LETTERS]} of member {member[:_LETTERS]}"
    return _what_of_house(body)


def _what_of_house(body: object) -> str:
    match body:
        case Register(partner_id=name):
            return f"register {name}"
        case Activate(partner_id=name):
            return f"activate {name}"
        case Suspend(partner_id=name):
            return f"suspend {name}"
        case AddKey(owner=owner, keyid=keyid, purpose=purpose, person=person):
            return f"add {purpose} key {keyid[:_LETTERS]} of {person or owner}"
        case RevokeKey(keyid=keyid):
            return f"revoke key {keyid[:_LETTERS]}"
        case AgreeToFund(issuer=issuer, campaign=campaign, share_basis_points=share):
            return f"fund {share:,} of 10,000 of {campaign} of {issuer}"
        case EndFunding(issuer=issuer, campaign=campaign):
            return f"fund {campaign} of {issuer} no more"
        case ProposeTariff(tariff=tariff, from_us=from_us):
            return f"propose {tariff} from {'its approval' if from_us is None else format_time(from_us)} on"
        case ApproveTariff(proposal_sha256=sha):
            return f"approve tariff {sha[:_LETTERS]}"
        case CloseCycle(cycle=cycle):
            return f"close cycle {cycle}"
        case Propose(cycle=cycle):
            return f"propose the settlement of cycle {cycle}"
        case Approve(proposal_sha256=sha):
            return f"approve proposal {sha[:_LETTERS]}"
        case Object(settlement=number):
            return f"object to settlement {number}"
        case AnswerObjection(settlement=number, participant=name, accepted=accepted):
            return f"{'accept' if accepted else 'reject'} the objection of {name} to settlement {number}"
        case CancelSettlement(settlement=number):
            return f"cancel settlement {number}"
        case AbortSettlement(settlement=number):
            return f"abort settlement {number}"
        case Confirm(settlement=number, participant=name, amount_minor=amount):
            return f"confirm the leg of {name} in settlement {number}: {amount:,} cents"
    return _what_of_security(body)


def _what_of_security(body: object) -> str:
    match body:
        case Deposit(participant=name, security=security, amount_minor=amount):
            return f"deposit {amount:,} cents as {security} of {name}"
        case ProposeWithdrawal(participant=name, security=security, amount_minor=amount):
            return f"propose to pay {amount:,} cents of {security} back to {name}"
        case ApproveWithdrawal(proposal_sha256=sha):
            return f"approve withdrawal {sha[:_LETTERS]}"
        case SetCap(participant=name, cap_minor=cap):
            return f"cap {name} at {'nothing' if cap is None else f'{cap:,} cents'}"
        case ProposeDefault(settlement=number, participant=name, fall=fall):
            return f"propose {name} to be in default with {fall.unpaid:,} cents of settlement {number}"
        case ApproveDefault(proposal_sha256=sha):
            return f"approve default {sha[:_LETTERS]}"
    return repr(body)


def _whom(name: MemberName) -> str:
    if name.alias is not None:
        return f"alias {name.alias.hex()[:_LETTERS]}"
    return f"member {(name.member or '')[:_LETTERS]}"
