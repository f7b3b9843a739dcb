"""What may happen in a story: what is asked and how often, what goes wrong, and how people misbehave."""

from itertools import accumulate
from random import Random

ON_POINTS = {
    "issue": 35,
    "redeem": 20,
    "transfer": 6,
    "authorize": 8,
    "capture": 6,
    "void": 2,
    "release": 3,
    "reverse": 7,
    "enrol": 5,
    "link": 2,
    "add proof": 2,
    "remove proof": 1,
    "again": 2,
    "look up": 1,
}
"""Everyday acts, by how often of a hundred."""
_EVERYDAY, _SUMS = tuple(ON_POINTS), tuple(accumulate(ON_POINTS.values()))
ON_HOUSE = (
    "suspend",
    "activate",
    "propose tariff",
    "approve tariff",
    "add key",
    "revoke key",
    "name approver",
    "fund",
    "end funding",
    "close",
    "propose",
    "approve",
    "object",
    "answer objection",
    "cancel",
    "abort",
    "confirm",
    "deposit",
    "propose withdrawal",
    "approve withdrawal",
    "cap",
    "propose default",
    "approve default",
    "propose opening",
    "approve opening",
    "load opening",
    "propose account",
    "approve account",
    "instruct",
    "import statement",
)
OF_SECURITY = (
    "deposit",
    "propose withdrawal",
    "approve withdrawal",
    "cap",
    "agree to cap",
    "propose default",
    "approve default",
)
"""What is asked about securities, caps and defaults."""
TROUBLES = (
    "kill gateway",
    "kill worker",
    "kill postgres",
    "lose connection before",
    "lose connection during commit",
    "lose connection after",
    "contend",
    "step clock",
    "step partner clock",
    "hours pass",
    "weeks pass",
)
FOLLOWED_BY = {
    "suspend": "activate",
    "propose tariff": "approve tariff",
    "propose opening": "approve opening",
    "approve opening": "load opening",
    "propose withdrawal": "approve withdrawal",
    "cap": "agree to cap",
    "propose default": "approve default",
    "propose account": "approve account",
}
"""What comes after an act of the house before long, so that it often has its end."""
_BREAKS_END = ("assign break", "propose resolution", "approve resolution") * 2
_BY_BANK = ("instruct", "import statement", *_BREAKS_END)
SETTLED_BY = (
    ("propose", "approve", *_BY_BANK),
    ("propose", "hours pass", "approve", *_BY_BANK),
    (
        "propose",
        "object",
        "answer objection",
        "answer objection",
        "propose",
        "object",
        "hours pass",
        "approve",
        *_BY_BANK,
    ),
    ("propose", "cancel", "propose", "object", "hours pass", "approve", "answer objection", "approve"),
    (
        "propose",
        "hours pass",
        "approve",
        "abort",
        "abort",
        "propose",
        "hours pass",
        "approve",
        *_BY_BANK,
        "abort",
    ),
    ("propose", "hours pass", "approve", "instruct", "abort", "import statement", *_BREAKS_END),
    (
        "deposit",
        "propose",
        "hours pass",
        "approve",
        "weeks pass",
        "propose default",
        "approve default",
        *_BY_BANK,
    ),
    (
        "deposit",
        "propose",
        "hours pass",
        "approve",
        "instruct",
        "confirm",
        "weeks pass",
        "propose default",
        "approve default",
        "import statement",
        *_BREAKS_END,
    ),
)
"""What people do from the close of a cycle to the payment of its settlement; what is left is then confirmed by hand."""
MISCONDUCT = ("stale", "hasty", "forged", "astray", "borrowed key", "retired key", "reused id")


def drawn(chance: Random) -> str:
    """An everyday act, as often as it is to come."""
    return chance.choices(_EVERYDAY, cum_weights=_SUMS)[0]
