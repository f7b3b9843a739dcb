"""How a company's own books call what the network means: a TOML file that names one account for each role."""

import tomllib

from settlement.errors import CoalitionError

ROLES = {
    "due_to_network": "liability: what the company owes the network",
    "due_from_network": "asset: what it is owed",
    "settlement": "what an approved settlement makes payable; the bank's payment goes against it",
    "points_liability": "liability: points that members may still spend, at what redeemers are paid for them",
    "points_cost": "expense: points issued; in a pool their price",
    "redemption_income": "income: what it is paid for points spent at it",
    "interchange_cost": "expense: what it pays funders for points spent at it",
    "interchange_income": "income: what it is paid by redeemers of its points",
    "fees": "expense: the operator's fees",
    "rebates": "income: rebates for expired points",
    "arrears_recovered": "income: what members owed it and others' points repaid",
    "other": "what has none of these purposes",
    "rounding": "fractions of a minor unit that wait, or waited",
}
"""Role to what it is for."""
_LENGTH_MAX = 80
OwnAccounts = dict[str, str]
"""Role to the company's own account."""


def default_map() -> str:
    """A file that names every role's account after the role."""
    lines = [f"# {meaning}\n{role} = {role.replace('_', ' ')!r}\n" for role, meaning in ROLES.items()]
    return "".join(["# Put your own accounts in the place of these.\n", *lines])


def read_map(text: str) -> OwnAccounts:
    """The accounts that a file names. CoalitionError MAP_INVALID names the line or the role."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CoalitionError("MAP_INVALID", f"it is not TOML: {error}", field="map") from None
    for role, account in found.items():
        if role not in ROLES:
            message = f"{role!r} is no role; there are {', '.join(ROLES)}"
            raise CoalitionError("MAP_INVALID", message, field=role)
        if not isinstance(account, str) or not 1 <= len(account) <= _LENGTH_MAX or not account.isprintable():
            message = f"{role} is an account's name in quotes, of at most {_LENGTH_MAX} characters"
            raise CoalitionError("MAP_INVALID", message, field=role)
    missing = [role for role in ROLES if role not in found]
    if missing:
        message = f"no account is named for {', '.join(missing)}; `--write-map` writes a whole file"
        raise CoalitionError("MAP_INVALID", message, field=missing[0])
    return found
