"""What only asks. Nothing is kept, and a failed read may simply be repeated.

Answers come over the channel unsigned, except receipts; what must be proven is proven by receipts, statements and the journal.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from coalition.api.v1 import exchange_pb2, members_pb2, partners_pb2, settlement_pb2, transparency_pb2
from coalition.client.aliases import Alias
from coalition.client.answers import (
    Balance,
    ConsistencyProof,
    Entry,
    FollowedEntry,
    Funding,
    InclusionProof,
    Key,
    Member,
    Partner,
    Position,
    ProposedTariff,
    Tariffs,
    WaitingTariff,
)
from coalition.client.debts import DebtReads, read_sum
from coalition.client.errors import answer_malformed
from coalition.client.settlement_answers import Cycle, Settlement, Statement
from coalition.client.settlements import settlement_told
from coalition.wire.strict import parse_payload, read_time
from coalition.wire.tariffs import read_tariff, read_tariff_proposal
from settlement.clock import from_us
from settlement.errors import CoalitionError
from settlement.journal.acts import Outcome


class Reads(DebtReads):
    """Questions. Errors of every method: RequestRejectedError, NoAnswerError."""

    async def balance(self, *, member: str | Alias) -> Balance:
        """A member's points and value, by member id or alias. Rejected with MEMBER_NOT_FOUND."""
        request = exchange_pb2.GetBalanceRequest()
        self._writer.name_member(request, member)
        reply = await self._read(request, exchange_pb2.GetBalanceResponse)
        points = (reply.balance, reply.held, reply.pending, reply.arrears)
        value = (reply.value, reply.value_held, reply.value_pending, reply.value_arrears)
        return Balance(reply.member_id, *points, *value)

    async def receipt(self, *, act_id: str) -> Outcome:
        """The outcome of an earlier act of this partner, from a receipt signed anew. Rejected with ACT_UNKNOWN.

        Verified like every receipt (ReceiptInvalidError); `outcome.payload_sha256` says for which bytes.
        """
        return self._verified(
            await self._read_bytes(exchange_pb2.GetReceiptRequest(act_id=act_id)), act_id, None
        )

    async def entries(self, *, page_size: int = 100) -> AsyncIterator[Entry]:
        """Journal entries that concern the caller, as the journal stands now; `page_size` (up to 1,000) per request."""
        token = ""
        while True:
            request = exchange_pb2.ListEntriesRequest(page_size=page_size, page_token=token)
            page = await self._read(request, exchange_pb2.ListEntriesResponse)
            for entry in page.entries:
                yield Entry(entry.shard, entry.entry_number, entry.leaf, entry.late)
            token = page.next_page_token
            if not token:
                return

    async def entry(self, *, shard: int, entry_number: int) -> tuple[Entry, bytes | None]:
        """One entry that concerns the caller or by which it is owed, and what was signed for it, if the caller signed it.

        Rejected with ENTRY_NOT_FOUND.
        """
        request = exchange_pb2.GetEntryRequest(shard=shard, entry_number=entry_number)
        reply = await self._read(request, exchange_pb2.GetEntryResponse)
        told = reply.entry
        return Entry(told.shard, told.entry_number, told.leaf, told.late), reply.payload or None

    async def follow(
        self, *, resume_token: str = "", only_new: bool = False
    ) -> AsyncGenerator[FollowedEntry]:
        """Journal entries that concern the caller: those after the token or, without one, all; then each as it comes, for ever.

        `only_new`: without a token, from now on. A lost connection is made again where it was lost, none left out and none twice;
        NoAnswerError when nothing answers inside the client's deadline.
        """
        while True:
            request = exchange_pb2.FollowEntriesRequest(resume_token=resume_token, only_new=only_new)
            async with aclosing(self._stream(request, exchange_pb2.FollowEntriesResponse)) as messages:
                async for message in messages:
                    resume_token, only_new = message.resume_token, False
                    if message.HasField("entry"):
                        entry = message.entry
                        facts = (entry.shard, entry.entry_number, entry.leaf, entry.late)
                        yield FollowedEntry(*facts, resume_token)

    async def member(self, *, member: str | Alias) -> Member:
        """Finds a member by id or alias. Rejected with MEMBER_NOT_FOUND."""
        request = members_pb2.GetMemberRequest()
        self._writer.name_member(request, member)
        reply = await self._read(request, members_pb2.GetMemberResponse)
        return Member(reply.member_id, reply.shard)

    async def partners(self) -> list[Partner]:
        """All companies of the network with their keys."""
        reply = await self._read(partners_pb2.ListPartnersRequest(), partners_pb2.ListPartnersResponse)
        return [_partner(partner) for partner in reply.partners]

    async def tariffs(self) -> Tariffs:
        """The tariff in force, and what is to become of it."""
        reply = await self._read(partners_pb2.GetTariffRequest(), partners_pb2.GetTariffResponse)
        return Tariffs(
            read_tariff(reply.in_force),
            reply.in_force_entry,
            _proposed(reply.coming) if reply.HasField("coming") else None,
            tuple(map(_waiting, reply.waiting)),
            from_us(read_time(reply.now, "now")),
        )

    async def fundings(self) -> list[Funding]:
        """Agreements to fund campaigns that live and that the caller is a party of; the operator sees all."""
        reply = await self._read(partners_pb2.ListFundingsRequest(), partners_pb2.ListFundingsResponse)
        return [_funding(funding) for funding in reply.fundings]

    async def position(self) -> Position:
        """What the caller owes at this moment."""
        reply = await self._read(settlement_pb2.GetPositionRequest(), settlement_pb2.GetPositionResponse)
        return Position(reply.currency, read_sum(reply.position_micros))

    async def cycles(self) -> list[Cycle]:
        """All cycles, the open one last."""
        reply = await self._read(settlement_pb2.ListCyclesRequest(), settlement_pb2.ListCyclesResponse)
        return [_cycle(cycle) for cycle in reply.cycles]

    async def settlements(self, *, settlement: int = 0) -> list[Settlement]:
        """Settlements that the caller may see; with a number only that one, with its legs and objections."""
        request = settlement_pb2.ListSettlementsRequest(settlement=settlement)
        reply = await self._read(request, settlement_pb2.ListSettlementsResponse)
        try:
            return [settlement_told(one) for one in reply.settlements]
        except CoalitionError as error:
            raise answer_malformed(error.message) from None

    async def statement(self, *, cycle: int, partner_id: str | None = None) -> Statement:
        """A partner's statement of a closed cycle; default: one's own."""
        owner = partner_id or self.identity.partner_id
        request = settlement_pb2.GetStatementRequest(cycle=cycle, partner_id=owner)
        reply = await self._read(request, settlement_pb2.GetStatementResponse)
        return Statement(reply.json, reply.csv)

    async def preview(self, *, cycle: int) -> bytes:
        """The exact bytes to `propose` for a closed cycle, read by `coalition.wire.settlements.parse_proposal`. Posts nothing."""
        reply = await self._read(settlement_pb2.PreviewRequest(cycle=cycle), settlement_pb2.PreviewResponse)
        return reply.proposal

    async def checkpoint(self) -> str:
        """The newest checkpoint, a C2SP signed note; read and verified by `settlement.transparency.checkpoint`."""
        request = transparency_pb2.GetCheckpointRequest()
        return (await self._read(request, transparency_pb2.GetCheckpointResponse)).checkpoint

    async def inclusion_proof(self, *, shard: int, entry_number: int) -> InclusionProof:
        """That an entry is under the newest checkpoint. Rejected with ENTRY_NOT_PUBLISHED: ask again in seconds."""
        request = transparency_pb2.GetInclusionProofRequest(shard=shard, entry_number=entry_number)
        reply = await self._read(request, transparency_pb2.GetInclusionProofResponse)
        return InclusionProof(
            reply.checkpoint,
            tuple(reply.shard_proof),
            reply.shard_size,
            reply.heads_leaf,
            reply.house_entry_number,
            tuple(reply.house_proof),
        )

    async def consistency_proof(self, *, old_size: int) -> ConsistencyProof:
        """That the newest checkpoint continues the one of `old_size` leaves."""
        request = transparency_pb2.GetConsistencyProofRequest(old_size=old_size)
        reply = await self._read(request, transparency_pb2.GetConsistencyProofResponse)
        return ConsistencyProof(reply.checkpoint, tuple(reply.proof))


