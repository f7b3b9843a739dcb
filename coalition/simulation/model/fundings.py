"""Co-funded campaigns: docs/ledger.md, "Co-funded issues", and the rows AgreeToFund and EndFunding of the refusals."""

from dataclasses import dataclass

from coalition.simulation.model.partners import Partners
from coalition.simulation.model.terms import FUNDERS_MAX, SHARES_MAX, WHOLE, Answer, Line, Place, spell_time
from settlement.house.acts import AgreeToFund, EndFunding


@dataclass(frozen=True, slots=True)
class Word:
    """What a funder said of a campaign in one house entry: its share until a time, or nothing any more."""

    entry: int
    time_us: int
    funder: str
    share: int
    until_us: int


class Fundings:
    """Everything that was ever said of each campaign, by issuer and name, in the order in which it was said."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        self._said: dict[tuple[str, str], list[Word]] = {}

    def agree(self, place: Place, funder: str, body: AgreeToFund) -> Answer:
        """A share that the caller funds from now on."""
        about: list[Line] = [
            ("subject", body.issuer),
            ("campaign", body.campaign),
            ("share", f"{body.share_basis_points}"),
            ("until", spell_time(body.until_us)),
        ]
        refusal = self._why_not(place, funder, body)
        if refusal is None:
            self._say(place, funder, body.issuer, body.campaign, body.share_basis_points, body.until_us)
        return Answer(refusal, about)

    def _why_not(self, place: Place, funder: str, body: AgreeToFund) -> str | None:
        stopped = self._partners.refusal(funder, place.house)
        if stopped is not None:
            return stopped
        known = self._partners.state(body.issuer, place.house) is not None
        if not known or body.issuer in (funder, self._partners.operator):
            return "PARTNER_UNKNOWN"
        others = self._standing(place.house, place.time_us, body.issuer, body.campaign)
        others.pop(funder, None)
        if len(others) + 1 > FUNDERS_MAX:
            return "LIMIT_EXCEEDED"
        return "SHARES_EXCEEDED" if sum(others.values()) + body.share_basis_points > SHARES_MAX else None

    def end(self, place: Place, funder: str, body: EndFunding) -> Answer:
        """The caller funds the campaign no more."""
        about: list[Line] = [("subject", body.issuer), ("campaign", body.campaign)]
        if funder not in self._standing(place.house, place.time_us, body.issuer, body.campaign):
            return Answer("CAMPAIGN_UNKNOWN", about)
        self._say(place, funder, body.issuer, body.campaign, 0, 0)
        return Answer(None, about)

    def parts(self, place: Place, issuer: str, campaign: str | None, points: int) -> dict[str, int]:
        """Who funds how many of the points that are issued here, the issuer first; nobody if the campaign is unknown."""
        if campaign is None:
            return {issuer: points}
        standing = self._standing(place.house, place.time_us, issuer, campaign)
        active = {name: share for name, share in standing.items() if self._is_active(name, place.house)}
        if not active:
            return {}
        shares = {issuer: WHOLE - sum(active.values())} | dict(sorted(active.items()))
        exact = {name: divmod(points * share, WHOLE) for name, share in shares.items()}
        over = points - sum(whole for whole, _ in exact.values())
        first = sorted(exact, key=lambda name: (WHOLE - exact[name][1], name))[:over]
        parts = {name: whole + (name in first) for name, (whole, _) in exact.items()}
        return {name: part for name, part in parts.items() if part > 0}

    def _is_active(self, partner: str, house: int) -> bool:
        return self._partners.state(partner, house) == "active"

    def _say(self, place: Place, funder: str, issuer: str, campaign: str, share: int, until_us: int) -> None:
        word = Word(place.index, place.time_us, funder, share, until_us)
        self._said.setdefault((issuer, campaign), []).append(word)

    def _standing(self, house: int, time_us: int, issuer: str, campaign: str) -> dict[str, int]:
        """Shares by funder: the newest word of each, unless its time is over now, or was when anybody agreed later."""
        words = [word for word in self._said.get((issuer, campaign), []) if word.entry < house]
        newest = {word.funder: word for word in words}
        found: dict[str, int] = {}
        for name, word in newest.items():
            later = [other.time_us for other in words if other.entry > word.entry and other.share]
            if word.until_us > max([time_us, *later]):
                found[name] = word.share
        return found


def undone_by_lot(quantities: list[int], undone: int) -> list[int]:
    """Of so many undone points of an issue, those of each lot: its part of what is left for it and the lots after it."""
    parts: list[int] = []
    for at, quantity in enumerate(quantities):
        parts.append((undone - sum(parts)) * quantity // sum(quantities[at:]))
    return parts
