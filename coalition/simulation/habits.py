"""What people do day by day, and how often."""

ON_POINTS = {
    "issue": 38,
    "redeem": 20,
    "transfer": 6,
    "authorize": 8,
    "capture": 6,
    "void": 2,
    "release": 3,
    "reverse": 7,
    "enrol": 5,
    "link": 2,
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
    "close",
    "propose",
    "approve",
    "confirm",
    "propose opening",
    "approve opening",
    "load opening",
)
"""Acts of the house, each as likely as the next."""
