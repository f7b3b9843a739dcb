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
    "confirm",
    "propose opening",
    "approve opening",
    "load opening",
    "propose account",
    "approve account",
    "instruct",
    "import statement",
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
    "propose account": "approve account",
}
"""What comes after an act of the house before long, so that it often has its end."""
MISCONDUCT = ("stale", "hasty", "forged", "astray", "borrowed key", "retired key", "reused id")
