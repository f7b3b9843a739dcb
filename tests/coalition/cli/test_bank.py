"""`coalition bank` as people use it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from coalition.cli.breaks import bucket
from settlement.clearing.calendar import business_days_since
from settlement.clock import now_us, to_us
from settlement.house.tariff import Tariff
from tests.settlement.banking.camt import Booking, camt
from tests.support.command import Ran, run
from tests.support.network import RunningServer

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (-1, "0-1"),
        (0, "0-1"),
        (1, "0-1"),
        (2, "2-5"),
        (5, "2-5"),
        (7, "2-5"),
        (8, "6-30"),
        (42, "6-30"),
        (43, "30+"),
    ],
)
def test_breaks_grow_old_on_business_days(days: int, age: str) -> None:
    midday_us = to_us(datetime.combine(MONDAY + timedelta(days), time(12), UTC))
    assert bucket(business_days_since(Tariff(10_000), MONDAY, midday_us)) == age


def test_a_bad_file_or_a_foreign_one_posts_nothing(network: RunningServer, tmp_path: Path) -> None:
    def bank(*words: object) -> Ran:
        return run("bank", *words, "--server", network.address, data=network.site.data)

    file = tmp_path / "statement.xml"
    file.write_bytes(camt([Booking("1.00", ref="A")], closing="2.00"))
    told = bank("import", file)
    assert (told.code, "BANK_FILE_INVALID" in told.err, "line 4, Bal" in told.err) == (1, True, True), (
        told.err
    )
    file.write_bytes(camt([Booking("1.00", ref="A")], closing="1.00"))
    told = bank("import", file)
    assert (told.code, "ACCOUNT_MISSING" in told.err) == (3, True), told.err
    assert bank("breaks", "--json").document == []


@pytest.fixture
def typed(network: RunningServer) -> Callable[..., Ran]:
    """Runs a command against the network."""

    def run_there(*words: object) -> Ran:
        return run(*words, "--server", network.address, data=network.site.data)

    return run_there


@pytest.fixture
def broken(typed: Callable[..., Ran], tmp_path: Path) -> dict[int, str]:
    """Two breaks, by their cents: the lines' hashes."""
    named = ("--iban", "DE97500105170000000001", "--legal-name", "Operator", "--as", "ann")
    assert typed("partner", "account", "propose", *named).code == 0
    assert typed("partner", "account", "approve", "operator", "--as", "bob", "--yes").code == 0
    file, bookings = tmp_path / "statement.xml", [Booking("7.00", ref="A"), Booking("1.50", ref="B")]
    file.write_bytes(camt(bookings, closing="8.50", statement=tmp_path.name[-35:]))
    told = typed("bank", "import", file)
    assert told.code == 0, told.err
    assert "lines: 2; 0 paid a leg, 2 are breaks, 0 known before" in told.out
    assert "lines: 2; 0 paid a leg, 0 are breaks, 2 known before" in typed("bank", "import", file).out
    found = [each for each in typed("bank", "breaks", "--json").document if each["proposed"] is None]
    assert {each["reason"] for each in found} == {"unknown"}
    return {each["amount_minor"]: each["line_sha256"] for each in found}


def test_somebody_looks_after_a_break(typed: Callable[..., Ran], broken: dict[int, str]) -> None:
    assign = ("bank", "assign", broken[700][:10])
    assert typed(*assign, "bob", "--as", "ann").code == 0
    refused = typed(*assign, "zoe", "--as", "ann")
    assert (refused.code, "PERSON_UNKNOWN" in refused.err) == (3, True), refused.err
    owned = [each for each in typed("bank", "breaks", "--json").document if each["owner"]]
    assert [(each["owner"], each["amount_minor"]) for each in owned] == [("bob", 700)]
    days = business_days_since(Tariff(1), date.fromisoformat(owned[0]["booked_on"]), now_us())
    assert (owned[0]["age_business_days"], owned[0]["age"]) == (days, bucket(days))
    assert "bank resolve" in typed("bank", "breaks").err


def test_how_a_break_ends_is_named_once_and_with_a_reason(
    typed: Callable[..., Ran], broken: dict[int, str]
) -> None:
    resolve, because = ("bank", "resolve", broken[700], "--as", "ann"), ("--because", "why")
    for wrong in (
        because,
        ("--write-off",),
        ("--write-off", "--offset", broken[150], *because),
        ("--match", "bakery", *because),
        ("--write-off", "--because", " "),
    ):
        assert typed(*resolve, *wrong).code == 2, wrong
    short = typed("bank", "resolve", broken[700][:7], "--write-off", *because, "--as", "ann")
    assert (short.code, "BREAK_NOT_FOUND" in short.err) == (1, True), short.err
    assert "FIGURES_DIFFER" in typed(*resolve, "--offset", broken[150], *because).err
    assert "LEG_UNKNOWN" in typed(*resolve, "--match", "9/bakery", *because).err


def test_a_break_is_ended_by_two_people(typed: Callable[..., Ran], broken: dict[int, str]) -> None:
    resolve = ("bank", "resolve", broken[700][:10], "--as", "ann", "--because", "paid twice")
    told = typed(*resolve, "--adjustment", "bakery")
    assert (told.code, "coalition bank approve" in told.err) == (0, True), told.err
    [shown] = [each for each in typed("bank", "breaks", "--json").document if each["proposed"]]
    proposed = shown["proposed"]
    assert (shown["line_sha256"], proposed["proposer"]) == (broken[700], "ann")
    assert proposed["resolution"] == "adjustment bakery"
    listed = typed("bank", "breaks")
    assert f"approve {proposed['proposal_sha256'][:16]}" in listed.out, listed.out
    approve = ("bank", "approve", proposed["proposal_sha256"][:9], "--yes", "--as")
    same = typed(*approve, "ann")
    assert (same.code, "SAME_PERSON" in same.err) == (3, True), same.err
    told = typed(*approve, "bob")
    assert (told.code, "paid twice" in told.out) == (0, True), told.err
    still_open = [each["line_sha256"] for each in typed("bank", "breaks", "--json").document]
    assert (broken[700] in still_open, broken[150] in still_open) == (False, True)
