"""The auditor: holds every entry and every answer against the second model, which alone knows what they may be.

It hears of each request when it is made, of each entry when it is committed and of each answer when the door gives it. It shares
no rule with the engine: only the spelling of leaves and receipts.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from coalition.api.v1.envelope_pb2 import Envelope
from coalition.simulation.causes import what_does_not_excuse
from coalition.simulation.model import Asked, Model, ModelError, Place
from coalition.simulation.postgres.tables import EntryRow
from coalition.simulation.processes import Answer
from coalition.simulation.requests import Header, Request
from coalition.simulation.unasked import UNASKED, check_unasked
from coalition.simulation.verdict import ViolationError
from coalition.wire.receipts import open_receipt
from settlement.clock import SECOND_US
from settlement.errors import CoalitionError
from settlement.journal.acts import Outcome
from settlement.journal.leaf import HOUSE, Entry, LeafError, parse_leaf
from settlement.ledger.acts import Enrol, MemberName, TransferPoints
from settlement.signing import PublicKey
from settlement.transparency.merkle import leaf_hash

SKEW_US = 60 * SECOND_US
_WHO_AND_WHICH = frozenset({"partner", "act"})
"""Lines by which a request is found."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request that somebody made. `sound`: an entry may come of it, for it is signed and addressed as it must be.

    `who`: the number of the partner that asks, where one does.
    """

    step: int
    asked: Asked
    header: Header
    request: Request
    sound: bool
    who: int

    @property
    def name(self) -> tuple[str, str, bytes]:
        """Partner, act id and hash: what makes two requests the same."""
        return self.asked.partner, self.asked.act_id, self.request.payload_sha256


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was the case while a call was under way.

    `house_before`: the house's size when it came in; `uncut`: a shard had yet to cut the cycle that it proposes to settle;
    `lowest_us`, `highest_us`: the extremes of the books' clock; `has_rival`: other bytes were sent under the same act id.
    """

    house_before: int
    uncut: bool
    lowest_us: int
    highest_us: int
    has_rival: bool = False


