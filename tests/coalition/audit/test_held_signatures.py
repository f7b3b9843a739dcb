"""Signatures that are verified while nothing else is to do: a bad one among them is not forgotten."""

from collections.abc import Iterator

import pytest

from coalition.audit.checks import Check
from coalition.audit.crew import Crew, Here
from coalition.audit.examiner import Order
from coalition.audit.fsck import fsck
from coalition.audit.quiet_lots import InDoubtError
from coalition.audit.stored import Range, ranges_of, share, snapshot
from tests.coalition.audit.conftest import Evidence
from tests.support.postgres import copy_books, drop_database
from tests.support.small_network import spoil

ORDINARY = "shard = 1 AND kind = 'issue' AND refusal IS NULL AND leaf !~ '(pending|campaign|EUR)'"
HASH = "sha256('\\x00'::bytea || leaf::bytea)"
WIDTH = 16


@pytest.fixture(params=["min", "max"])
def forged(evidence: Evidence, request: pytest.FixtureRequest) -> Iterator[str]:
    """Books in which the signature of the first or the last plain issue is bad, and nothing else of its entry."""
    dsn = copy_books(evidence.dsn)
    place = f"(SELECT shard, {request.param}(index) FROM entries WHERE {ORDINARY} GROUP BY shard)"
    leaf = "regexp_replace(leaf, '(sig [0-9a-f]{64} )....', '\\1AAAA')"
    spoil(dsn, f"UPDATE entries SET leaf = {leaf} WHERE (shard, index) = {place}")
    spoil(dsn, f"UPDATE entries SET leaf_hash = {HASH} WHERE leaf_hash <> {HASH}")
    yield dsn
    drop_database(dsn)


def _take_all(dsn: str, hands_of: type[Crew] | type[Here]) -> int:
    """How many ordinary entries there are. Raises what is raised to who takes every range of a shard, and finishes."""
    with snapshot(dsn) as connection:
        order = Order(dsn, share(connection), signatures=True, later=True)
        ranges = ranges_of(connection, 1, width=WIDTH)
        with Crew(order, 2) if hands_of is Crew else Here(order) as hands:
            found = _ordinary(hands, ranges)
            hands.finish()
            return found


def _ordinary(hands: Crew | Here, ranges: list[Range]) -> int:
    for span in ranges:
        hands.ask(span)
    return sum([len(hands.take(span, lambda: False).ordinary) for span in ranges])


@pytest.mark.parametrize("hands_of", [Crew, Here])
def test_genuine_ones_raise_nothing(evidence: Evidence, hands_of: type[Crew] | type[Here]) -> None:
    assert _take_all(evidence.dsn, hands_of) > 100


@pytest.mark.parametrize("hands_of", [Crew, Here])
def test_a_bad_one_is_told_by_whoever_verifies_it(forged: str, hands_of: type[Crew] | type[Here]) -> None:
    with pytest.raises(InDoubtError):
        _take_all(forged, hands_of)


@pytest.mark.parametrize("processes", [0, 2])
def test_its_entry_is_named_in_the_end(forged: str, processes: int) -> None:
    assert Check.SIGNATURES in {finding.check for finding in fsck(forged, processes=processes)}
