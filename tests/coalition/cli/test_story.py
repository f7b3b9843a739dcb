"""A network's whole life by the command line alone: founded, served by a process of its own, settled, audited, stopped."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from settlement import embedded
from tests.coalition.cli.explaining import Explaining
from tests.support.command import Ran, run

CARD = "card:4000 1234 1234 1234"
STOP_SECONDS_MAX = 60


@contextmanager
def served(data: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """`coalition serve` in a process of its own, on any free port."""
    command = [sys.executable, "-m", "coalition", "serve", "--listen", "127.0.0.1:0", "--data", str(data)]
    with (
        (data / "serve.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("listening on "), (data / "serve.log").read_text()
            yield line.removeprefix("listening on ").strip(), process
        finally:
            process.kill()


@pytest.mark.embedded
def test_the_whole_story(tmp_path: Path) -> None:
    data = tmp_path / "data"
    try:
        found(data)
        with served(data) as (server, process):
            story = Story(data, server)
            story.onboard_partners()
            story.move_points()
            story.close_cycle()
            story.settle()
            story.tell_and_prove(tmp_path)
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)  # an impatient person does no harm
            assert process.wait(STOP_SECONDS_MAX) == 0
        assert '"event": "draining"' in (data / "serve.log").read_text()
        assert not embedded.status(data).running
        check_who_keeps_postgres_running(data)
    finally:
        embedded.stop(data)


def check_who_keeps_postgres_running(data: Path) -> None:
    """A command that needs PostgreSQL starts it and stops it again, unless a person said to keep it."""
    assert run("fsck", data=data).code == 0
    assert not embedded.status(data).running
    assert run("db", "start", data=data).code == 0
    assert run("fsck", data=data).code == 0
    status = run("db", "status", "--json", data=data).document
    assert (status["running"], status["kept_running"], status["network"]) == (
        True,
        True,
        "clearing.example/story",
    )
    assert run("db", "stop", data=data).code == 0
    assert not embedded.status(data).running


def found(data: Path) -> None:
    """Founding works once, and a second attempt changes nothing."""
    words = ("db", "init", "--name", "clearing.example/story", "--point-value", "0.01", "--data", data)
    first = run(*words)
    assert first.code == 0, first.err
    assert "next: coalition serve --data" in first.err
    assert not embedded.status(data).running
    files = {
        path: path.read_bytes() for folder in ("keys", "identities") for path in (data / folder).iterdir()
    }
    second = run(*words)
    assert (second.code, "error NETWORK_EXISTS" in second.err) == (1, True)
    assert {path: path.read_bytes() for path in files} == files


class Story:
    """The commands of people who speak to one server."""

    def __init__(self, data: Path, server: str) -> None:
        self._data = data
        self._server = server

    def ask(self, *words: object, code: int = 0, answer: str | None = None) -> Ran:
        """Runs a command that speaks to the server; it must end with `code`."""
        ran = run(*words, "--server", self._server, data=self._data, answer=answer)
        assert ran.code == code, ran.err
        return ran

    def onboard_partners(self) -> None:
        for partner in ("bakery", "cinema"):
            onboarded = self.ask("partner", "onboard", partner, "--name", partner.title(), "--json").document
            assert [act["outcome"] for act in onboarded["acts"]] == ["accepted"] * 3
        again = self.ask("partner", "onboard", "bakery", "--name", "Bakery", "--json").document
        assert again["acts"] == []
        listed = self.ask("partner", "list", "--json").document
        assert {p["partner_id"]: p["state"] for p in listed} == dict.fromkeys(
            ("bakery", "cinema", "operator"), "active"
        )

    def move_points(self) -> None:
        enrolled = self.ask("member", "enrol", "--alias", CARD, "--as", "bakery", "--json").document
        assert (
            self.ask("member", "show", CARD, "--as", "cinema", "--json").document["member_id"]
            == enrolled["member_id"]
        )
        self.ask("member", "link", CARD, "phone:+3512345678", "--as", "cinema")
        assert "has 1,500" in self.ask("issue", CARD, 1500, "--as", "bakery").out
        spent = self.ask("redeem", "phone:+3512345678", 500, "--as", "cinema", "--json").document
        assert spent["balance_after"] == 1000
        self.ask("redeem", CARD, 200, "--as", "cinema")
        assert "refused INSUFFICIENT_POINTS" in self.ask("redeem", CARD, 9999, "--as", "cinema", code=3).err
        self.ask("reverse", spent["act_id"], "--as", "cinema")
        assert (
            "refused ALREADY_REVERSED" in self.ask("reverse", spent["act_id"], "--as", "cinema", code=3).err
        )
        self.hold_points()
        balance = self.ask("balance", CARD, "--as", "bakery", "--json").document
        none_else = {"held": 0, "pending": 0, "arrears": 0}
        none_else |= dict.fromkeys(("value", "value_held", "value_pending", "value_arrears"), 0)
        assert balance == {"member_id": enrolled["member_id"], "points": 1300, **none_else}
        assert self.ask("receipt", spent["act_id"], "--as", "cinema", "--json").document == spent
        assert "error ACT_UNKNOWN" in self.ask("receipt", spent["act_id"], "--as", "bakery", code=1).err
        assert "bakery owes 2.00 EUR" in self.ask("position", "--as", "bakery").out
        kinds = [
            entry["kind"] for entry in self.ask("entries", "--as", "bakery", "--last", 0, "--json").document
        ]
        holding = ["authorize", "capture", "capture", "void", "reverse"]
        assert kinds == ["enrol", "issue", "redeem", "redeem", *holding]

    def hold_points(self) -> None:
        held = self.ask("authorize", CARD, 300, "--hold-minutes", 60, "--as", "bakery", "--json").document
        assert held["balance_after"] == 1000
        assert "1,000 points, 300 held" in self.ask("balance", CARD, "--as", "cinema").out
        said = self.ask("capture", held["act_id"], 301, "--as", "bakery", code=3).err
        assert "refused HOLD_EXCEEDED" in said
        assert "refused HOLD_UNKNOWN" in self.ask("void", held["act_id"], "--as", "cinema", code=3).err
        captured = self.ask("capture", held["act_id"], 100, "--as", "bakery", "--json").document
        assert captured["balance_after"] == 1200
        assert "refused HOLD_CLOSED" in self.ask("void", held["act_id"], "--as", "bakery", code=3).err
        self.ask("reverse", captured["act_id"], "--as", "bakery")
        another = self.ask("authorize", CARD, 5, "--as", "cinema", "--json").document
        assert "voided" in self.ask("void", another["act_id"], "--as", "cinema").out

    def close_cycle(self) -> None:
        owed = self.ask("cycle", "obligations", 1, "--json").document
        assert [(one["debtor"], one["creditor"], one["amount_micros"]) for one in owed] == [
            ("bakery", "cinema", 7_000_000),
            ("cinema", "bakery", 5_000_000),
        ]
        self.ask("cycle", "close", 1, "--label", "2026-11")
        assert "refused CYCLE_NOT_OPEN" in self.ask("cycle", "close", 1, code=3).err

    def settle(self) -> None:
        preview = self.ask("settlement", "preview", 1, "--json").document
        assert preview["nets"] == [
            {"participant": "bakery", "net_minor": 200},
            {"participant": "cinema", "net_minor": -200},
        ]
        digest = preview["proposal_sha256"]
        unfit = self.ask("settlement", "propose", 1, "--as", "operator", code=1)
        assert ("error ROLE_MISSING" in unfit.err, unfit.out) == (True, "")
        assert digest in self.ask("settlement", "propose", 1, "--as", "ann").err
        same = self.ask("settlement", "approve", "--cycle", 1, "--as", "ann", "--yes", code=3)
        assert "refused SAME_PERSON" in same.err
        unasked = self.ask("settlement", "approve", "--cycle", 1, "--as", "bob", code=2, answer="y\n")
        assert "--yes" in unasked.err
        self.decline_at_a_terminal()
        self.dispute()
        self.ask("settlement", "approve", "--proposal", digest[:12], "--as", "bob", "--yes")
        aborted = self.ask("settlement", "abort", 1, "--as", "bob").out
        assert "aborted settlement 1" in aborted
        self.ask("settlement", "propose", 1, "--as", "ann")
        self.ask("settlement", "cancel", 2, "--as", "bob")
        self.ask("settlement", "propose", 1, "--as", "ann")
        self.ask("settlement", "approve", "--proposal", digest[:12], "--as", "bob", "--yes")
        states = [one["state"] for one in self.ask("settlement", "list", "--json").document]
        assert states == ["aborted", "cancelled", "approved"]
        wrong = self.ask("settlement", "confirm", 3, "--leg", "bakery", "--amount", "2.01", code=3)
        assert "refused LEG_AMOUNT_DIFFERS" in wrong.err
        self.ask("settlement", "confirm", 3, "--leg", "bakery", "--amount", "2.00")
        legs = self.ask("settlement", "show", 3, "--json").document["legs"]
        assert [(leg["state"], leg["left_minor"]) for leg in legs] == [("paid", 0), ("due", -200)]
        assert "due" in self.ask("settlement", "show", 3).out
        assert "settlement 3 is settled" in self.ask("settlement", "confirm", 3, "--all-legs").out
        shown = self.ask("settlement", "show", "--cycle", 1, "--json").document
        assert (shown["state"], shown["proposer"], shown["proposal_sha256"]) == ("settled", "ann", digest)
        assert [cycle["state"] for cycle in self.ask("cycle", "list", "--json").document] == [
            "settled",
            "open",
        ]

    def dispute(self) -> None:
        """No time is set for objections; a partner sees its own part of what is proposed."""
        told = self.ask("settlement", "object", 1, "--because", "not ours", "--as", "bakery", code=3)
        assert "refused OBJECTION_PERIOD_OVER" in told.err
        words = ("--to", "bakery", "--reject", "--because", "it is", "--as", "ann")
        assert "refused OBJECTION_UNKNOWN" in self.ask("settlement", "answer", 1, *words, code=3).err
        shown = self.ask("settlement", "show", 1, "--as", "bakery", "--json").document
        assert (shown["state"], shown["proposer"]) == ("pending-approval", "")
        assert [leg["participant"] for leg in shown["legs"]] == ["bakery"]
        assert "is pending-approval" in self.ask("settlement", "show", 1, "--as", "bakery").out
        unknown = self.ask("settlement", "show", 7, code=1)
        assert "error SETTLEMENT_NOT_FOUND" in unknown.err

    def decline_at_a_terminal(self) -> None:
        """A person at a terminal sees the figures, is asked, and may say no."""
        keyboard, terminal = pty.openpty()
        try:
            os.write(keyboard, b"n\n")
            words = ["settlement", "approve", "--cycle", "1", "--as", "bob", "--server", self._server]
            command = [sys.executable, "-m", "coalition", *words, "--data", str(self._data)]
            ran = subprocess.run(command, stdin=terminal, capture_output=True, text=True, check=False)
        finally:
            os.close(keyboard)
            os.close(terminal)
        assert (ran.returncode, "error NOT_APPROVED" in ran.stderr) == (1, True), ran.stderr
        assert "2.00 EUR" in ran.stdout

    def tell_and_prove(self, folder: Path) -> None:
        statement = self.ask("statement", "show", 1, "--as", "bakery", "--json")
        written = run(
            "statement", "write", 1, "--out", folder / "statements", "--json", data=self._data
        ).document
        assert len(written) == 8
        assert (folder / "statements" / "1-2026-11" / "bakery.json").read_text() == statement.out
        assert self.ask("statement", "show", 1, "--partner", "cinema").out.startswith(
            "Cinema is paid 2.00 EUR"
        )
        Explaining(self._data, self.ask).explain_an_amount()
        entries = self.ask("entries", "--as", "bakery", "--json").document
        assert {entry["late"] for entry in entries} == {False}
        act_id = [entry["act_id"] for entry in entries if entry["kind"] == "redeem"][-1]
        proof = self.ask(
            "audit", "proof", act_id, "--as", "cinema", "--out", folder / "proof.json", "--json"
        ).document
        assert json.loads((folder / "proof.json").read_text()) == proof
        clean = run("fsck", data=self._data)
        assert (clean.code, "clean" in clean.out) == (0, True), clean.err
        self.verify_bundle(folder / "bundle.zip")

    def verify_bundle(self, bundle: Path) -> None:
        assert run("audit", "export", bundle, data=self._data).code == 0
        vkey = (self._data / "keys" / "log.vkey").read_text().strip()
        verified = run("audit", "verify", bundle, "--vkey", vkey, "--json")
        assert (verified.code, verified.document["ok"]) == (0, True)
        spoilt = bytearray(bundle.read_bytes())
        spoilt[len(spoilt) // 2] ^= 1
        bundle.write_bytes(spoilt)
        refuted = run("audit", "verify", bundle, "--json")
        assert (refuted.code, refuted.document["ok"]) == (1, False)
        assert refuted.document["findings"]