class Auditor:
    """Laws are checked as things happen; the first that does not hold is kept as `violation`.

    `heard`: how often each answer was given: accepted, a refusal, an error.
    """

    def __init__(self, model: Model, *, receipt_key: PublicKey, audience: str) -> None:
        self.model = model
        self.violation: ViolationError | None = None
        self.heard: Counter[str] = Counter()
        self._receipt_key = receipt_key
        self._audience = audience
        self._wanted: dict[tuple[str, str, bytes], Wanted] = {}
        self._bytes_of: dict[tuple[str, str], set[bytes]] = {}
        self._rows: dict[tuple[int, int], EntryRow] = {}
        self._last: dict[int, Entry] = {}
        self._expired: set[tuple[str, str, bytes]] = set()
        self._in_reach: set[tuple[str, str, bytes]] = set()

    def hear(self, wanted: Wanted) -> None:
        """Somebody is about to ask."""
        if wanted.sound:
            self._wanted[wanted.name] = wanted
            body = wanted.asked.body
            if isinstance(body, TransferPoints) and self.model.shard_of(self._member(body.recipient)):
                self._in_reach.add(wanted.name)
            self._bytes_of.setdefault(wanted.name[:2], set()).add(wanted.name[2])

    def clock_went_back(self) -> None:
        """The books' clock was set back: what was said to be expired may not be any more."""
        self._expired.clear()

    def committed(self, shard: int, rows: Sequence[EntryRow], house_at_lock: int) -> None:
        """A transaction wrote these entries; the house had that size when it got its shard's lock."""
        for row in rows:
            if self.violation is None:
                try:
                    self._entry(shard, row, house_at_lock)
                except ViolationError as violation:
                    self.violation = violation
                except ModelError as error:
                    sentence = f"{shard}:{row.index}: {error.reason} {error.message}"
                    self.violation = ViolationError("entries are allowed", sentence)

    def answered(self, wanted: Wanted, answer: Answer, circumstances: Circumstances) -> Outcome | None:
        """The door gave this answer, whether it ever arrives or not; its outcome, if it is a receipt."""
        if self.violation is None:
            try:
                if answer.reason is None:
                    return self._receipt(wanted, answer)
                self._error(wanted, answer.reason, answer, circumstances)
            except ViolationError as violation:
                self.violation = violation
        return None

    def looked_up(self, name: tuple[str, str], answer: Answer, *, was_there: bool, step: int) -> None:
        """A partner asked for the receipt of an act; `was_there`: its entry was committed before."""
        law = "there is a receipt for every entry"
        if self.violation is not None or (answer.reason is not None and answer.reason != "ACT_UNKNOWN"):
            return
        self.heard[answer.reason or "looked up"] += 1
        try:
            if answer.reason is not None and was_there:
                raise ViolationError(law, f"act {name[1]} of {name[0]} is said to be unknown", step=step)
            if answer.reason is None:
                outcome = open_receipt(answer.body, audience=self._audience, key=self._receipt_key)
                self._check_outcome(name, outcome, step)
        except ViolationError as violation:
            self.violation = violation

    def _entry(self, shard: int, row: EntryRow, house_at_lock: int) -> None:
        try:
            entry = parse_leaf(row.leaf.encode())
        except LeafError as error:
            raise ViolationError("leaves are canonical", f"{shard}:{row.index}: {error.message}") from None
        self._check_place(shard, row, entry, house_at_lock)
        place = Place(shard, entry.index, entry.house, entry.time_us)
        if entry.kind in UNASKED:
            check_unasked(self.model, place, entry)
        elif entry.kind == "heads":
            self.model.heads(place)
        else:
            self._act(place, row, entry)
        self._last[shard] = entry
        self._rows[shard, entry.index] = row

    def _check_place(self, shard: int, row: EntryRow, entry: Entry, house_at_lock: int) -> None:
        where, last = f"{shard}:{row.index}", self._last.get(shard)
        if (entry.shard, entry.index) != (shard, row.index) or entry.index != self.model.size(shard):
            raise ViolationError("numbers have no gaps", f"{where} where {self.model.size(shard)} is due")
        if last is not None and (entry.time_us <= last.time_us or entry.house < last.house):
            raise ViolationError("time and house go forward", f"{where} falls behind the entry before it")
        least = entry.index if shard == HOUSE else house_at_lock
        if not least <= entry.house <= self.model.size(HOUSE):
            sentence = f"{where} stands under house {entry.house}, at its lock it was {house_at_lock}"
            raise ViolationError("no act is judged under a stale house", sentence)
        columns = (
            entry.house,
            entry.time_us,
            entry.kind,
            entry.get("partner"),
            entry.get("member"),
            entry.refusal,
        )
        stored = (row.house, row.recorded_at_us, row.kind, row.partner, row.member, row.refusal)
        if columns != stored or leaf_hash(row.leaf.encode()) != row.leaf_hash:
            raise ViolationError("columns are the leaf's", f"{where}: {stored} beside {columns}")

    def _act(self, place: Place, row: EntryRow, entry: Entry) -> None:
        where = f"{place.shard}:{place.index}"
        sha = bytes.fromhex(entry.one("request").split(" ")[1])
        wanted = self._wanted.get((entry.one("partner"), entry.one("act"), sha))
        if wanted is None:
            raise ViolationError("nothing happens that nobody asked for", f"{where} is {entry.kind}")
        step, header = wanted.step, wanted.header
        right_us = place.time_us - self.model.ahead_us(place.house)
        if right_us >= header.expires_at_us + SECOND_US or header.issued_at_us > right_us + SKEW_US:
            raise ViolationError("requests are judged in their time", f"{where} came out of it", step=step)
        if wanted.name in self._expired:
            raise ViolationError("an expired act never runs", f"{where} was said to be expired", step=step)
        try:
            judged = self.model.judge(place, self._as_found(wanted, place, entry))
        except ModelError as error:
            raise ViolationError(
                "entries are allowed", f"{where}: {error.reason} {error.message}", step=step
            ) from None
        signed = _signed(wanted.request)
        about = [line for line in entry.lines if line[0] in signed]
        self._expect("entries keep what was signed", entry, list(signed.items()), about, step=step)
        left_out = _WHO_AND_WHICH | signed.keys()
        lines = tuple([line for line in entry.lines if line[0] not in left_out])
        self._expect("entries are what the model says", entry, judged.lines, lines, step=step)
        if (row.member, row.balance_after) != (judged.member, judged.balance_after):
            sentence = f"{where} has {row.balance_after}, the model {judged.balance_after}"
            raise ViolationError("balances are what the model says", sentence, step=step)

    def _expect(self, law: str, entry: Entry, due: object, found: object, *, step: int | None = None) -> None:
        if due != found:
            raise ViolationError(law, f"{entry.shard}:{entry.index} is {found}, due is {due}", step=step)

    def _error(self, wanted: Wanted, reason: str, answer: Answer, circumstances: Circumstances) -> None:
        self.heard[reason] += 1
        has_rival = len(self._bytes_of.get(wanted.name[:2], ())) > 1
        circumstances = replace(circumstances, has_rival=has_rival)
        wrong = what_does_not_excuse(self.model, wanted, answer, circumstances)
        if wrong is not None:
            raise ViolationError("errors have their cause", f"{reason}: {wrong}", step=wanted.step)
        if reason == "REQUEST_EXPIRED":
            self._expired.add(wanted.name)

    def _receipt(self, wanted: Wanted, answer: Answer) -> Outcome:
        asked, step = wanted.asked, wanted.step
        if not wanted.sound:
            raise ViolationError("unsound requests are never taken", f"{asked.body} was receipted", step=step)
        sha = wanted.request.payload_sha256
        try:
            outcome = open_receipt(
                answer.body, audience=self._audience, key=self._receipt_key, payload_sha256=sha
            )
        except CoalitionError as error:
            raise ViolationError("receipts are genuine", error.message, step=step) from None
        self._check_outcome(wanted.name[:2], outcome, step)
        self.heard[outcome.refusal or "accepted"] += 1
        return outcome

    def _check_outcome(self, name: tuple[str, str], outcome: Outcome, step: int) -> None:
        place = self.model.place_of(*name)
        row = self._rows.get((outcome.shard, outcome.index))
        if place is None or row is None or (place.shard, place.index) != (outcome.shard, outcome.index):
            sentence = f"act {name[1]} is receipted as {outcome.shard}:{outcome.index}, it stands at {place}"
            raise ViolationError("receipts are entries", sentence, step=step)
        promised = (
            outcome.leaf_hash,
            outcome.recorded_at_us,
            outcome.refusal,
            outcome.member,
            outcome.balance_after,
            outcome.asset,
        )
        asset = "VAL" if "\namount VAL " in row.leaf else "PTS"
        if promised != (row.leaf_hash, row.recorded_at_us, row.refusal, row.member, row.balance_after, asset):
            raise ViolationError("receipts state the entry's facts", f"{promised} beside {row}", step=step)

    def _as_found(self, wanted: Wanted, place: Place, entry: Entry) -> Asked:
        """What was asked, with what only the engine knew: the member that it drew for an enrolment; and that it did not know the
        recipient of a transfer, who was enrolled in another shard after it was asked.
        """
        asked = wanted.asked
        if isinstance(asked.body, Enrol):
            drawn = replace(asked.body, member=entry.get("member") or asked.body.member)
            return replace(asked, body=drawn)
        if isinstance(asked.body, TransferPoints) and entry.get("recipient") is None:
            recipient = self._member(asked.body.recipient)
            late = wanted.name not in self._in_reach and self.model.shard_of(recipient) != place.shard
            return replace(asked, body=replace(asked.body, recipient=MemberName())) if late else asked
        return asked

    def _member(self, name: MemberName) -> str:
        return (name.member if name.alias is None else self.model.member_of(name.alias)) or ""


def _signed(request: Request) -> dict[str, str]:
    """The lines of an entry that prove the request."""
    envelope = Envelope.FromString(request.envelope)
    [signature] = envelope.signatures
    return {
        "request": f"{envelope.payload_type} {request.payload_sha256.hex()}",
        "sig": f"{signature.keyid} {b64encode(signature.sig).decode()}",
    }
