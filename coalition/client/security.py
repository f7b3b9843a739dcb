"""What stands behind participants that do not pay: deposits, withdrawals, caps and defaults."""

from coalition.api.v1 import security_pb2
from coalition.client.answers import HeldSecurity, Securities
from coalition.client.calling import Caller
from coalition.wire.securities import KINDS, NAMES, spell_withdrawal
from settlement.journal.acts import Outcome


class SecurityActs(Caller):
    """What the operator's key and its people's may ask for; `securities` is for everyone. Errors as for `PartnerActs`.

    `security`: "collateral", "guarantee", "prefund" or "capital". Amounts are in the currency's minor unit.
    """

    async def securities(self) -> Securities:
        """What is deposited, and the caps: of the caller, or for the operator of everyone."""
        request = security_pb2.GetSecurityRequest()
        reply = await self._read(request, security_pb2.GetSecurityResponse)
        held = tuple(
            HeldSecurity(each.participant, NAMES.get(each.kind, "unknown"), each.amount_minor)
            for each in reply.held
        )
        return Securities(reply.currency, held, {each.participant: each.cap_minor for each in reply.caps})

    async def deposit(
        self, *, participant: str, security: str, amount_minor: int, act_id: str | None = None
    ) -> Outcome:
        """Money came in for a security."""
        request = security_pb2.DepositRequest(
            participant=participant, kind=KINDS[security], amount_minor=amount_minor
        )
        return await self._act(request, act_id)

    async def propose_withdrawal(
        self,
        *,
        participant: str,
        security: str,
        currency: str,
        amount_minor: int,
        act_id: str | None = None,
    ) -> Outcome:
        """Money of a security is to go back. Needs an approver key; the request keeps the exact bytes that are signed."""
        network = self.identity.network
        proposal = spell_withdrawal(network, participant, security, currency, amount_minor)
        return await self._act(security_pb2.ProposeWithdrawalRequest(proposal=proposal), act_id)

    async def approve_withdrawal(self, *, proposal_sha256: bytes, act_id: str | None = None) -> Outcome:
        """Another person's yes to the withdrawal with this SHA-256. Needs another person's approver key."""
        request = security_pb2.ApproveWithdrawalRequest(proposal_sha256=proposal_sha256)
        return await self._act(request, act_id)

    async def set_cap(self, *, participant: str, cap_minor: int | None, act_id: str | None = None) -> Outcome:
        """The most that a participant is to pay for a cycle; None: no cap. A request key and an approver key both name it."""
        request = security_pb2.SetCapRequest(participant=participant, cap_minor=cap_minor)
        return await self._act(request, act_id)

    async def preview_default(self, *, settlement: int, participant: str) -> bytes:
        """The exact bytes to `propose_default` for an overdue leg. Posts nothing. Rejected with LEG_NOT_FOUND."""
        request = security_pb2.PreviewDefaultRequest(settlement=settlement, participant=participant)
        return (await self._read(request, security_pb2.PreviewDefaultResponse)).proposal

    async def propose_default(self, *, proposal: bytes, act_id: str | None = None) -> Outcome:
        """One person's signature under the exact bytes that `preview_default` gave. Needs an approver key."""
        return await self._act(security_pb2.ProposeDefaultRequest(proposal=proposal), act_id)

    async def approve_default(self, *, proposal_sha256: bytes, act_id: str | None = None) -> Outcome:
        """Another person's yes to the default with this SHA-256. Needs another person's approver key."""
        return await self._act(security_pb2.ApproveDefaultRequest(proposal_sha256=proposal_sha256), act_id)
