"""`coalition partner account` and `coalition instruction` as people use them."""

from pathlib import Path

from settlement.banking.pain001 import read_pain001
from tests.support.command import Ran, run
from tests.support.network import RunningServer

IBAN, OTHER = "DE89 3704 0044 0532 0130 00", "NO93 8601 1117 947"


def test_an_account_is_named_shown_and_approved_by_a_person(network: RunningServer) -> None:
    def account(*words: object) -> Ran:
        return run("partner", "account", *words, "--server", network.address, data=network.site.data)

    wrong = account("propose", "--iban", IBAN[:-1] + "1", "--legal-name", "Bakery", "--as", "bakery")
    assert (wrong.code, "checksum" in wrong.err) == (1, True), wrong.err
    assert account("show", "bakery").code == 1
    told = account("propose", "--iban", IBAN, "--legal-name", "Bakery GmbH", "--as", "bakery")
    assert (told.code, "approve bakery --as NAME" in told.err) == (0, True), told.err
    [shown] = account("show", "bakery", "--json").document
    assert (shown["in_force"], shown["proposed"]["iban"]) == (None, IBAN.replace(" ", ""))
    assert shown["proposed"]["country"] == "DE"
    told = account("approve", "bakery", "--as", "bob", "--yes")
    assert (told.code, IBAN in told.out) == (0, True), told.err
    assert account("approve", "bakery", "--as", "bob", "--yes").code == 1, "nothing waits any more"
    [shown] = account("show", "--as", "bakery", "--json").document
    assert (shown["in_force"]["legal_name"], shown["proposed"]) == ("Bakery GmbH", None)


def test_the_operators_own_account_takes_two_people(network: RunningServer) -> None:
    def account(*words: object) -> Ran:
        return run("partner", "account", *words, "--server", network.address, data=network.site.data)

    named = ("propose", "--iban", IBAN, "--legal-name", "Operator", "--as")
    desk = account(*named, "operator")
    assert (desk.code, "ROLE_MISSING" in desk.err) == (1, True), desk.err
    told = account(*named, "ann")
    assert (told.code, "approve operator --as NAME" in told.err) == (0, True), told.err
    [shown] = account("show", "operator", "--json").document
    assert (shown["in_force"], shown["proposer"]) == (None, "ann")
    same = account("approve", "operator", "--as", "ann", "--yes")
    assert (same.code, "SAME_PERSON" in same.err) == (3, True), same.err
    assert account("approve", "operator", "--as", "bob", "--yes").code == 0
    [shown] = account("show", "operator", "--json").document
    assert (shown["in_force"]["legal_name"], shown["proposer"]) == ("Operator", None)


def test_files_are_written_once_made_and_again_the_same(network: RunningServer, tmp_path: Path) -> None:
    def typed(*words: object) -> Ran:
        return run(*words, "--server", network.address, data=network.site.data)

    refused = typed("instruction", "write", 1_000, "--out", tmp_path)
    assert (refused.code, "SETTLEMENT_UNKNOWN" in refused.err) == (3, True), refused.err
    missing = typed("instruction", "show", 1_000)
    assert (missing.code, "INSTRUCTION_NOT_FOUND" in missing.err) == (1, True), missing.err
    assert list(tmp_path.iterdir()) == []
    assert typed("partner", "onboard", "cinema", "--name", "Cinema").code == 0
    member = typed("member", "enrol", "--as", "bakery", "--json").document["member_id"]
    assert typed("issue", member, 500, "--as", "bakery").code == 0
    assert typed("redeem", member, 500, "--as", "cinema").code == 0
    cycle = typed("cycle", "list", "--json").document[-1]["cycle"]
    assert typed("cycle", "close", cycle).code == 0
    assert typed("settlement", "propose", cycle, "--as", "ann").code == 0
    assert typed("settlement", "approve", "--cycle", cycle, "--as", "bob", "--yes").code == 0
    number = typed("settlement", "show", "--cycle", cycle, "--json").document["settlement"]
    write = ("instruction", "write", number, "--out", tmp_path)
    refused = typed(*write)
    assert (refused.code, "ACCOUNT_MISSING" in refused.err) == (3, True), refused.err
    for who, proposer, iban in (("operator", "bob", IBAN), ("cinema", "cinema", OTHER)):
        named = ("partner", "account", "propose", "--iban", iban, "--legal-name", who, "--as", proposer)
        assert typed(*named).code == 0
        assert typed("partner", "account", "approve", who, "--as", "ann", "--yes").code == 0
    told = typed(*write)
    assert (told.code, "settlement-" in told.out) == (0, True), told.err
    order, table = tmp_path / f"settlement-{number}.xml", tmp_path / f"settlement-{number}.csv"
    [paid] = read_pain001(order.read_bytes()).transfers
    assert (paid.amount_minor, paid.to.iban) == (500, OTHER.replace(" ", ""))
    before = (order.read_bytes(), table.read_bytes())
    order.unlink()
    again = typed(*write, "--json").document
    assert (order.read_bytes(), table.read_bytes()) == before
    shown = typed("instruction", "show", number, "--json").document
    assert [file["sha256"] for file in shown["files"]] == [file["sha256"] for file in again["files"]]
