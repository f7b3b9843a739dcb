"""What changes the books. Every method returns the outcome that the operator signed.

Look at `outcome.refusal` first: a rule may have said no, and that no is recorded like a yes. All methods take an `act_id` (a
lower-case UUID; default: a fresh one): the same id again is the same act, whatever happened in between. ClientError
ACT_ID_REUSED if the arguments ask for another.
"""

from collections.abc import Iterable
from datetime import datetime

from coalition.api.v1 import partners_pb2
from coalition.api.v1.members_pb2 import EnrolRequest, LinkAliasRequest
from coalition.api.v1.opening_pb2 import ApproveOpeningRequest, ProposeOpeningRequest
from coalition.api.v1.partners_pb2 import (
    ActivateRequest,
    AddKeyRequest,
    ApproveTariffRequest,
    KeyPurpose,
    ProposeTariffRequest,
    RegisterRequest,
    RevocationReason,
    RevokeKeyRequest,
    SuspendRequest,
)
from coalition.api.v1.settlement_pb2 import (
    AbortSettlementRequest,
    AnswerObjectionRequest,
    ApproveRequest,
    CancelSettlementRequest,
    CloseCycleRequest,
    ConfirmRequest,
    ObjectRequest,
    ProposeRequest,
)
from coalition.client.aliases import Alias
from coalition.client.calling import Caller
from coalition.client.possession import KeyProof, prove_possession
from coalition.client.writing import as_timestamp
from coalition.wire.strict import read_time
from coalition.wire.tariffs import spell_tariff_proposal
from settlement.house.tariff import Tariff
from settlement.journal.acts import Outcome
from settlement.signing import KeySigner

PURPOSES: dict[str, KeyPurpose.ValueType] = {
    "request": partners_pb2.KEY_PURPOSE_REQUEST,
    "approver": partners_pb2.KEY_PURPOSE_APPROVER,
}
REASONS: dict[str, RevocationReason.ValueType] = {
    "retired": partners_pb2.REVOCATION_REASON_RETIRED,
    "superseded": partners_pb2.REVOCATION_REASON_SUPERSEDED,
    "compromised": partners_pb2.REVOCATION_REASON_COMPROMISED,
}


class PartnerActs(Caller):
    """What a partner's own key may ask for.

    Errors of every method: RequestRejectedError, OutcomeUnknownError, ReceiptInvalidError.

    `member` is a member id, or an alias such as ("card", "4000 1234 5678"), of which only the token is sent (ClientError
    ALIAS_INVALID, ALIAS_KEY_MISSING). ValueError for numbers that no 64-bit integer holds and times without a zone.
    """

    async def enrol(self, *, aliases: Iterable[Alias] = (), act_id: str | None = None) -> Outcome:
        """Makes a new member; `outcome.member` is its id."""
        request = EnrolRequest(alias_tokens=[self._writer.token(alias) for alias in aliases])
        return await self._act(request, act_id)

    async def link_alias(self, *, member_id: str, alias: Alias, act_id: str | None = None) -> Outcome:
        """Gives a member one more alias, such as a new card."""
        request = LinkAliasRequest(member_id=member_id, alias_token=self._writer.token(alias))
        return await self._act(request, act_id)

    async def add_key(
        self,
        *,
        key: KeySigner | KeyProof,
        partner_id: str | None = None,
        purpose: str = "request",
        person: str | None = None,
        act_id: str | None = None,
    ) -> Outcome:
        """Adds a key: the new key itself, or the proof that its holder made with `prove_possession`.

        `partner_id`: whose key it will be, default one's own. `purpose`: "request", or "approver" with the `person` who
        alone holds it.
        """
        owner = partner_id or self.identity.partner_id
        if isinstance(key, KeySigner):
            key = prove_possession(key, public_key=key.spki, network=self.identity.network, partner_id=owner)
        request = AddKeyRequest(
            partner_id=owner,
            public_key=key.public_key,
            purpose=PURPOSES[purpose],
            person=person or "",
            possession=key.possession,
        )
        return await self._act(request, act_id)

    async def revoke_key(
        self,
        *,
        keyid: str,
        reason: str = "retired",
        suspect_from: datetime | None = None,
        act_id: str | None = None,
    ) -> Outcome:
        """Ends a key. `reason`: "retired", "superseded" or "compromised", the last with the moment from which it is suspect."""
        stamp = as_timestamp(suspect_from)
        request = RevokeKeyRequest(keyid=keyid, reason=REASONS[reason], suspect_from=stamp)
        return await self._act(request, act_id)

    async def propose_opening(
        self,
        *,
        file_sha256: bytes,
        rows: int,
        members: int,
        points: int,
        value: int = 0,
        act_id: str | None = None,
    ) -> Outcome:
        """This partner will fund the lots of a prepared file (`read_prepared` gives hash and control totals)."""
        request = ProposeOpeningRequest(
            file_sha256=file_sha256, rows=rows, members=members, points=points, value=value
        )
        return await self._act(request, act_id)


