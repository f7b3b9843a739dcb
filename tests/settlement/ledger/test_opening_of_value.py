"""Value that an opening brought along is what value is: at its face, in either model, until its date."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from coalition.api.v1.envelope_pb2 import ASSET_VALUE
from coalition.api.v1.exchange_pb2 import RedeemRequest
from coalition.audit.fsck import fsck
from settlement.clock import SECOND_US, now_us
from settlement.house.records import BILATERAL, POOL
from settlement.ledger.sweeping import sweep
from settlement.money import VALUE
from tests.support.opening import approve, books, brought, load, prepared, token_row, value_row
from tests.support.postgres import drop_database, new_books
from tests.support.small_network import SmallNetwork, just_now


@pytest.mark.parametrize("model", [BILATERAL, POOL])
async def test_value_is_spent_at_its_face_beside_the_points_and_expires_by_its_date(
    tmp_path: Path, model: str
) -> None:
    dsn = new_books()
    async with SmallNetwork.found(dsn, tmp_path / "log", model=model) as network:
        for partner in ("bakery", "grocer"):
            await network.take_in(partner)
        ends_us = now_us() + 3 * SECOND_US
        card, other = b"v" * 32, b"w" * 32
        rows = [value_row(card, 2_500), token_row(card, 60), value_row(other, 700, ends_us)]
        file = prepared(tmp_path / "opening", rows)
        await approve(network, file)
        await load(network, file)
        assert books(network) == brought(file) == (3, 60, 3_200, 2)
        asked = RedeemRequest(alias_token=card, amount=2_000, asset=ASSET_VALUE, occurred_at=just_now())
        outcome = await network.ask(1, "grocer", asked)
        assert (outcome.refusal, outcome.balance_after) == (None, 500)
        more = RedeemRequest(alias_token=card, amount=501, asset=ASSET_VALUE, occurred_at=just_now())
        assert (await network.ask(1, "grocer", more)).refusal == "INSUFFICIENT_POINTS"
        await asyncio.sleep((ends_us - now_us()) / SECOND_US + 0.05)
        await sweep(network.worker, network.memory)
        assert list(fsck(network.dsn)) == []
        with psycopg.connect(network.dsn) as connection:
            found = connection.execute(
                "SELECT account, asset, sum(credits - debits)::bigint FROM balances GROUP BY 1, 2"
            ).fetchall()
    drop_database(dsn)
    stands = {(account, asset): credit for account, asset, credit in found}
    assert (stands["issued:bakery", VALUE], stands["expired:bakery", VALUE]) == (-3_200, 700)
    assert (stands["redeemed:grocer", VALUE], stands["position:grocer", "EUR"]) == (2_000, 20_000_000)
    if model == POOL:  # what came is 32.00 of value and 60 points at 0.01
        assert stands["position:bakery", "EUR"] == -(32_000_000 + 60 * 10_000)
        assert stands["fund", "EUR"] == 5_000_000 + 60 * 10_000
        assert stands["breakage", "EUR"] == 7_000_000
    else:
        assert stands["position:bakery", "EUR"] == -20_000_000
