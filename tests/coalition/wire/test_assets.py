"""An asset is points or value, on both sides of the wire; nothing else passes for either."""

import pytest

from coalition.wire.strict import read_asset, write_asset
from settlement.errors import CoalitionError
from settlement.money import ASSETS


@pytest.mark.parametrize("asset", ASSETS)
def test_what_is_written_is_read(asset: str) -> None:
    assert read_asset(write_asset(asset)) == asset


@pytest.mark.parametrize("asset", ["", "EUR", "VALUE", "val", "POINTS"])
def test_what_is_no_asset_is_not_sent_as_points(asset: str) -> None:
    with pytest.raises(ValueError, match="asset must be one of PTS, VAL"):
        write_asset(asset)


def test_what_a_later_version_may_know_is_named() -> None:
    with pytest.raises(CoalitionError) as failure:
        read_asset(7)
    assert (failure.value.reason, failure.value.field) == ("FIELD_INVALID", "asset")
