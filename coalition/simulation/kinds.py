"""What may happen in a story: what is asked and how often, what goes wrong, and how people misbehave."""

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
)
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
    "propose default": "approve default",
}
"""What comes after an act of the house before long, so that it often has its end."""
SETTLED_BY = (
    ("propose", "approve"),
    ("propose", "hours pass", "approve"),
    ("propose", "object", "answer objection", "propose", "object", "hours pass", "approve"),
    ("propose", "cancel", "propose", "object", "hours pass", "approve", "answer objection", "approve"),
    ("propose", "hours pass", "approve", "abort", "propose", "hours pass", "approve"),
    ("deposit", "propose", "hours pass", "approve", "weeks pass", "propose default", "approve default"),
    (
        "deposit",
        "propose",
        "hours pass",
        "approve",
        "confirm",
        "weeks pass",
        "propose default",
        "approve default",
    ),
)
"""What people do from the close of a cycle to the approval of its settlement."""
MISCONDUCT = ("stale", "hasty", "forged", "astray", "borrowed key", "retired key", "reused id")
