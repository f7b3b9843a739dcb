"""Reads of what partners owe each other: as it stands, and as it grows."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from coalition.api.v1 import settlement_pb2
from coalition.client.calling import Caller
from coalition.client.errors import answer_malformed
from coalition.client.settlement_answers import FollowedObligations, Obligation

_INTEGER = re.compile(r"-?[0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Posting:
    """What one posting of an entry makes one partner owe another, in millionths of the currency's unit.

    `kind`: of the entry; `purpose`: as statements name it.
    """

    shard: int
    entry_number: int
    kind: str
    purpose: str
    debtor: str
    creditor: str
    amount_micros: int


class DebtReads(Caller):
    """Questions about obligations. Errors as for `Reads`."""

    async def obligations(self, *, cycle: int) -> list[Obligation]:
        """Who owes whom in a cycle, as far as the caller may see. Rejected with CYCLE_NOT_FOUND."""
        request = settlement_pb2.ListObligationsRequest(cycle=cycle)
        reply = await self._read(request, settlement_pb2.ListObligationsResponse)
        return [_obligation(one, reply.currency) for one in reply.obligations]

    async def follow_obligations(
        self, *, partner_id: str | None = None
    ) -> AsyncGenerator[FollowedObligations]:
        """What a partner, by default the caller, owes and is owed in the open cycle: at once, when it changes, and at its close.

        After a close the next cycle's comes, for ever. A lost connection is made again, and begins with the whole state of the
        cycle that is open then; NoAnswerError when nothing answers inside the client's deadline. Rejected with PARTNER_NOT_FOUND.
        """
        owner = partner_id or self.identity.partner_id
        while True:
            known: dict[tuple[str, str], Obligation] = {}
            request = settlement_pb2.FollowObligationsRequest(partner_id=owner)
            messages = self._stream(request, settlement_pb2.FollowObligationsResponse)
            async with aclosing(messages):
                async for message in messages:
                    told = tuple([_obligation(one, message.currency) for one in message.obligations])
                    known = {} if message.whole else known
                    known |= {(one.debtor, one.creditor): one for one in told}
                    if told or message.whole or message.closed:
                        every = tuple([known[pair] for pair in sorted(known)])
                        net_micros = read_sum(message.net_micros)
                        facts = (message.cycle, message.currency, net_micros, every, told, message.closed)
                        yield FollowedObligations(*facts)

    async def postings(
        self, *, cycle: int, counterparty: str, partner_id: str | None = None
    ) -> AsyncIterator[Posting]:
        """What made a partner, by default the caller, and another owe each other in a closed cycle, in the order of the journal.

        Rejected with CYCLE_NOT_FOUND, CYCLE_NOT_CLOSED, PARTNER_NOT_FOUND.
        """
        request = settlement_pb2.ListPostingsRequest(cycle=cycle, counterparty=counterparty)
        request.partner_id = partner_id or self.identity.partner_id
        while True:
            page = await self._read(request, settlement_pb2.ListPostingsResponse)
            for each in page.postings:
                names = (each.kind, each.purpose, each.debtor, each.creditor)
                yield Posting(each.shard, each.entry_number, *names, each.amount_micros)
            request.page_token = page.next_page_token
            if not request.page_token:
                return


def read_sum(text: str) -> int:
    """A sum, which may pass 64 bits and so comes as text. NoAnswerError ANSWER_MALFORMED."""
    if _INTEGER.fullmatch(text) is None:
        raise answer_malformed(f"{text[:40]!r} is no sum")
    return int(text)


def _obligation(told: settlement_pb2.Obligation, currency: str) -> Obligation:
    return Obligation(told.debtor, told.creditor, currency, read_sum(told.amount_micros), told.count)
