"""Names that banks know: IBAN, BIC, LEI, and the two references that every leg carries.

Check digits and the shapes of every country are those of `python-stdnum`. Only the electronic spelling is taken, in capitals and
without blanks, so that one account has one name.
"""

import base64
import hashlib
import re
from collections.abc import Callable

from stdnum import bic, iban, iso11649, lei
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

from settlement.errors import CoalitionError

LEGAL_NAME_MAX = 70
REFERENCE_MAX = 25
"""Characters of an ISO 11649 reference, `RF` and its check digits among them."""
_SEPA_TEXT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9/?:().,'+ -]*[A-Za-z0-9.)])?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MARK_CHARACTERS = 14


def check_iban(text: str, field: str = "iban") -> str:
    """The IBAN, if its country knows its shape and its check digits are right. CoalitionError FIELD_INVALID otherwise."""
    return _checked(text, field, "an IBAN", iban.validate)


def iban_of(country: str, body: str) -> str:
    """The IBAN of an account, with its check digits: for accounts that are made up."""
    return f"{country}{mod_97_10.calc_check_digits(f'{body}{country}')}{body}"


def check_bic(text: str, field: str = "bic") -> str:
    """The BIC of 8 or 11 characters. CoalitionError FIELD_INVALID if it is none."""
    return _checked(text, field, "a BIC", bic.validate)


def check_lei(text: str, field: str = "lei") -> str:
    """The legal entity identifier of 20 characters (ISO 17442). CoalitionError FIELD_INVALID if it is none."""
    return _checked(text, field, "an LEI", lei.validate)


def check_country(text: str, field: str = "country") -> str:
    """Two capitals, as ISO 3166 names countries. CoalitionError FIELD_INVALID otherwise."""
    if _COUNTRY.fullmatch(text) is None:
        raise CoalitionError("FIELD_INVALID", f"{field} must be two capital letters, as DE", field=field)
    return text


def check_legal_name(text: str, field: str = "legal_name") -> str:
    """A name of 1 to 70 characters that every bank takes (the SEPA set). CoalitionError FIELD_INVALID otherwise."""
    if len(text) > LEGAL_NAME_MAX or _SEPA_TEXT.fullmatch(text) is None:
        allowed = f"1 to {LEGAL_NAME_MAX} letters, digits, blanks and / - ? : ( ) . , ' + of the SEPA set"
        raise CoalitionError("FIELD_INVALID", f"{field} must be {allowed}", field=field)
    return text


def _checked(text: str, field: str, what: str, validate: Callable[[str], str]) -> str:
    try:
        compact = validate(text)
    except ValidationError as error:
        sentence = str(error).removesuffix(".")
        raise CoalitionError("FIELD_INVALID", f"{field} is not {what}: {sentence}", field=field) from None
    if compact != text:
        message = f"{field} must be spelled as machines spell it: {compact}"
        raise CoalitionError("FIELD_INVALID", message, field=field)
    return text


def end_to_end_id(origin: str, settlement: int, participant: str) -> str:
    """What a bank hands through from payer to payee: it names one leg of one settlement of one network.

    At most 35 capitals, digits and hyphens, as settlements have at most ten digits: no bank changes them.
    """
    mark, whose = _mark(origin, settlement, participant), participant[:8].strip("-").upper()
    return f"S{settlement}-{whose}-{mark}"


def creditor_reference(origin: str, settlement: int, participant: str) -> str:
    """The same leg as an ISO 11649 reference, which payers type: its check digits catch slips."""
    most = REFERENCE_MAX - 4 - len(str(settlement))
    body = f"{settlement}{_mark(origin, settlement, participant)[:most]}"
    return f"RF{mod_97_10.calc_check_digits(f'{body}RF')}{body}"


def references_in(text: str) -> list[str]:
    """Every word of a remittance text that is a sound ISO 11649 reference, in one spelling; also one in groups of four."""
    words = text.upper().split()
    found = []
    for start, word in enumerate(words):
        if word.startswith("RF"):
            joined = ["".join(words[start:end]) for end in range(start + 1, min(len(words), start + 7) + 1)]
            found += [each for each in joined if iso11649.is_valid(each)]
    return found


def message_id(origin: str, settlement: int) -> str:
    """What names all payments of one settlement to the bank that is told to make them; at most 35 characters."""
    return f"S{settlement}-{_mark(origin, settlement, '')}"


def _mark(origin: str, settlement: int, participant: str) -> str:
    """Capitals and digits that no other leg of any network has."""
    digest = hashlib.sha256(f"{origin}\n{settlement}\n{participant}".encode()).digest()
    return base64.b32encode(digest).decode()[:_MARK_CHARACTERS]
