"""What a member shows as its own yes: a one-time code of a chain, or a device key's signature.

A chain of codes is a hash chain (Lamport 1981; RFC 2289 uses one alike): a secret seed, hashed again and again, gives the codes,
and the books keep the last of them, the anchor. A code is shown that hashes to the anchor, and becomes the next anchor; so the
books hold no secret, and whoever has the journal can check every code.
"""

from hashlib import sha256

from settlement.signing import pae

CODE_BYTES = 16
STEPS_MAX = 100
"""How many codes a member may lose in a row: a code is looked for so far before the anchor."""
CONSENT_TYPE = "application/vnd.coalition.v1.member-consent"
_STEP = b"coalition-member-code/v1\n"


def after(code: bytes) -> bytes:
    """The code that comes after this one on the way to the anchor; it was, or will be, shown before it."""
    return sha256(_STEP + code).digest()[:CODE_BYTES]


def leads_to(code: bytes, anchor: bytes) -> bool:
    """Whether a code stands before the anchor in its chain, and near enough."""
    for _ in range(STEPS_MAX if len(code) == CODE_BYTES else 0):
        code = after(code)
        if code == anchor:
            return True
    return False


def consent_message(*, audience: str, partner: str, act_id: str, kind: str, what: str) -> bytes:
    """The bytes that a device signs. `kind`: of the entry asked for; `what`: the amount, or the proof added or removed."""
    return pae(CONSENT_TYPE, f"{audience}\n{partner}\n{act_id}\n{kind}\n{what}\n".encode())


def device_possession_message(*, audience: str, partner: str, member: str, keyid: str) -> bytes:
    """What a device signs to prove that it holds the key that a partner is to add for a member."""
    return f"coalition-device-possession/v1\n{audience}\n{partner}\n{member}\n{keyid}\n".encode()