_STATES = {
    partners_pb2.PARTNER_STATE_REGISTERED: "registered",
    partners_pb2.PARTNER_STATE_ACTIVE: "active",
    partners_pb2.PARTNER_STATE_SUSPENDED: "suspended",
}
_CYCLE_STATES = {
    settlement_pb2.CYCLE_STATE_OPEN: "open",
    settlement_pb2.CYCLE_STATE_CUTTING: "cutting",
    settlement_pb2.CYCLE_STATE_CLOSED: "closed",
    settlement_pb2.CYCLE_STATE_IN_SETTLEMENT: "in-settlement",
    settlement_pb2.CYCLE_STATE_SETTLED: "settled",
}
_ALGORITHMS = {
    partners_pb2.KEY_ALGORITHM_ED25519: "ed25519",
    partners_pb2.KEY_ALGORITHM_ECDSA_P256_SHA256: "ecdsa-p256-sha256",
}
_PURPOSES = {
    partners_pb2.KEY_PURPOSE_REQUEST: "request",
    partners_pb2.KEY_PURPOSE_APPROVER: "approver",
    partners_pb2.KEY_PURPOSE_RECEIPT: "receipt",
    partners_pb2.KEY_PURPOSE_LOG: "log",
}
_NEWER = "unknown"
"""For a value that a newer server has and this client does not know."""


