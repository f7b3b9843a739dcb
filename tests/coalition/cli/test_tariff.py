"""`coalition tariff` as two people use it."""

from pathlib import Path

import pytest

from tests.support.command import Ran, run
from tests.support.network import RunningServer

FAR_AHEAD = "2999-01-01T00:00:00Z"


def tariff(network: RunningServer, *words: object) -> Ran:
    return run("tariff", *words, "--server", network.address, data=network.site.data)


def test_two_people_change_a_tariff_and_a_dated_one_waits(network: RunningServer) -> None:
    before = tariff(network, "show", "--json").document
    assert (before["coming"], before["waiting"]) == (None, [])

    told = tariff(network, "propose", "--fee", "0.001", "--from", FAR_AHEAD, "--as", "ann")
    assert (told.code, "fee" in told.out, "0.001000" in told.out) == (0, True, True), told.err
    [waiting] = tariff(network, "show", "--json").document["waiting"]
    assert (waiting["proposer"], waiting["fee_micros"]) == ("ann", 1_000)
    assert waiting["rate_micros"] == before["in_force"]["rate_micros"], "what is not given stays as it is"

    assert "SAME_PERSON" in tariff(network, "approve", "--as", "ann", "--yes").err
    told = tariff(network, "approve", "--as", "bob", "--yes", "--proposal", waiting["proposal_sha256"][:8])
    assert (told.code, "in force from 2999-01-01" in told.out) == (0, True), told.err
    after = tariff(network, "show", "--json").document
    assert (after["in_force"], after["waiting"]) == (before["in_force"], [])
    assert (after["coming"]["fee_micros"], after["coming"]["effective_from"][:10]) == (1_000, "2999-01-01")

    assert tariff(network, "approve", "--as", "bob", "--yes").code == 1, "nothing waits any more"
    tariff(network, "propose", "--as", "bob")
    told = tariff(network, "approve", "--as", "ann", "--yes")
    assert (told.code, "in force once approved" in told.out) == (0, True), told.err
    last = tariff(network, "show", "--json").document
    assert last["in_force"]["entry_number"] > before["in_force"]["entry_number"]
    assert last["coming"] is None, "what is approved later takes the place of what was to come"
    shown = tariff(network, "show", "--as", "bob")
    assert f"in force since entry 0:{last['in_force']['entry_number']}" in shown.out


def test_a_partner_sees_the_tariff_and_cannot_change_it(network: RunningServer, tmp_path: Path) -> None:
    assert tariff(network, "show", "--as", "bakery").code == 0
    told = tariff(network, "propose", "--fee", "0.001", "--as", "bakery")
    assert (told.code, "ROLE_MISSING" in told.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "pool"), "has a price"),
        (("--model", "barter"), "bilateral or pool"),
        (("--price", "0.01"), "leave it 0"),
        (("--interchange", "0.02"), "is at most"),
    ],
)
def test_a_network_is_not_founded_on_terms_that_do_not_go_together(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    told = run("db", "init", "--name", "clearing.example/terms", *words, data=tmp_path)
    assert (told.code, said in " ".join(told.err.replace("│", " ").split())) == (2, True), told.err
    assert list(tmp_path.iterdir()) == []
