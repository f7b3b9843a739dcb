"""Every act that a step can ask for: how it is written, and the request that it makes.

A new act is one function and one row of `ACTS`. The name of a row is the kind of its journal entry.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from coalition.simulation.model import CycleFigures
from coalition.simulation.requests import message_of, proposal_of
from coalition.wire.tariffs import spell_tariff_proposal
from settlement.clearing.acts import (
    AbortSettlement,
    AnswerObjection,
    Approve,
    CancelSettlement,
    CloseCycle,
    Confirm,
    Object,
    Propose,
)
from settlement.clearing.netting import Figures
from settlement.house.acts import (
    Activate,
    AddKey,
    AgreeToFund,
    ApproveOpening,
    ApproveTariff,
    EndFunding,
    ProposeOpening,
    ProposeTariff,
    Register,
    RevokeKey,
    Suspend,
)
from settlement.house.records import REQUEST
from settlement.journal.leaf import HOUSE
from settlement.ledger.acts import (
    ON_EVENT_US,
    Authorize,
    Capture,
    Enrol,
    Issue,
    LinkAlias,
    Redeem,
    Release,
    Reverse,
    TransferPoints,
    Void,
)
from settlement.ledger.rules.expiry import DAY_US
from settlement.money import POINTS, VALUE, micros_per_minor
from settlement.signing import parse_public_key, possession_message
from tests.scenarios.banking import OF_BANKS
from tests.scenarios.proofs import add_proof, remove_proof, shown_by
from tests.scenarios.scene import Scene, basis_points, micros, quantity
from tests.scenarios.securities import SECURITY_ACTS
from tests.scenarios.terms import span_us, with_terms

_ISSUED = re.compile(r"(?: pending (?:(?P<days>\d+)d|(?P<event>event)))?(?: for (?P<campaign>\S+))?")
NO_PROPOSAL = "00" * 32
Asking = tuple[object, Any]
"""The body of an act, and the message that asks for it."""


def asked_for(scene: Scene, kind: str, name: str, words: list[str]) -> Asking:
    """What a step asks for. ValueError says how the act is written."""
    if kind not in ACTS:
        raise ValueError(f"no act is called {kind}, only {', '.join(ACTS)}")
    form, make = ACTS[kind]
    filled = _filled(form.split(), words)
    if filled is None:
        raise ValueError(f"write: {kind}-1 {form}")
    return make(scene, name, *filled)


def _filled(form: list[str], words: list[str]) -> list[str] | None:
    """The words that stand where the form has capitals; `...` takes all that follow. None if the words do not fit."""
    if form[-1:] == ["..."]:
        form = form[:-1] + ["ANY"] * (len(words) - len(form) + 1)
    if len(form) != len(words):
        return None
    pairs = list(zip(form, words, strict=True))
    fits = all(slot.isupper() or slot == word for slot, word in pairs)
    return [word for slot, word in pairs if slot.isupper()] if fits else None


def _plain(body: object) -> Asking:
    return body, message_of(body)


# --- acts on members and points ----------------------------------------------------------------------------------------


def _issue(scene: Scene, name: str, amount: str, member: str, *how: str) -> Asking:
    """`pending 14d` or `pending event`; `for CAMPAIGN`; both, or nothing."""
    said = _ISSUED.fullmatch("".join([f" {word}" for word in how]))
    if said is None:
        raise ValueError(f"write: {name} 500 to maria pending 14d, or pending event, or for spring")
    until_us = ON_EVENT_US if said["event"] else None
    if said["days"] is not None:
        until_us = scene.clock_us() + int(said["days"]) * DAY_US
    whom, now_us = scene.member_name(member), scene.clock_us()
    asset, much = quantity(scene, amount)
    return _plain(Issue(whom, much, now_us, until_us, said["campaign"], asset))


def _redeem(scene: Scene, name: str, amount: str, member: str, *proof: str) -> Asking:
    asset, much = quantity(scene, amount)
    shown = shown_by(scene, proof, name, "redeem", f"{asset} {much}")
    return _plain(Redeem(scene.member_name(member), much, scene.clock_us(), shown, asset))


def _transfer(scene: Scene, name: str, amount: str, member: str, recipient: str) -> Asking:
    sender, receiver = scene.member_name(member), scene.member_name(recipient)
    asset, much = quantity(scene, amount)
    return _plain(TransferPoints(sender, receiver, much, scene.clock_us(), asset))


def _authorize(scene: Scene, name: str, amount: str, member: str, *span: str) -> Asking:
    span, proof = (span[:3], span[3:]) if span[:1] == ("for",) else ((), span)
    words = " ".join(span)
    if re.fullmatch(r"|for \d+ minutes", words) is None:
        raise ValueError(f"write how long to hold as: for 30 minutes, not {words}")
    minutes = int(span[1]) if span else 0
    asset, much = quantity(scene, amount)
    shown = shown_by(scene, proof, name, "authorize", f"{asset} {much}")
    return _plain(Authorize(scene.member_name(member), much, scene.clock_us(), minutes, shown, asset))


def _capture(scene: Scene, name: str, amount: str, hold: str) -> Asking:
    asset, much = quantity(scene, amount)
    return _plain(Capture(scene.act_id(hold), much, scene.clock_us(), asset))


def _void(scene: Scene, name: str, hold: str) -> Asking:
    return _plain(Void(scene.act_id(hold), scene.clock_us()))


def _reverse(scene: Scene, name: str, part: str, original: str) -> Asking:
    asset, much = (POINTS, 0) if part == "all" else quantity(scene, part)
    return _plain(Reverse(scene.act_id(original), scene.clock_us(), much, asset))


def _release(scene: Scene, name: str, original: str) -> Asking:
    return _plain(Release(scene.act_id(original), scene.clock_us()))


def _enrol(scene: Scene, name: str, member: str, *aliases: str) -> Asking:
    return _plain(Enrol(scene.member(member), tuple(map(scene.alias, aliases))))


def _link(scene: Scene, name: str, alias: str, member: str) -> Asking:
    return _plain(LinkAlias(scene.member(member), scene.alias(alias)))


# --- acts on partners, keys and the tariff -----------------------------------------------------------------------------


def _add_key(scene: Scene, name: str, word: str, owner: str) -> Asking:
    key = scene.key(word)
    scene.keys.setdefault(owner, []).append(key)
    public = parse_public_key(key.spki)
    body = AddKey(owner, public.keyid, public.algorithm, REQUEST, None, public.spki)
    proof = possession_message(audience=scene.network.origin, partner_id=owner, keyid=key.keyid)
    return body, message_of(body, proof=key.sign(proof))


def _revoke_key(scene: Scene, name: str, word: str, reason: str) -> Asking:
    return _plain(RevokeKey(scene.key(word).keyid, reason, None))


def _propose_tariff(scene: Scene, name: str, *words: str) -> Asking:
    """`rate 0.02 fee 0.001 after 3d`: terms that are not named stay as they are; `after`: not in force before."""
    *said, when, span = [*words, *([] if "after" in words else ["after", ""])]
    if when != "after":
        raise ValueError("write last: after 3d")
    tariff = with_terms(scene.model.tariff(scene.model.size(HOUSE)), said)
    from_us = scene.clock_us() + span_us(span) if span else None
    proposal = spell_tariff_proposal(scene.network.origin, tariff, from_us)
    body = ProposeTariff(tariff, from_us, scene.proposed(proposal, name))
    return body, message_of(body, proposal=proposal)


def _approve_tariff(scene: Scene, name: str, proposal: str) -> Asking:
    return _plain(ApproveTariff(scene.proposals.get(proposal, NO_PROPOSAL)))


def _fund_agree(scene: Scene, name: str, share: str, campaign: str, issuer: str, span: str) -> Asking:
    until_us = scene.clock_us() + span_us(span)
    return _plain(AgreeToFund(issuer, campaign, basis_points(share), until_us))


# --- acts of finance ---------------------------------------------------------------------------------------------------


def _propose(scene: Scene, name: str, cycle: str, *accepted: str) -> Asking:
    """`accepting zero-cycle`, or nothing for the warnings that hold; `accepting` alone for none."""
    number, network = int(cycle), scene.network
    figures = scene.model.figures(number) or CycleFigures(0, 0, 0, {})
    warnings = scene.model.warnings(number) if not accepted else tuple(accepted[1:])
    deferred = scene.model.deferred(number)
    proposal = proposal_of(network.origin, number, network.currency, figures, warnings, deferred)
    said = Figures(figures.gross, figures.bilateral, figures.multilateral, dict(sorted(figures.nets.items())))
    body = Propose(number, network.currency, said, scene.proposed(proposal, name), warnings, deferred)
    return body, message_of(body, proposal=proposal)


def _approve(scene: Scene, name: str, proposal: str) -> Asking:
    return _plain(Approve(scene.proposals.get(proposal, NO_PROPOSAL)))


def _object(scene: Scene, name: str, settlement: str, *words: str) -> Asking:
    return _plain(Object(int(settlement), " ".join(words)))


def _answer(scene: Scene, name: str, participant: str, settlement: str, answer: str, *words: str) -> Asking:
    if answer not in ("accepted", "rejected"):
        raise ValueError("write accepted or rejected before the words")
    return _plain(AnswerObjection(int(settlement), participant, answer == "accepted", " ".join(words)))


def _confirm(scene: Scene, name: str, participant: str, amount: str, settlement: str) -> Asking:
    minor = micros(amount) // micros_per_minor(scene.network.minor_digits)
    return _plain(Confirm(int(settlement), participant, minor))


def _propose_opening(scene: Scene, name: str, file: str, lots: str, *words: str) -> Asking:
    """`60 points`, `25.00 of value`, or `60 points and 25.00 of value`."""
    brought = dict([quantity(scene, word) for word in words if word[0].isdecimal()])
    figures = (int(lots), 1, brought.get(POINTS, 0), brought.get(VALUE, 0))
    return _plain(ProposeOpening(_hash_of(file), *figures))


def _hash_of(file: str) -> str:
    """A hash for a file that is only named."""
    return sha256(file.encode()).hexdigest()


ACTS: dict[str, tuple[str, Callable[..., Asking]]] = {
    "issue": ("AMOUNT to MEMBER ...", _issue),
    "redeem": ("AMOUNT of MEMBER ...", _redeem),
    "transfer": ("AMOUNT of MEMBER to MEMBER", _transfer),
    "authorize": ("AMOUNT of MEMBER ...", _authorize),
    "capture": ("AMOUNT of ACT", _capture),
    "void": ("ACT", _void),
    "reverse": ("PART of ACT", _reverse),
    "release": ("ACT", _release),
    "proof-add": ("PROOF of MEMBER ...", add_proof),
    "proof-remove": ("PROOF of MEMBER ...", remove_proof),
    "enrol": ("MEMBER ...", _enrol),
    "link": ("ALIAS to MEMBER", _link),
    "register": ("PARTNER", lambda scene, name, partner: _plain(Register(partner, partner.title()))),
    "activate": ("PARTNER", lambda scene, name, partner: _plain(Activate(partner))),
    "suspend": ("PARTNER", lambda scene, name, partner: _plain(Suspend(partner))),
    "key-add": ("KEY of PARTNER", _add_key),
    "key-revoke": ("KEY as REASON", _revoke_key),
    "fund-agree": ("SHARE of CAMPAIGN of ISSUER for SPAN", _fund_agree),
    "fund-end": (
        "CAMPAIGN of ISSUER",
        lambda scene, name, campaign, issuer: _plain(EndFunding(issuer, campaign)),
    ),
    "tariff-propose": ("...", _propose_tariff),
    "tariff-approve": ("PROPOSAL", _approve_tariff),
    "opening-propose": ("FILE with LOTS lots and ...", _propose_opening),
    "opening-approve": (
        "FILE of PARTNER",
        lambda scene, name, file, partner: _plain(ApproveOpening(partner, _hash_of(file))),
    ),
    **OF_BANKS,
    "close": ("cycle NUMBER", lambda scene, name, cycle: _plain(CloseCycle(int(cycle), None))),
    "propose": ("cycle NUMBER ...", _propose),
    "approve": ("PROPOSAL", _approve),
    "objection": ("to settlement NUMBER ...", _object),
    "objection-answer": ("PARTICIPANT on settlement NUMBER ANSWER ...", _answer),
    "cancel": (
        "settlement NUMBER",
        lambda scene, name, settlement: _plain(CancelSettlement(int(settlement))),
    ),
    "abort": ("settlement NUMBER", lambda scene, name, settlement: _plain(AbortSettlement(int(settlement)))),
    "confirm": ("leg of PARTICIPANT AMOUNT in settlement NUMBER", _confirm),
    **SECURITY_ACTS,
}
"""How each act is written after its name, and what makes its request of the words in capitals."""
