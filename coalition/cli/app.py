"""The command's groups."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from coalition.cli import (
    audit,
    cycle,
    database,
    door,
    key,
    member,
    member_proofs,
    opening,
    partner,
    points,
    serve,
    settlement,
    simulate,
    statement,
    tariff,
    tls,
)
from coalition.cli.failures import failures_told

_JSON = "coalition.json"


class _Told(TyperGroup):
    """A group whose commands tell their failures instead of showing tracebacks."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Notes whether JSON was asked for, as failures are told before a command's own options are read."""
        ctx.meta[_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for."""
        with failures_told(json=ctx.meta[_JSON]):
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Told,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def coalition() -> None:
    """Share one loyalty currency between companies, and trust the bill.

    A first network on this machine: [bold]coalition db init --name clearing.example/coalition-1[/], [bold]coalition serve[/],
    and in another window [bold]coalition partner onboard bakery --name Bakery[/].

    [dim]Exit codes: 0 done, 1 failed and nothing recorded (or findings of an audit), 2 wrong usage, 3 refused and
    recorded.[/]
    """


app.command("serve")(serve.serve)
app.command("door")(door.door)
app.add_typer(database.app, name="db")
app.add_typer(tls.app, name="tls")
app.add_typer(partner.app, name="partner")
app.add_typer(tariff.app, name="tariff")
app.add_typer(key.app, name="key")
member_proofs.add_to(member.app)
app.add_typer(member.app, name="member")
points.add_to(app)
app.add_typer(cycle.app, name="cycle")
app.add_typer(settlement.app, name="settlement")
app.add_typer(opening.app, name="opening")
app.add_typer(statement.app, name="statement")
app.add_typer(audit.app, name="audit")
app.command("fsck")(audit.fsck)
app.command("simulate")(simulate.simulate)


def _demo() -> Callable[..., None] | None:
    """The demonstration, where the extra `demo` is installed."""
    try:
        from coalition.cli.demo.command import demo
    except ImportError:
        return None
    return demo


if (_command := _demo()) is not None:
    app.command("demo")(_command)


def main() -> None:
    """Runs the command. Exit codes: 0 done, 1 failed or findings, 2 wrong usage, 3 refused."""
    app(prog_name="coalition")
