"""The replay: every entry once, in the order that decides everything, judged again by the rules that the engine follows.

For each entry: its place (number, time, `house`) > who signed, with a key good at `house` > what was signed, and that the leaf
says the same > the decision, made again on books that hold the whole history > the sums. Findings go to the report; the walk goes
on with what the journal says, so that one false entry is one finding and not a thousand.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from coalition.audit.checks import Check, Report
from coalition.audit.claims import (
    ENGINE_KINDS,
    SWEPT_KINDS,
    TAKEN,
    Claim,
    body_of_leaf,
    body_of_request,
    read_claim,
    read_request,
    what_header_contradicts,
    what_is_wrong_with_key,
)
from coalition.audit.engine import remark_on_engine_entry, what_is_wrong_with_engine_entry
from coalition.audit.history import CONTRADICTIONS, History, ShardState
from coalition.audit.records import Read
from coalition.audit.signatures import Job
from coalition.audit.statements import what_is_wrong_with_statements
from settlement.clearing.closing import CycleNotClosedError
from settlement.clearing.decide import cycle_settled_by
from settlement.journal.acts import Draft
from settlement.journal.leaf import HOUSE, Entry
from settlement.ledger.acts import Authorize, Enrol, Issue, LinkAlias, MemberName, Redeem, TransferPoints
from settlement.transparency.merkle import leaf_hash

MEANT_LATER = frozenset({"issue", "redeem", "authorize", "capture"})
"""Kinds of entries that later ones may name as their original."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """An entry after its turn: what deciding again gave, if it agrees, and the hash of its leaf."""

    read: Read
    draft: Draft | None
    leaf_hash: bytes


class Replay(History):
    """Feed it all entries in the order of `records.in_order`; `identities.check_identities` closes the books.

    `verify` takes each signature that is to be verified; without it none is. `undecided`: entries that rest on a cycle which is
    not cut everywhere, with the cycle. `house_ahead`: the size of a house whose next entries change nothing and are fed later.
    """

    def __init__(self, report: Report, verify: Callable[[Job], None] | None = None) -> None:
        super().__init__()
        self.report = report
        self.undecided: list[tuple[str, int]] = []
        self.house_ahead = 0
        self.payloads_erased = 0
        self.aliases_erased = False
        self._verify = verify

    def feed(self, read: Read) -> Replayed:
        """Judges the next entry."""
        record, entry = read.record, read.entry
        state = self.shards.setdefault(record.shard, ShardState())
        digest = leaf_hash(record.leaf)
        state.leaf_hashes.append(digest)
        where = f"{record.shard}:{record.index if entry is None else entry.index}"
        self.report.require(entry is not None, Check.LEAF_TEXT, where, read.error or "")
        if entry is None or entry.shard != record.shard:
            if entry is not None:
                self.report.find(Check.NUMBERS, where, f"the leaf belongs to shard {entry.shard}")
            state.size += 1
            return Replayed(read, None, digest)
        self._check_place(state, entry, where)
        draft = self._judge(state, entry, record.payload, where)
        self.report.count(Check.NEVER_NEGATIVE)
        self._add(state, entry, where)
        return Replayed(read, draft, digest)

    def _add(self, state: ShardState, entry: Entry, where: str) -> None:
        """What the leaf says goes into the sums, whatever deciding again gave."""
        try:
            for wrong in self.take(entry, cycle=state.cycle):
                self.report.find(Check.NEVER_NEGATIVE, where, wrong)
        except CONTRADICTIONS as error:
            self._does_not_fit(where, error)

    def _judge(self, state: ShardState, entry: Entry, payload: bytes | None, where: str) -> Draft | None:
        try:
            if entry.kind in ENGINE_KINDS:
                return self._engine_entry(state, entry, where)
            return self._act(state, entry, payload, where)
        except CONTRADICTIONS as error:
            self._does_not_fit(where, error)
            return None

    def _does_not_fit(self, where: str, error: Exception) -> None:
        sentence = f"it does not fit the entries before it: {type(error).__name__} {error}"
        self.report.find(Check.DECIDED_AGAIN, where, sentence)

    def _check_place(self, state: ShardState, entry: Entry, where: str) -> None:
        require = self.report.require
        sentence = (
            f"number {entry.index} stands where {state.size} is due: an entry is missing, moved or repeated"
        )
        require(entry.index == state.size, Check.NUMBERS, where, sentence)
        require(
            entry.time_us > state.time_us, Check.TIMES, where, "recorded no later than the entry before it"
        )
        if entry.shard == HOUSE:
            exists, sentence = entry.house == entry.index, "a house entry's `house` is its own number"
        else:
            size = max(self.house.size, self.house_ahead)
            exists, sentence = 0 < entry.house <= size, f"the house has {size} entries"
        follows = entry.house >= state.house
        sentence = sentence if follows else f"`house` falls from {state.house} to {entry.house}"
        require(exists and follows, Check.HOUSE_ORDER, where, sentence)
        state.size, state.time_us, state.house = entry.index + 1, entry.time_us, entry.house

    def _engine_entry(self, state: ShardState, entry: Entry, where: str) -> Draft | None:
        if entry.kind in SWEPT_KINDS:
            return self._swept(state, entry, where)
        if entry.kind == "opening":
            return self._opening(state, entry, where)
        if entry.kind == "statements":
            return self._statements(entry, where)
        due = (state.cycle, state.cycle_start) if state.cycle < self.house.open_cycle else None
        wrong = what_is_wrong_with_engine_entry(entry, self.house, cut_due=due)
        self.report.require(
            wrong is None, Check.CUTS if entry.kind == "cut" else Check.ENGINE, where, wrong or ""
        )
        remark = None if wrong is not None else remark_on_engine_entry(entry, self.house)
        self.report.remarks += [] if remark is None else [remark]
        if entry.kind == "cut" and due is not None:
            state.ranges[state.cycle] = (state.cycle_start, entry.index)
            state.cycle, state.cycle_start = state.cycle + 1, entry.index
        return Draft(entry.kind, entry.lines)

    def _swept(self, state: ShardState, entry: Entry, where: str) -> Draft | None:
        self._check_cut(state, where)
        again = {"lapse": self.lapse, "arrive": self.arrive}.get(entry.kind, self.see_to)
        draft, wrong = again(entry)
        if draft is not None and draft.lines != entry.lines:
            wrong = first_difference(entry, draft)
        self.report.require(wrong is None, Check.ENGINE, where, wrong or "")
        return draft if wrong is None else None

    def _opening(self, state: ShardState, entry: Entry, where: str) -> Draft:
        self._check_cut(state, where)
        wrong = self.openings.what_is_wrong(entry, self.house, self.tally.members)
        if entry.one("request") != "none":
            wrong = "the engine's entries carry no request"
        self.report.require(wrong is None, Check.OPENINGS, where, wrong or "")
        self.openings.add(entry, self.book(entry.shard), self.house)
        self.aliases_erased |= entry.get("joined") is not None  # their aliases stand in the file
        return Draft(entry.kind, entry.lines)

    def _statements(self, entry: Entry, where: str) -> Draft:
        wrong, cycle = what_is_wrong_with_statements(entry, self), int(entry.one("cycle"))
        self.report.require(wrong is None, Check.STATEMENTS, where, wrong or "")
        if wrong is None and not self.is_cut(cycle):
            self.undecided.append((where, cycle))
        return Draft(entry.kind, entry.lines)

    def _check_cut(self, state: ShardState, where: str) -> None:
        sentence = f"cycle {state.cycle} is closed, and the shard goes on without a cut"
        self.report.require(state.cycle >= self.house.open_cycle, Check.CUTS, where, sentence)

    def _act(self, state: ShardState, entry: Entry, payload: bytes | None, where: str) -> Draft | None:
        if entry.shard != HOUSE:
            self._check_cut(state, where)
        claim = read_claim(entry)
        if claim is None:
            self.report.find(
                Check.PAYLOADS, where, "an act's entry names no request, or its sig is not base64"
            )
            return None
        self._check_act_id(claim, entry, where)
        self._check_key(claim, entry, payload, where)
        if entry.kind in MEANT_LATER:
            state.act_ids[entry.index] = claim.act_id
        body = self._body(state, claim, entry, payload, where)
        return None if body is None else self._decide_again(claim, body, entry, where)

    def _check_act_id(self, claim: Claim, entry: Entry, where: str) -> None:
        name = (claim.partner, claim.act_id)
        known = self.acts.get(name)
        sentence = f"act {claim.act_id} of {claim.partner} is also {known[0]}:{known[1]}" if known else ""
        if self.report.require(known is None, Check.ACT_IDS, where, sentence):
            self.acts[name] = (entry.shard, entry.index)

    def _check_key(self, claim: Claim, entry: Entry, payload: bytes | None, where: str) -> None:
        wrong = what_is_wrong_with_key(
            self.house, entry.kind, at=entry.house, keyid=claim.keyid, partner=claim.partner
        )
        self.report.require(wrong is None, Check.KEYS, where, wrong or "")
        key = self.house.keys.get(claim.keyid)
        if payload is not None and key is not None and self._verify is not None:
            self._verify(Job(where, key.spki, claim.signature, claim.payload_type, payload))

    def _body(
        self, state: ShardState, claim: Claim, entry: Entry, payload: bytes | None, where: str
    ) -> object | None:
        """What the act asks for: by its payload, or by the leaf where the payload is erased or asks for something else."""
        if payload is None:
            self._note_erased(entry, where)
            return self._body_of_leaf(state, entry)
        hash_holds = sha256(payload).digest() == claim.payload_sha256
        self.report.require(
            hash_holds, Check.PAYLOAD_HASHES, where, "the payload is not the one that the leaf names"
        )
        self.report.count(Check.PAYLOADS)
        try:
            request = read_request(claim, payload, kind=entry.kind)
            contradictions = what_header_contradicts(claim, request, house=self.house, entry=entry)
            body = self._with_names_known(body_of_request(request, entry), entry)
        except CONTRADICTIONS as error:
            self.report.find(Check.PAYLOADS, where, f"the payload does not ask for this: {error}")
            return self._body_of_leaf(state, entry)
        if contradictions:
            self.report.find(Check.PAYLOADS, where, "; ".join(contradictions))
        return body

    def _body_of_leaf(self, state: ShardState, entry: Entry) -> object | None:
        original_index = int((entry.get("original") or "0:-1").partition(":")[2])
        return body_of_leaf(entry, original_act_id=state.act_ids.get(original_index, ""))

    def _note_erased(self, entry: Entry, where: str) -> None:
        if entry.shard == HOUSE:
            self.report.find(
                Check.PAYLOADS, where, "the payload is missing; those of the house name no member"
            )
        self.payloads_erased += 1
        self.aliases_erased = self.aliases_erased or entry.kind in ("enrol", "link")

    def _with_names_known(self, body: object, entry: Entry) -> object:
        """Where an alias may stand in an erased payload or the file of an opening, the leaf says whom it meant."""
        if not self.aliases_erased:
            return body
        if isinstance(body, TransferPoints):
            body = replace(body, recipient=self._known(body.recipient, entry.get("recipient")))
        match body:
            case Issue(name=name) | Redeem(name=name) | TransferPoints(name=name) | Authorize(name=name):
                return replace(body, name=self._known(name, entry.get("member")))
            case Enrol(aliases=aliases) if entry.refusal == "ALIAS_TAKEN" and not self.aliases.keys() & set(
                aliases
            ):
                return replace(body, aliases=(TAKEN,))
            case LinkAlias(alias=alias) if entry.refusal == "ALIAS_TAKEN" and alias not in self.aliases:
                return replace(body, alias=TAKEN)
        return body

    def _known(self, name: MemberName, member: str | None) -> MemberName:
        """As it was asked; where nobody is known to have this alias, the member that the leaf names."""
        if name.alias is None or name.alias in self.aliases:
            return name
        if member is not None and member in self.openings.joined:
            self.aliases[name.alias] = member  # from now on it can mean nobody else
        return MemberName(member=member)

    def _decide_again(self, claim: Claim, body: object, entry: Entry, where: str) -> Draft | None:
        self.report.count(Check.DECIDED_AGAIN)
        cycle = cycle_settled_by(self.house, body)
        draft = None
        with suppress(CycleNotClosedError):
            draft = self.decide(claim.act(body), entry)
        if draft is not None and (draft.kind, draft.lines) == (entry.kind, entry.lines):
            # A leaf has one spelling: the same kind and lines at the same place are the same bytes.
            return draft
        if cycle is not None and not self.is_cut(cycle):
            self.undecided.append((where, cycle))
        elif draft is not None:
            self.report.find(Check.DECIDED_AGAIN, where, first_difference(entry, draft))
        return None


def first_difference(entry: Entry, draft: Draft) -> str:
    """A sentence on the first line in which an entry differs from what deciding again gives."""
    lines = [("kind", entry.kind), *entry.lines, ("nothing", "more")]
    others = [("kind", draft.kind), *draft.lines, ("nothing", "more")]
    said, again = next(
        (pair for pair in zip(lines, others, strict=False) if pair[0] != pair[1]), (lines[0], others[0])
    )
    return f"the leaf says {' '.join(said)!r}, deciding again gives {' '.join(again)!r}"