def _partner(partner: partners_pb2.Partner) -> Partner:
    keys = tuple(_key(key) for key in partner.keys)
    return Partner(partner.partner_id, partner.display_name, _STATES.get(partner.state, _NEWER), keys)


def _key(key: partners_pb2.Key) -> Key:
    return Key(
        key.keyid,
        _ALGORITHMS.get(key.algorithm, _NEWER),
        _PURPOSES.get(key.purpose, _NEWER),
        key.person or None,
        key.added_at_entry,
        key.revoked_at_entry if key.HasField("revoked_at_entry") else None,
    )


def _proposed(message: partners_pb2.TariffProposal) -> ProposedTariff:
    _, tariff, starts_us = read_tariff_proposal(message)
    return ProposedTariff(tariff, None if starts_us is None else from_us(starts_us))


def _waiting(waiting: partners_pb2.WaitingTariff) -> WaitingTariff:
    proposed = _proposed(parse_payload(waiting.proposal, partners_pb2.TariffProposal))
    proposed_at = from_us(read_time(waiting.proposed_at, "proposed_at"))
    return WaitingTariff(waiting.proposal, proposed, waiting.proposer, proposed_at)


def _funding(funding: partners_pb2.Funding) -> Funding:
    until = from_us(read_time(funding.valid_until, "valid_until"))
    facts = (funding.share_basis_points, until, funding.agreed_at_entry)
    return Funding(funding.issuer, funding.campaign, funding.funder, *facts)


def _cycle(cycle: settlement_pb2.Cycle) -> Cycle:
    return Cycle(
        cycle.cycle,
        _CYCLE_STATES.get(cycle.state, _NEWER),
        cycle.label,
        cycle.closed_at_entry if cycle.HasField("closed_at_entry") else None,
        cycle.settlement if cycle.HasField("settlement") else None,
    )
