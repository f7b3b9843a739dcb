"""How many decimals a currency has (ISO 4217, list one); all that are not named here have two."""

import re

from settlement.errors import CoalitionError

_CODE = re.compile(r"[A-Z]{3}")
_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_BY_CODE = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}


def minor_digits(currency: str) -> int:
    """Decimals of the currency's minor unit. CoalitionError FIELD_INVALID unless it looks like an ISO code."""
    if _CODE.fullmatch(currency) is None:
        raise CoalitionError(
            "FIELD_INVALID", "a currency has three capital letters, as EUR", field="currency"
        )
    return _BY_CODE.get(currency, 2)
