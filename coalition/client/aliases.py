"""Alias tokens: how a card, phone number, app id or e-mail address names a member without ever travelling.

    token = HMAC-SHA256(alias key, kind LF normalised alias)      UTF-8; RFC 2104, FIPS 180-4

All partners must spell an alias alike, or one person becomes two members; hence one normalisation per kind. It never throws
letters or digits away to make something fit: what it does not understand it refuses, and it refuses without quoting, since
aliases are personal data. Normalising twice changes nothing. Every kind starts with Unicode NFKC.

    card    blanks, hyphens, dots and slashes go; the rest must be digits
    phone   E.164: as card, also without brackets and a "(0)"; a leading 00 becomes +; must then be + and 1 to 15 digits, because
            a national number means another person in each country
    app     blanks at the ends go; case counts
    email   blanks at the ends go; case-folded as a whole: RFC 5321 lets the part before @ keep its case, people do not
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

from coalition.client.errors import ClientError

Alias: TypeAlias = tuple[str, str]
"""A kind and a spelling, for example ("card", "4000 1234 5678")."""

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2013./]+")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_E164 = re.compile(r"\+[0-9]{1,15}")


def normalise_alias(kind: str, alias: str) -> str:
    """The one spelling of an alias. ClientError ALIAS_INVALID for an unknown kind or a spelling that is none of that kind."""
    rule = _RULES.get(kind)
    if rule is None:
        raise _invalid(f"an alias is one of {', '.join(_RULES)}")
    return rule(unicodedata.normalize("NFKC", alias))


def alias_token(alias_key: bytes, kind: str, alias: str) -> bytes:
    """The 32 bytes that stand for an alias in requests. ClientError ALIAS_INVALID as for `normalise_alias`."""
    message = f"{kind}\n{normalise_alias(kind, alias)}"
    return hmac.digest(alias_key, message.encode(), hashlib.sha256)


def _card(text: str) -> str:
    digits = _ascii_digits(_SEPARATORS.sub("", text))
    if not (digits.isascii() and digits.isdigit()):
        raise _invalid("a card number has digits only, apart from blanks and hyphens between them")
    return digits


def _phone(text: str) -> str:
    number = _ascii_digits(_SEPARATORS.sub("", _TRUNK_ZERO.sub("", text)).replace("(", "").replace(")", ""))
    if number.startswith("00"):
        number = "+" + number[2:]
    if _E164.fullmatch(number) is None:
        raise _invalid("a phone number is given in its international form: + or 00, country, number")
    return number


def _app(text: str) -> str:
    text = text.strip()
    if not text or not text.isprintable():
        raise _invalid("an app id is printable and not empty")
    return text


def _email(text: str) -> str:
    # Folding can leave NFKC, for example where a letter becomes two.
    text = unicodedata.normalize("NFKC", text.strip().casefold())
    mailbox, _at, domain = text.rpartition("@")
    if not mailbox or not domain or not text.isprintable() or " " in text:
        raise _invalid("an e-mail address has the form name@domain, without blanks")
    return text


def _ascii_digits(text: str) -> str:
    """Digits of any script as 0 to 9; NFKC leaves, say, Arabic-Indic digits as they are."""
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text)


def _invalid(demand: str) -> ClientError:
    return ClientError("ALIAS_INVALID", demand, field="alias")


_RULES: dict[str, Callable[[str], str]] = {"card": _card, "phone": _phone, "app": _app, "email": _email}
