"""How an act of the house is spelled as an entry."""

from settlement.journal.acts import Act, Draft
from settlement.journal.leaf import Transfer, format_post


def house_draft(
    kind: str,
    act: Act[object],
    lines: tuple[tuple[str, str], ...],
    refusal: str | None,
    posts: tuple[Transfer, ...] = (),
) -> Draft:
    """An act's entry in the house, its lines in the order of the leaf grammar: who asked, for what, and what came of it."""
    head = (("partner", act.partner), ("act", act.act_id))
    post_lines = tuple([("post", format_post(post)) for post in posts])
    result = ("result", "ok" if refusal is None else f"refused {refusal}")
    tail = (*act.request_lines(), *post_lines, result)
    return Draft(kind, (*head, *lines, *tail), posts, act, refusal=refusal)