class OperatorActs(Caller):
    """What the operator's key may ask for, and its approvers' keys. Errors as for `PartnerActs`."""

    async def register(self, *, partner_id: str, display_name: str, act_id: str | None = None) -> Outcome:
        """Takes a company into the network; it may act once it has a key and is activated."""
        return await self._act(RegisterRequest(partner_id=partner_id, display_name=display_name), act_id)

    async def activate(self, *, partner_id: str, act_id: str | None = None) -> Outcome:
        """Lets a registered or suspended partner act."""
        return await self._act(ActivateRequest(partner_id=partner_id), act_id)

    async def suspend(self, *, partner_id: str, act_id: str | None = None) -> Outcome:
        """From the next entry on the partner's acts are refused."""
        return await self._act(SuspendRequest(partner_id=partner_id), act_id)

    async def propose_tariff(
        self, tariff: Tariff, *, effective_from: datetime | None = None, act_id: str | None = None
    ) -> Outcome:
        """Terms that every act is to be judged by once another person approves. Needs an approver key.

        `effective_from`: not in force before; default: at once. ValueError for a datetime without a zone.
        """
        stamp = as_timestamp(effective_from)
        starts_us = None if stamp is None else read_time(stamp, "effective_from")
        proposal = spell_tariff_proposal(self.identity.network, tariff, starts_us)
        return await self._act(ProposeTariffRequest(proposal=proposal), act_id)

    async def approve_tariff(self, *, proposal_sha256: bytes, act_id: str | None = None) -> Outcome:
        """Another person's yes to the proposed tariff with this SHA-256. Needs another person's approver key."""
        return await self._act(ApproveTariffRequest(proposal_sha256=proposal_sha256), act_id)

    async def close_cycle(self, *, cycle: int, label: str = "", act_id: str | None = None) -> Outcome:
        """Ends the open cycle, named by its number so that closing twice is refused, and opens the next."""
        return await self._act(CloseCycleRequest(cycle=cycle, label=label), act_id)

    async def propose(self, *, proposal: bytes, act_id: str | None = None) -> Outcome:
        """One person's signature under the exact bytes that `preview` gave. Needs an approver key."""
        return await self._act(ProposeRequest(proposal=proposal), act_id)

    async def object_to(self, *, settlement: int, words: str, act_id: str | None = None) -> Outcome:
        """A participant's no to a proposal, with 1 to 200 ASCII characters that say why."""
        return await self._act(ObjectRequest(settlement=settlement, words=words), act_id)

    async def answer_objection(
        self, *, settlement: int, participant: str, accepted: bool, words: str, act_id: str | None = None
    ) -> Outcome:
        """An accepted objection cancels the proposal, a rejected one stands no longer in its way. Needs an approver key."""
        request = AnswerObjectionRequest(
            settlement=settlement, participant=participant, accepted=accepted, words=words
        )
        return await self._act(request, act_id)

    async def cancel_settlement(self, *, settlement: int, act_id: str | None = None) -> Outcome:
        """Takes a proposal back before anybody has approved it. Needs an approver key."""
        return await self._act(CancelSettlementRequest(settlement=settlement), act_id)

    async def abort_settlement(self, *, settlement: int, act_id: str | None = None) -> Outcome:
        """Undoes an approval while no leg is paid. Needs an approver key."""
        return await self._act(AbortSettlementRequest(settlement=settlement), act_id)

    async def approve(self, *, proposal_sha256: bytes, act_id: str | None = None) -> Outcome:
        """Another person's yes to the proposal with this SHA-256. Needs another person's approver key."""
        return await self._act(ApproveRequest(proposal_sha256=proposal_sha256), act_id)

    async def approve_opening(
        self, *, partner_id: str, file_sha256: bytes, act_id: str | None = None
    ) -> Outcome:
        """The operator's yes to a partner's opening balances. Needs an approver key."""
        request = ApproveOpeningRequest(partner_id=partner_id, file_sha256=file_sha256)
        return await self._act(request, act_id)

    async def confirm(
        self, *, settlement: int, participant: str, amount_minor: int, act_id: str | None = None
    ) -> Outcome:
        """A leg is paid: the amount seen, in the currency's minor unit."""
        request = ConfirmRequest(settlement=settlement, participant=participant, amount_minor=amount_minor)
        return await self._act(request, act_id)
