"""`coalition door`: which calls failed, by whom and why. They are not in the journal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import typer

from coalition.cli.options import Data, Json
from coalition.cli.printing import emit, say, show_table
from coalition.cli.site import open_site
from coalition.gateway.door_log import FLUSH_SECONDS, Count, Kind, read_door_log
from settlement.clock import HOUR_US, format_time, now_us

HOURS_MAX = 24 * 366


def door(
    hours: Annotated[
        int | None,
        typer.Option(min=1, max=HOURS_MAX, help="Only of the last hours. Default: all that is kept."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Count the calls that failed at the door: nothing of them was recorded. What a rule refused is in the journal.

    A caller is known by its signature; before it is verified, by its address and the keyid it claims.

    [dim]coalition door --hours 24[/]
    """
    site = open_site(data)
    site.require()
    since = "" if hours is None else format_time(now_us() - hours * HOUR_US)
    kinds = _summed(count for count in read_door_log(site.door) if count.until >= since)
    if as_json:
        emit([_document(kind, total) for kind, total in kinds])
        return
    if not kinds:
        say(f"no call failed; counts appear within {FLUSH_SECONDS:.0f} s")
        return
    rows = [
        (_who(kind), kind.method, kind.reason, total.count, _time(total.since), _time(total.until))
        for kind, total in kinds
    ]
    show_table(("caller", "method", "reason", "calls", "from", "to"), rows)


@dataclass
class _Total:
    count: int
    since: str
    until: str


def _summed(counts: Iterable[Count]) -> list[tuple[Kind, _Total]]:
    """One total for each kind, the most frequent first."""
    totals: dict[Kind, _Total] = {}
    for count in counts:
        total = totals.setdefault(count.kind, _Total(0, count.since, count.until))
        total.count += count.count
        total.until = count.until
    return sorted(totals.items(), key=lambda pair: -pair[1].count)


def _document(kind: Kind, total: _Total) -> dict[str, object]:
    return {
        "partner_id": kind.partner,
        "address": kind.address,
        "claimed_keyid": kind.keyid,
        "method": kind.method,
        "reason": kind.reason,
        "count": total.count,
        "since": total.since,
        "until": total.until,
    }


def _who(kind: Kind) -> str:
    if kind.partner is not None:
        return kind.partner
    if kind.address is None:
        return "(many others)"
    return f"{kind.address}, key {kind.keyid}" if kind.keyid is not None else kind.address


def _time(text: str) -> str:
    """To the second, for people."""
    return text[:19].replace("T", " ")
