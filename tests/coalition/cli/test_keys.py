"""Keys change hands without the private part ever travelling."""

import json
from pathlib import Path

from coalition.client import load_identity
from tests.support.command import Ran, run
from tests.support.network import ORIGIN, RunningServer


def ask(network: RunningServer, *words: object) -> Ran:
    return run(*words, "--server", network.address, data=network.site.data)


def test_a_partner_rotates_its_key_without_a_pause(network: RunningServer, tmp_path: Path) -> None:
    second, identity = tmp_path / "second.pem", tmp_path / "second.json"
    assert run("key", "generate", second, "--algorithm", "p256").code == 0
    assert second.stat().st_mode & 0o777 == 0o600
    added = ask(network, "key", "add", "--as", "bakery", "--key", second, "--out", identity)
    assert added.code == 0, added.err
    assert ask(network, "member", "enrol", "--identity", identity).code == 0
    third = ask(network, "key", "add", "--as", "bakery", "--key", tmp_path / "second.pem")
    assert (third.code, "refused KEY_EXISTS" in third.err) == (3, True)
    keyid = load_identity(identity).signer.keyid
    assert ask(network, "key", "revoke", keyid[:12], "--as", "bakery", "--reason", "superseded").code == 0
    revoked = ask(network, "member", "enrol", "--identity", identity)
    assert (revoked.code, "error KEY_REVOKED" in revoked.err) == (1, True)
    listed = ask(network, "key", "list", "--partner", "bakery", "--live", "--json").document
    assert [key["keyid"] for key in listed] == [network.identity("bakery").signer.keyid]


def test_an_approver_key_is_live_once_two_have_named_it(network: RunningServer, tmp_path: Path) -> None:
    key = tmp_path / "carol.pem"
    run("key", "generate", key)
    words = ("key", "add", "--key", key, "--purpose", "approver", "--person", "carol")
    first = ask(network, *words, "--as", "ann")
    assert (first.code, "named by one of two" in first.out) == (0, True), first.err
    assert "the operator adds it too" in first.err
    second = ask(network, *words)
    assert (second.code, "carol may approve now" in second.out) == (0, True), second.err


def test_a_partner_that_is_there_already_is_told_so(network: RunningServer) -> None:
    words = ("partner", "onboard", "twice", "--name", "Twice")
    assert ask(network, *words).out.startswith("twice is active; its key is ")
    again = ask(network, *words)
    assert (again.code, again.out.startswith("twice is active already; its key is ")) == (0, True), again.err


def test_a_revoked_partner_is_not_called_active(network: RunningServer) -> None:
    words = ("partner", "onboard", "kiosk-2", "--name", "Kiosk")
    keyid = ask(network, *words, "--json").document["keyid"]
    assert ask(network, "key", "revoke", keyid).code == 0
    again = ask(network, *words)
    assert (again.code, "error IDENTITY_REVOKED" in again.err) == (1, True)


def test_a_proof_made_elsewhere_adds_a_key(network: RunningServer, tmp_path: Path) -> None:
    key, proof = tmp_path / "kiosk.pem", tmp_path / "proof.json"
    assert ask(network, "partner", "register", "kiosk", "--name", "Kiosk").code == 0
    assert run("key", "generate", key).code == 0
    words = ("key", "proof", key, "--network", ORIGIN, "--partner", "kiosk", "--out", proof)
    assert run(*words).code == 0
    assert "PRIVATE" not in proof.read_text()
    assert ask(network, "key", "add", "--proof", proof).code == 0
    shown = ask(network, "partner", "show", "kiosk", "--json").document
    assert shown["state"] == "registered"
    assert [held["keyid"] for held in shown["keys"]] == [json.loads(proof.read_text())["keyid"]]


def test_a_proof_for_another_network_is_refused_here(network: RunningServer, tmp_path: Path) -> None:
    key, proof = tmp_path / "k.pem", tmp_path / "p.json"
    run("key", "generate", key)
    run("key", "proof", key, "--network", "other.example/1", "--partner", "bakery", "--out", proof)
    told = ask(network, "key", "add", "--proof", proof)
    assert (told.code, "error AUDIENCE_MISMATCH" in told.err) == (1, True)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key = tmp_path / "k.pem"
    assert run("key", "generate", key).code == 0
    before = key.read_bytes()
    told = run("key", "generate", key)
    assert (told.code, "error FILE_EXISTS" in told.err) == (1, True)
    assert key.read_bytes() == before


def test_what_is_no_key_or_proof_is_told(network: RunningServer, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    for content in (b"", b"{}", b"\xff\xfe", b"[1]", b'{"public_key": 5}', b"[" * 100_000):
        wrong.write_bytes(content)
        wrong.chmod(0o600)
        key = ask(network, "key", "add", "--key", wrong)
        assert (key.code, "error KEY_UNREADABLE" in key.err) == (1, True), key.err
        proof = ask(network, "key", "add", "--proof", wrong)
        assert (proof.code, "error PROOF_UNREADABLE" in proof.err) == (1, True), proof.err


def test_a_suspended_partner_is_refused_until_it_is_activated(network: RunningServer) -> None:
    assert ask(network, "partner", "suspend", "bakery").code == 0
    refused = ask(network, "member", "enrol", "--as", "bakery", "--json")
    assert (refused.code, refused.document["refusal"]) == (3, "PARTNER_SUSPENDED")
    assert ask(network, "partner", "activate", "bakery").code == 0
    assert ask(network, "member", "enrol", "--as", "bakery").code == 0


def test_only_the_operator_registers(network: RunningServer) -> None:
    told = ask(network, "partner", "register", "rogue", "--name", "Rogue", "--as", "bakery")
    assert (told.code, "error ROLE_MISSING" in told.err) == (1, True)
