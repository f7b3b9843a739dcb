"""Co-funded campaigns: a partner agrees to bear a share of what another issues, and ends that."""

from datetime import datetime

from coalition.api.v1.partners_pb2 import AgreeToFundRequest, EndFundingRequest
from coalition.client.calling import Caller
from coalition.client.writing import as_timestamp
from settlement.journal.acts import Outcome


class FundingActs(Caller):
    """What a funder's own key may ask for. Errors as for `PartnerActs`."""

    async def agree_to_fund(
        self,
        *,
        issuer: str,
        campaign: str,
        share_basis_points: int,
        valid_until: datetime,
        act_id: str | None = None,
    ) -> Outcome:
        """Funds a share (1 to 9,999 of 10,000) of all points that the issuer issues for the campaign, until that time.

        It takes the place of what this partner agreed with the issuer on this campaign before.
        """
        request = AgreeToFundRequest(
            partner_id=issuer,
            campaign=campaign,
            share_basis_points=share_basis_points,
            valid_until=as_timestamp(valid_until),
        )
        return await self._act(request, act_id)

    async def end_funding(self, *, issuer: str, campaign: str, act_id: str | None = None) -> Outcome:
        """Funds no more of what the issuer issues for the campaign; what it has issued stays funded as it was."""
        return await self._act(EndFundingRequest(partner_id=issuer, campaign=campaign), act_id)
