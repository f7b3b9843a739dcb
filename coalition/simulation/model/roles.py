"""Who may ask for what: the policies of the proto files, once more."""

from settlement.clearing.acts import Approve, CloseCycle, Confirm, Propose
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
from settlement.ledger.acts import Authorize, Capture, Enrol, Issue, LinkAlias, Redeem, Release, Reverse, Void

ON_MEMBERS = (Enrol, LinkAlias, Issue, Redeem, Authorize, Capture, Void, Reverse, Release)
ROLES: dict[type, frozenset[str]] = {
    **dict.fromkeys((Register, Activate, Suspend), frozenset({"operator"})),
    **dict.fromkeys((CloseCycle, Confirm), frozenset({"operator"})),
    **dict.fromkeys(
        (Propose, Approve, ProposeTariff, ApproveTariff, ApproveOpening), frozenset({"approver"})
    ),
    **dict.fromkeys((*ON_MEMBERS, AgreeToFund, EndFunding, ProposeOpening), frozenset({"partner"})),
    AddKey: frozenset({"partner", "operator", "approver"}),
    RevokeKey: frozenset({"partner", "operator"}),
}
"""Who may ask for what: the policies of the proto files."""
