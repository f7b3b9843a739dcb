"""Pure decisions on partners and keys: (house, act) gives a draft. Rules in the order of the proto's comments."""

from settlement.clock import format_time
from settlement.house.acts import Activate, AddKey, Register, RevokeKey, Suspend
from settlement.house.drafting import house_draft
from settlement.house.records import ACTIVE, APPROVER, REGISTERED, REQUEST, Key
from settlement.house.state import House
from settlement.journal.acts import Act, Draft

PARTNERS_MAX = 800
SETTLEMENT_BYTES_MAX = 64_000
"""What the lines of a settlement of all participants may take, so that it fits one entry's leaf."""
_POST_BYTES = 60
"""A line of it at its longest, without the two places where the participant's id stands."""
LIVE_REQUEST_KEYS_MAX = 2
OPERATOR_KEYS_LEAST = {REQUEST: 1, APPROVER: 2}
"""Live keys that the operator always keeps: without them nobody could add another."""


def decide_house(house: House, act: Act[object]) -> Draft:
    """Judges one act; the house is not changed. TypeError for an act that is not one of this room."""
    match act.body:
        case Register(partner_id=subject, name=name):
            refusal = (
                "PARTNER_EXISTS"
                if subject in house.partners
                else "LIMIT_EXCEEDED"
                if _full(house, subject)
                else None
            )
            return house_draft("register", act, (("subject", subject), ("name", name)), refusal)
        case Activate(partner_id=subject):
            return house_draft("activate", act, (("subject", subject),), _known(house, subject))
        case Suspend(partner_id=subject):
            return house_draft("suspend", act, (("subject", subject),), _known(house, subject))
        case AddKey() as body:
            return _add_key(house, act, body)
        case RevokeKey() as body:
            return _revoke_key(house, act, body)
    raise TypeError(f"not an act of the house: {act.body!r}")


def why_stopped(house: House, partner_id: str) -> str | None:
    """Why a registered partner may not move points or agree to pay for some, or None if it may."""
    state = house.partners[partner_id].state
    if state == ACTIVE:
        return None
    return "PARTNER_NOT_ACTIVE" if state == REGISTERED else "PARTNER_SUSPENDED"


def line_bytes(participant: str) -> int:
    """What a participant's line of a settlement may take in an entry's leaf."""
    return 2 * len(participant) + _POST_BYTES


def _full(house: House, subject: str) -> bool:
    """Whether one more partner is too many: in number, or because long ids fill a settlement's entry."""
    lines = sum([line_bytes(name) for name in (*house.partners, subject)])
    return len(house.partners) > PARTNERS_MAX or lines > SETTLEMENT_BYTES_MAX


def _known(house: House, subject: str) -> str | None:
    return None if subject in house.partners and subject != house.operator else "PARTNER_UNKNOWN"


def _add_key(house: House, act: Act[object], body: AddKey) -> Draft:
    key = Key(body.keyid, body.algorithm, body.purpose, body.owner, body.person, body.spki, house.size)
    refusal = None
    if body.owner not in house.partners or act.partner not in (body.owner, house.operator):
        refusal = "PARTNER_UNKNOWN"
    elif not _may_add(house, act, body):
        refusal = "PURPOSE_NOT_ALLOWED"
    elif body.keyid in house.keys or _has_named(house, key, house.keys[act.keyid]):
        refusal = "KEY_EXISTS"
    elif _too_many(house, body):
        refusal = "TOO_MANY_KEYS"
    return house_draft("key-add", act, (("key", key.line()),), refusal)


def _has_named(house: House, key: Key, signer: Key) -> bool:
    """Whether the signer, or a key of its kind, has named this key and waits for one of the other kind to do so."""
    namer = house.namer(key.line())
    return namer is not None and namer.purpose == signer.purpose


def _may_add(house: House, act: Act[object], body: AddKey) -> bool:
    """Request keys are added by request keys; the operator's people are named by the operator's own keys, of both kinds."""
    signer = house.keys.get(act.keyid)
    if body.purpose == REQUEST:
        return signer is not None and signer.purpose == REQUEST
    return signer is not None and signer.owner == body.owner == house.operator


def _too_many(house: House, body: AddKey) -> bool:
    live = house.live_keys(body.owner, body.purpose)
    if body.purpose == REQUEST:
        return len(live) >= LIVE_REQUEST_KEYS_MAX
    return any(key.person == body.person for key in live)


def _revoke_key(house: House, act: Act[object], body: RevokeKey) -> Draft:
    lines = [("keyid", body.keyid), ("reason", body.reason)]
    if body.suspect_from_us is not None:
        lines.append(("suspect-from", format_time(body.suspect_from_us)))
    return house_draft("key-revoke", act, tuple(lines), _revocation_refusal(house, act, body))


def _revocation_refusal(house: House, act: Act[object], body: RevokeKey) -> str | None:
    key = house.live_key(body.keyid)
    if (
        key is None
        or key.purpose not in OPERATOR_KEYS_LEAST
        or act.partner not in (key.owner, house.operator)
    ):
        return "KEY_UNKNOWN"
    last = (
        key.owner == house.operator
        and len(house.live_keys(key.owner, key.purpose)) <= OPERATOR_KEYS_LEAST[key.purpose]
    )
    return "LAST_KEY" if last else None
