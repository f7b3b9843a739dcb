"""A network's life in which most members do nothing but ordinary acts, and others act among them."""

from coalition.api.v1 import exchange_pb2
from tests.support.opening import approve, load, prepared, token_row
from tests.support.small_history import PARTNERS
from tests.support.small_network import SmallNetwork, just_now, points

LIVES = 6


async def quiet_life(network: SmallNetwork) -> int:
    """Returns how many lots were made by those of whom there are none but ordinary acts.

    Heads of the shards are stated between any two lives. A card is shown before anybody knows it: the other shard's acts before
    and after its member's enrolment are taken together all the same.
    """
    publisher = network.publisher()
    quiet: list[tuple[int, str]] = []
    bakery, _, cinema = PARTNERS
    for partner in PARTNERS:
        await network.take_in(partner)
    await _bring_along(network)
    lots = 0
    for life in range(LIVES):
        shard = 1 + life % 2
        for there, known in quiet:
            await network.ask(there, bakery, exchange_pb2.IssueRequest(**points(known, 1)))
        card = bytes([100 + life]) * 32
        await network.ask(3 - shard, cinema, _by_card(card))
        member = await network.enrol(bakery, shard, card)
        lots += len(quiet)
        issued = [
            await network.ask(shard, partner, exchange_pb2.IssueRequest(**points(member, amount)))
            for partner, amount in ((bakery, 30), (cinema, 40))
        ]
        await network.ask(shard, bakery, _by_card(card))
        await network.ask(shard, cinema, exchange_pb2.RedeemRequest(**points(member, 35)))
        await publisher.publish()
        if life % 3 == 1:
            reversing = exchange_pb2.ReverseRequest(original_act_id=issued[1].act_id, occurred_at=just_now())
            await network.ask(shard, cinema, reversing)
        elif life % 3 == 2:
            await network.ask(shard, cinema, exchange_pb2.RedeemRequest(**points(member, 900)))
        else:
            quiet.append((shard, member))
            lots += 3
    for shard, member in quiet:
        await network.ask(shard, bakery, exchange_pb2.RedeemRequest(**points(member, 9)))
    return lots


async def _bring_along(network: SmallNetwork) -> None:
    """Members of another programme, whose cards the journal does not name; then some of the cards are shown, twice."""
    cards = [b"n%031d" % at for at in range(4)]
    file = prepared(network.log / "opening", [token_row(card, 100) for card in cards], partner="grocer")
    await approve(network, file)
    await load(network, file)
    for card in (*cards[:2], *cards[:2]):
        for shard in (1, 2):
            await network.ask(shard, "bakery", _by_card(card))


def _by_card(card: bytes) -> exchange_pb2.IssueRequest:
    return exchange_pb2.IssueRequest(alias_token=card, amount=5, occurred_at=just_now())
