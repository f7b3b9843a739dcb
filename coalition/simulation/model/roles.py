"""Who may ask for what: the policies of the proto files."""

from coalition.simulation.model.facts import Facts
from coalition.simulation.model.keys import KeyLife
from coalition.simulation.model.terms import HOUSE, Asked, ModelError, Place
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

OF_PARTNERS = (
    *(Enrol, LinkAlias, AddMemberProof, Issue, Redeem, TransferPoints),
    *(Authorize, Capture, Void, Reverse, Release),
)
ON_MEMBERS = (*OF_PARTNERS, RemoveMemberProof)
ROLES: dict[type, frozenset[str]] = {
    **dict.fromkeys((Register, Activate, Suspend), frozenset({"operator"})),
    **dict.fromkeys((CloseCycle, Confirm, Deposit, Instruct, ImportBankStatement), frozenset({"operator"})),
    **dict.fromkeys(
        (ProposeWithdrawal, ApproveWithdrawal, ProposeDefault, ApproveDefault), frozenset({"approver"})
    ),
    SetCap: frozenset({"operator", "approver"}),
    **dict.fromkeys(
        (Propose, Approve, AnswerObjection, CancelSettlement, AbortSettlement), frozenset({"approver"})
    ),
    **dict.fromkeys((ProposeTariff, ApproveTariff, ApproveOpening, ApproveAccount), frozenset({"approver"})),
    **dict.fromkeys((*OF_PARTNERS, AgreeToFund, EndFunding, ProposeOpening, Object), frozenset({"partner"})),
    **dict.fromkeys((AssignBreak, ProposeResolution, ApproveResolution), frozenset({"approver"})),
    AddKey: frozenset({"partner", "operator", "approver"}),
    **dict.fromkeys((RevokeKey, RemoveMemberProof), frozenset({"partner", "operator"})),
    ProposeAccount: frozenset({"partner", "approver"}),
}
"""The roles that may, by act."""


def check_asker(facts: Facts, place: Place, asked: Asked) -> KeyLife:
    """The key that signed. Every error is one that the door or the batch gives instead of an entry."""
    roles, on_members = ROLES.get(type(asked.body)), isinstance(asked.body, ON_MEMBERS)
    if roles is None or on_members == (place.shard == HOUSE):
        raise ModelError("OUT_OF_PLACE", f"{asked.body!r} is no act of shard {place.shard}")
    if (asked.partner, asked.act_id) in facts.answers:
        raise ModelError("ACT_ID_REUSED", f"act {asked.act_id} of {asked.partner} has its entry already")
    signer = facts.keys.signer(asked.keyid, place.house)
    if signer.owner != asked.partner:
        raise ModelError("PARTNER_MISMATCH", f"the key belongs to {signer.owner}, not to {asked.partner}")
    if facts.keys.role(signer) not in roles:
        raise ModelError("ROLE_MISSING", f"a {signer.purpose} key of {signer.owner} may not ask for this")
    return signer
