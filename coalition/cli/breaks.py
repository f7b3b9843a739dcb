"""`coalition bank breaks | assign | resolve | approve`: what moved in the bank and pays no leg, and how two people end it."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated

import typer

from coalition.cli.approval import ask, must_be_asked
from coalition.cli.house_view import read_house
from coalition.cli.options import ActId, Yes, id_text
from coalition.cli.printing import Amount, emit, hint, money_minor, say, short, show_table
from coalition.cli.telling import tell_outcome
from coalition.cli.usage import wrong_usage
from coalition.cli.voice import OPERATOR, Voice, speaking
from coalition.client.bank_answers import Break
from coalition.wire.resolutions import WORDS_MAX, spell_resolution
from coalition.wire.strict import read_text
from settlement.errors import CoalitionError
from settlement.house.breaks import ADJUSTMENT, MATCH, OFFSET, WRITE_OFF, ProposedResolution, Resolution
from settlement.house.four_eyes import is_expired
from settlement.house.practice import network_now_us
from settlement.house.state import House

AGES = ((1, "0-1"), (5, "2-5"), (30, "6-30"))
"""Business days, and how people call so many."""
DIGITS_LEAST = 8
STEPS = (
    "coalition bank assign LINE PERSON --as NAME",
    "coalition bank resolve LINE --because TEXT --as NAME",
    "coalition bank approve SHA256 --as NAME",
)
Line = Annotated[
    str,
    typer.Argument(metavar="LINE", help="A break, by its line's SHA-256 or enough of its first digits."),
]


def _reason(text: str) -> str:
    """Wrong usage unless the network would take it."""
    with wrong_usage():
        return read_text(text, "because", least=1, most=WORDS_MAX)


@speaking(OPERATOR)
def breaks(voice: Voice) -> None:
    """List what moved in the bank and pays no leg, by age in business days, and what somebody has proposed about it.

    [dim]coalition bank breaks[/]
    """
    with voice.asking() as client:
        _, found = client.breaks()
        house = read_house(client)
    waiting = _waiting(house)
    if voice.json:
        emit([_document(each, waiting.get(each.line_sha256.hex())) for each in found])
        return
    rows = [
        (
            short(each.line_sha256.hex()),
            each.booked_on.isoformat(),
            bucket(each.age_business_days),
            each.owner or "",
            _money(house, each.amount_minor),
            each.reason,
            f"{each.participant} in {each.settlement}" if each.participant else "",
            f"0:{each.entry_number}",
            _next(each, waiting.get(each.line_sha256.hex())),
        )
        for each in found
    ]
    show_table(("line", "booked", "age", "owner", "amount", "why", "names the leg of", "entry", "next"), rows)
    say(f"{len(found)} breaks, together {_money(house, sum([each.amount_minor for each in found]))}")
    for line, proposed in waiting.items():
        say(f"{short(line)}: {proposed.proposer} proposes {_in_words(proposed)}")
    if found:
        hint(*STEPS, flags=voice.flags)


@speaking()
def assign(
    voice: Voice,
    line: Line,
    person: Annotated[
        str, typer.Argument(metavar="PERSON", callback=id_text, help="One of the operator's people.")
    ],
    act_id: ActId = None,
) -> None:
    """Name the person who looks after a break.

    [dim]coalition bank assign 3f2a91c0 bob --as ann[/]
    """
    with voice.acting() as client:
        line = _line(line, [each.line_sha256.hex() for each in client.breaks()[1]])
        outcome = client.assign_break(line_sha256=bytes.fromhex(line), person=person, act_id=act_id)
    tell_outcome(voice, outcome, f"{person} looks after {short(line)}", "coalition bank breaks")


@speaking()
def resolve(
    voice: Voice,
    line: Line,
    because: Annotated[str, typer.Option(metavar="TEXT", callback=_reason, help="Why, for whoever audits.")],
    write_off: Annotated[
        bool, typer.Option("--write-off", help="It is the operator's gain, or its loss.")
    ] = False,
    adjustment: Annotated[
        str | None,
        typer.Option(
            metavar="PARTICIPANT", callback=id_text, help="It was this participant's: it is owed to it."
        ),
    ] = None,
    match: Annotated[
        str | None, typer.Option(metavar="SETTLEMENT/PARTICIPANT", help="It pays this leg.")
    ] = None,
    offset: Annotated[str | None, typer.Option(metavar="LINE", help="This other break undoes it.")] = None,
    act_id: ActId = None,
) -> None:
    """Propose how a break ends; another person then approves it.

    [dim]coalition bank resolve 3f2a91c0 --adjustment bakery --because "paid twice" --as ann[/]
    """
    with voice.acting() as client:
        known = [each.line_sha256.hex() for each in client.breaks()[1]]
        line, how = _line(line, known), _how(write_off, adjustment, match, offset, known)
        outcome = client.propose_resolution(
            line_sha256=bytes.fromhex(line), resolution=how, words=because, act_id=act_id
        )
    digest = sha256(spell_resolution(voice.identity.network, line, how, because)).hexdigest()
    step = f"another person: coalition bank approve {digest} --as NAME"
    tell_outcome(voice, outcome, f"proposed to end {short(line)} by {_spoken(how)}", step)


@speaking()
def approve(
    voice: Voice,
    proposal: Annotated[
        str, typer.Argument(metavar="SHA256", help="The proposal's SHA-256, or enough of its first digits.")
    ],
    yes: Yes = False,
    act_id: ActId = None,
) -> None:
    """Approve how a break ends, as another person than the proposer.

    [dim]coalition bank approve 3f2a91c0 --as bob[/]
    """
    must_be_asked(voice, yes=yes)
    with voice.acting() as client:
        house = read_house(client)
        digest = _one(proposal, house.resolutions, "PROPOSAL_NOT_FOUND", "proposal")
        found = house.resolutions[digest]
        money = _money(house, house.breaks[found.line].amount_minor)
        question = f"{found.proposer} proposes to end the break of {money} by {_in_words(found)}. Approve?"
        ask(question, yes=yes)
        outcome = client.approve_resolution(proposal_sha256=bytes.fromhex(digest), act_id=act_id)
    tell_outcome(
        voice, outcome, f"{short(found.line)} has ended: {_in_words(found)}", "coalition bank breaks"
    )


def bucket(days: int) -> str:
    """How people call an age in business days."""
    return next((name for most, name in AGES if days <= most), "30+")


def _how(
    write_off: bool, adjustment: str | None, match: str | None, offset: str | None, known: Iterable[str]
) -> Resolution:
    """Wrong usage unless exactly one way is named."""
    if [write_off, adjustment is not None, match is not None, offset is not None].count(True) != 1:
        message = "name one of --write-off, --adjustment, --match and --offset"
        raise typer.BadParameter(message, param_hint="--write-off")
    if adjustment is not None:
        return Resolution(ADJUSTMENT, adjustment)
    if match is not None:
        number, _, participant = match.partition("/")
        if not number.isdecimal() or not 1 <= int(number) < 2**31:
            raise typer.BadParameter(
                "a settlement's number and a participant, as 7/bakery", param_hint="--match"
            )
        return Resolution(MATCH, id_text(participant), int(number))
    return Resolution(WRITE_OFF) if offset is None else Resolution(OFFSET, line=_line(offset, known))


def _line(digits: str, known: Iterable[str]) -> str:
    """The one line that begins so. CoalitionError BREAK_NOT_FOUND, DIGEST_AMBIGUOUS."""
    return _one(digits, known, "BREAK_NOT_FOUND", "open break")


def _one(digits: str, known: Iterable[str], reason: str, what: str) -> str:
    found = [each for each in known if each.startswith(digits.lower())]
    if not found or len(digits) < DIGITS_LEAST:
        message = f"no {what}'s SHA-256 begins with these digits, of which {DIGITS_LEAST} are needed: `coalition bank breaks`"
        raise CoalitionError(reason, message)
    if len(found) > 1:
        raise CoalitionError("DIGEST_AMBIGUOUS", "several begin with these digits; give more of them")
    return found[0]


def _waiting(house: House) -> dict[str, ProposedResolution]:
    """By line: what another person may still approve, the newest proposal of each."""
    found = [
        each
        for each in house.resolutions.values()
        if house.breaks[each.line].is_open and not is_expired(each.proposed_at_us, network_now_us(house))
    ]
    return {each.line: each for each in sorted(found, key=lambda each: each.proposed_at_us)}


def _next(each: Break, proposed: ProposedResolution | None) -> str:
    if proposed is not None:
        return f"approve {short(proposed.proposal_sha256)}"
    return "assign" if each.owner is None else "resolve"


def _in_words(proposed: ProposedResolution) -> str:
    return f"{_spoken(proposed.resolution)} ({proposed.words})"


def _spoken(how: Resolution) -> str:
    match how.kind:
        case "adjustment":
            return f"adjustment: it is owed to {how.participant}, or by it"
        case "match":
            return f"match: it pays the leg of {how.participant} in settlement {how.settlement}"
        case "offset":
            return f"offset: {short(how.line or '')} undoes it"
    return how.kind


def _money(house: House, amount_minor: int) -> Amount:
    network = house.founded
    return money_minor(amount_minor, currency=network.currency, minor_digits=network.minor_digits)


def _document(each: Break, proposed: ProposedResolution | None) -> dict[str, object]:
    return {
        "line_sha256": each.line_sha256.hex(),
        "amount_minor": each.amount_minor,
        "booked_on": each.booked_on.isoformat(),
        "age": bucket(each.age_business_days),
        "age_business_days": each.age_business_days,
        "owner": each.owner,
        "reason": each.reason,
        "settlement": each.settlement,
        "participant": each.participant,
        "entry_number": each.entry_number,
        "proposed": None
        if proposed is None
        else {
            "proposal_sha256": proposed.proposal_sha256,
            "resolution": proposed.resolution.spelled(),
            "words": proposed.words,
            "proposer": proposed.proposer,
        },
    }
