"""The async client: all acts and reads of one identity."""

from coalition.client.acts import OperatorActs, PartnerActs
from coalition.client.banking import Banking
from coalition.client.funding import FundingActs
from coalition.client.member_proofs import MemberProofActs
from coalition.client.points import PointsActs
from coalition.client.reads import Reads
from coalition.client.security import SecurityActs


class Client(
    PointsActs, PartnerActs, FundingActs, MemberProofActs, OperatorActs, SecurityActs, Banking, Reads
):
    """One identity's voice in the network, for asyncio.

    Used as `async with Client(identity, outbox=Outbox(path)) as client:`. Methods may be called any number of times at
    once; what a key may do is for the network to say (RequestRejectedError ROLE_MISSING).
    """
