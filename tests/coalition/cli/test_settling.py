"""What a settlement's people are told at the command line: how long there is time, and what counts already."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.command import Ran, run
from tests.support.network import RunningServer

Typed = Callable[..., Ran]


@pytest.fixture
def typed(network: RunningServer) -> Iterator[Typed]:
    """Types a command, which must do what it is asked; the tariff is afterwards what it was."""

    def command(*words: object) -> Ran:
        told = run(*words, "--server", network.address, data=network.site.data)
        assert told.code == 0, told.err
        return told

    yield command
    set_tariff(command, payment_days=0, objection_hours=0)


def set_tariff(typed: Typed, *, payment_days: int, objection_hours: int) -> None:
    terms = ("--payment-days", payment_days, "--objection-hours", objection_hours)
    typed("tariff", "propose", *terms, "--as", "ann")
    typed("tariff", "approve", "--yes", "--as", "bob")


def close_a_cycle_of_five(typed: Typed) -> int:
    """The bakery owes the tavern 5.00."""
    if "tavern" not in typed("partner", "list").out:
        typed("partner", "onboard", "tavern", "--name", "Tavern")
    member = typed("member", "enrol", "--as", "bakery", "--json").document["member_id"]
    typed("issue", member, 500, "--as", "bakery")
    typed("redeem", member, 500, "--as", "tavern")
    cycle: int = typed("cycle", "list", "--json").document[-1]["cycle"]
    typed("cycle", "close", cycle)
    return cycle


def test_who_has_to_pay_is_told_until_when(typed: Typed) -> None:
    set_tariff(typed, payment_days=3, objection_hours=0)
    show = ("settlement", "show", "--cycle", close_a_cycle_of_five(typed))
    typed("settlement", "propose", show[-1], "--as", "ann")
    assert typed(*show, "--json").document["payment_due"] is None
    assert "to be paid" not in typed(*show).out.partition("cycle")[0]
    approved = typed("settlement", "approve", "--cycle", show[-1], "--as", "bob", "--yes").err
    shown = typed(*show, "--json").document
    assert f"coalition instruction write {shown['settlement']} --out" in approved
    day, _, moment = shown["payment_due"].partition("T")
    assert (moment, day > shown["proposed_at"][:10]) == ("00:00:00.000000Z", True)
    assert f"  to be paid before {day} 00:00:00 UTC" in typed(*show).out
    typed("settlement", "confirm", shown["settlement"], "--all-legs")
    assert "to be paid before" not in typed(*show).out


def test_who_may_object_is_told_until_when(typed: Typed) -> None:
    set_tariff(typed, payment_days=0, objection_hours=1)
    cycle = close_a_cycle_of_five(typed)
    typed("settlement", "propose", cycle, "--as", "ann")
    shown = typed("settlement", "show", "--cycle", cycle, "--json").document
    moment = shown["objections_end"][:19].replace("T", " ")
    told = typed("settlement", "show", "--cycle", cycle).out
    assert f"  participants may object until {moment} UTC" in told
    typed("settlement", "cancel", shown["settlement"], "--as", "ann")
    assert "may object" not in typed("settlement", "show", shown["settlement"]).out


def test_a_cap_says_whether_it_counts(typed: Typed) -> None:
    cap = ("security", "cap", "bakery")
    for amount, words in (("20", "a cap of 20.00 EUR"), ("none", "no cap")):
        first = typed(*cap, amount, "--as", "operator")
        assert f"named {words} for bakery; it counts once" in first.out
        assert f"coalition security cap bakery {amount} --as NAME" in first.err
        second = typed(*cap, amount, "--as", "ann").out
        assert f"named {words} for bakery; it counts from now on" in second


def test_money_that_came_in_is_told_with_its_currency(typed: Typed) -> None:
    told = typed("security", "deposit", "bakery", "prefund", "7", "--as", "operator").out
    assert "deposited 7.00 EUR as prefund of bakery" in told
