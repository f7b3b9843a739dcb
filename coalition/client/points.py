"""Acts on what members have: points, and value, which is money stored for them. Each returns the signed outcome."""

from datetime import datetime

from coalition.api.v1.exchange_pb2 import (
    AuthorizeRequest,
    CaptureRequest,
    IssueRequest,
    RedeemRequest,
    ReleaseRequest,
    ReverseRequest,
    TransferPointsRequest,
    VoidRequest,
)
from coalition.client.aliases import Alias
from coalition.client.calling import Caller
from coalition.client.writing import as_timestamp
from coalition.wire.member_proofs import spell_consent
from coalition.wire.strict import write_asset
from settlement.journal.acts import Outcome
from settlement.ledger.acts import Consent
from settlement.money import POINTS


class PointsActs(Caller):
    """What a partner's own key may ask for about members. Errors as for `PartnerActs`.

    `asset`: "PTS", points, or "VAL", value; then amounts are in minor units of the network's currency, and 2,500 is 25.00 EUR.
    ValueError for any other.
    `member` is a member id, or an alias such as ("card", "4000 1234 5678"), of which only the token is sent (ClientError
    ALIAS_INVALID, ALIAS_KEY_MISSING).
    """

    async def issue(
        self,
        *,
        member: str | Alias,
        amount: int,
        spendable_from: datetime | None = None,
        on_event: bool = False,
        campaign: str = "",
        asset: str = POINTS,
        act_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Outcome:
        """Creates points for a member. `occurred_at`: when the shopping happened, for reports; default now.

        They are spendable at once; or pending until `spendable_from`; or, if they wait for an event, until `release`. Points of
        a `campaign` are funded by those who agreed to, each its share, and by this partner.
        """
        if on_event and spendable_from is not None:
            raise ValueError("points are pending until a time or for an event, not both")
        request = IssueRequest(
            amount=amount,
            occurred_at=as_timestamp(occurred_at),
            spendable_from=as_timestamp(spendable_from),
            campaign=campaign,
            asset=write_asset(asset),
        )
        if on_event:
            request.on_event = True
        self._writer.name_member(request, member)
        return await self._act(request, act_id)

    async def redeem(
        self,
        *,
        member: str | Alias,
        amount: int,
        proof: Consent | None = None,
        asset: str = POINTS,
        act_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Outcome:
        """Spends a member's points. `proof`: what the member shows; a device has signed it for this `act_id`."""
        request = RedeemRequest(
            amount=amount,
            occurred_at=as_timestamp(occurred_at),
            member_proof=spell_consent(proof),
            asset=write_asset(asset),
        )
        self._writer.name_member(request, member)
        return await self._act(request, act_id)

    async def transfer_points(
        self,
        *,
        member: str | Alias,
        recipient: str | Alias,
        amount: int,
        asset: str = POINTS,
        act_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Outcome:
        """Moves points of a member to another; `outcome` is about the first. They may arrive a moment later."""
        request = TransferPointsRequest(
            amount=amount, occurred_at=as_timestamp(occurred_at), asset=write_asset(asset)
        )
        self._writer.name_member(request, member)
        self._writer.name_recipient(request, recipient)
        return await self._act(request, act_id)

    async def authorize(
        self,
        *,
        member: str | Alias,
        amount: int,
        hold_minutes: int = 0,
        proof: Consent | None = None,
        asset: str = POINTS,
        act_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Outcome:
        """Holds a member's points until they are captured or voided, `hold_minutes` at most; 0: as long as the tariff lets.

        `proof`: as for `redeem`.
        """
        request = AuthorizeRequest(
            amount=amount,
            occurred_at=as_timestamp(occurred_at),
            hold_minutes=hold_minutes,
            member_proof=spell_consent(proof),
            asset=write_asset(asset),
        )
        self._writer.name_member(request, member)
        return await self._act(request, act_id)

    async def capture(
        self,
        *,
        hold_act_id: str,
        amount: int,
        asset: str = POINTS,
        act_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Outcome:
        """Spends points that this partner holds; what is left of the hold goes back to the member."""
        request = CaptureRequest(
            hold_act_id=hold_act_id,
            amount=amount,
            occurred_at=as_timestamp(occurred_at),
            asset=write_asset(asset),
        )
        return await self._act(request, act_id)

    async def void(
        self, *, hold_act_id: str, act_id: str | None = None, occurred_at: datetime | None = None
    ) -> Outcome:
        """Gives a hold of this partner up."""
        request = VoidRequest(hold_act_id=hold_act_id, occurred_at=as_timestamp(occurred_at))
        return await self._act(request, act_id)

    async def reverse(
        self,
        *,
        original_act_id: str,
        amount: int = 0,
        asset: str = POINTS,
        act_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Outcome:
        """Undoes so many points of an earlier act of this partner; 0: all that are left, whatever the asset."""
        request = ReverseRequest(
            original_act_id=original_act_id,
            amount=amount,
            occurred_at=as_timestamp(occurred_at),
            asset=write_asset(asset),
        )
        return await self._act(request, act_id)

    async def release(
        self, *, original_act_id: str, act_id: str | None = None, occurred_at: datetime | None = None
    ) -> Outcome:
        """Makes the points of an issue of this partner spendable that are pending."""
        request = ReleaseRequest(original_act_id=original_act_id, occurred_at=as_timestamp(occurred_at))
        return await self._act(request, act_id)
