"""Pure rules on the member's own yes: which proofs a member has, when one must be shown, and whether it is genuine."""

from settlement.house.state import House
from settlement.ledger.acts import (
    CODE,
    AddMemberProof,
    Authorize,
    Code,
    Consent,
    MemberName,
    Redeem,
    RemoveMemberProof,
)
from settlement.ledger.book import Book
from settlement.ledger.consent import consent_message, leads_to
from settlement.ledger.known_proofs import DEVICES_MAX
from settlement.ledger.rules.membership import find
from settlement.ledger.rules.ruling import ActName, Ruling, spell_proof
from settlement.money import POINTS
from settlement.signing import SignatureError, known_public_key


def consent_to_spend(
    book: Book, house: House, name: ActName, body: Redeem | Authorize, member: str | None
) -> str | None:
    """Why the act may not go on without the member, or None. A proof that is shown must be genuine, asked for or not."""
    above = house.tariff.consent_above if body.asset == POINTS else house.tariff.value_consent_above
    required = above is not None and body.amount > above
    if member is None or (body.proof is None and not required):
        return None
    kind = "redeem" if isinstance(body, Redeem) else "authorize"
    return _why_no_consent(book, house, name, member, body.proof, (kind, f"{body.asset} {body.amount}"))


def add_proof(book: Book, house: House, name: ActName, body: AddMemberProof, refusal: str | None) -> Ruling:
    """One more proof of a member. A new chain of codes takes the place of the one before."""
    member, what = find(book, MemberName(body.member)), spell_proof(body.name, body.public)
    consent = None
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and member is not None:
        refusal = _consent_to_add(book, house, name, body, member, what)
        consent = None if refusal in ("PROOF_REQUIRED", "PROOF_INVALID") else body.proof
    if refusal is None and member is not None:
        known = book.proofs.of(member)
        if known.get(body.name) == body.public:
            refusal = "PROOF_EXISTS"
        elif body.name != CODE and len(known.keys() - {CODE}) >= DEVICES_MAX:
            refusal = "TOO_MANY_PROOFS"
    if refusal is None and member is not None:
        use_up(book, member, consent)
        book.proofs.set(member, body.name, body.public)
    return Ruling("proof-add", member, refusal, consent=consent)


def _consent_to_add(
    book: Book, house: House, name: ActName, body: AddMemberProof, member: str, what: str
) -> str | None:
    """A member that can be known is asked, so that nobody adds a phone of its own behind the member's back."""
    if body.proof is None and not book.proofs.of(member):
        return None
    return _why_no_consent(book, house, name, member, body.proof, ("proof-add", what))


def remove_proof(
    book: Book, house: House, name: ActName, body: RemoveMemberProof, refusal: str | None
) -> Ruling:
    """The end of a proof: a partner asks with the member, the operator, whose desk hears of lost phones, may ask without."""
    member, consent = find(book, MemberName(body.member)), None
    if refusal is None and member is None:
        refusal = "MEMBER_UNKNOWN"
    if refusal is None and member is not None and (body.proof is not None or name[0] != house.operator):
        refusal = _why_no_consent(book, house, name, member, body.proof, ("proof-remove", body.name))
        consent = body.proof if refusal is None else None
    if refusal is None and member is not None and body.name not in book.proofs.of(member):
        refusal = "PROOF_UNKNOWN"
    if refusal is None and member is not None:
        use_up(book, member, consent)
        book.proofs.remove(member, body.name)
    return Ruling("proof-remove", member, refusal, consent=consent)


def use_up(book: Book, member: str, consent: Consent | None) -> None:
    """An accepted act makes the code that it showed the anchor: neither it nor one lost before it counts again."""
    if isinstance(consent, Code):
        book.proofs.set(member, CODE, consent.code)


def _why_no_consent(
    book: Book, house: House, name: ActName, member: str, proof: Consent | None, matter: tuple[str, str]
) -> str | None:
    """`matter`: the kind of the entry, and what it is about."""
    if proof is None:
        return "PROOF_REQUIRED"
    known = book.proofs.of(member)
    if isinstance(proof, Code):
        is_genuine = CODE in known and leads_to(proof.code, known[CODE])
        return None if is_genuine else "PROOF_INVALID"
    spki = None if proof.keyid == CODE else known.get(proof.keyid)
    if spki is None:
        return "PROOF_INVALID"
    (partner, act_id), (kind, what) = name, matter
    message = consent_message(
        audience=house.founded.origin, partner=partner, act_id=act_id, kind=kind, what=what
    )
    try:
        known_public_key(spki).verify(proof.signature, message)
    except SignatureError:
        return "PROOF_INVALID"
    return None
