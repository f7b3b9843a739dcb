"""The command's groups."""

import gc
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from coalition.cli.failures import failures_told

_DISTRIBUTION = "coalition-settlement"
_JSON = "coalition.json"
_MARKUP: Final = "rich"
GARBAGE_OBJECTS = 10_000
"""So many more objects than before make Python look for garbage."""
_COMMANDS = {
    "serve": "serve:serve",
    "door": "door:door",
    "db": "database:app",
    "practice": "practice:app",
    "tls": "tls:app",
    "partner": "partner:app",
    "tariff": "tariff:app",
    "key": "key:app",
    "member": "member:app",
    "issue": "points:issue",
    "redeem": "points:redeem",
    "transfer": "points:transfer",
    "authorize": "points:authorize",
    "capture": "points:capture",
    "void": "points:void",
    "reverse": "points:reverse",
    "release": "points:release",
    "balance": "standing:balance",
    "receipt": "standing:receipt",
    "entries": "entries:entries",
    "position": "standing:position",
    "cycle": "cycle:app",
    "settlement": "settlement:app",
    "security": "security:app",
    "instruction": "instruction:app",
    "bank": "bank:app",
    "opening": "opening:app",
    "statement": "statement:app",
    "report": "reports.command:app",
    "export": "export:app",
    "audit": "audit:app",
    "fsck": "audit:fsck",
    "simulate": "simulate:simulate",
    "demo": "demo.command:demo",
}
"""Where each command is. It is loaded when it is asked for: all together take longer to load than most take to run."""


class _Root(TyperGroup):
    """The root's commands. They tell their failures instead of showing tracebacks."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the help page."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command or group of this name; None if there is none, or if it is an extra that is not installed."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        try:
            found = getattr(import_module(f"coalition.cli.{module}"), name)
        except ImportError:
            if cmd_name == "demo":
                return None
            raise
        return _built(cmd_name, found)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Notes whether JSON was asked for, as failures are told before a command's own options are read."""
        ctx.meta[_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for."""
        with failures_told(json=ctx.meta[_JSON]):
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=_MARKUP,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        # Here, as it takes a tenth of a short command's time to load.
        from importlib.metadata import version

        typer.echo(f"coalition {version(_DISTRIBUTION)}")
        raise typer.Exit


@app.callback()
def coalition(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Share one loyalty currency between companies, and trust the bill.

    A first network on this machine: [bold]coalition db init --name clearing.example/coalition-1[/], [bold]coalition serve[/],
    and in another window [bold]coalition partner onboard bakery --name Bakery[/].

    [dim]Exit codes: 0 done, 1 failed and nothing recorded (or findings of an audit), 2 wrong usage, 3 refused and
    recorded.[/]
    """


def _built(name: str, found: Any) -> Any:
    """A function or a group of its own as a command under this name."""
    around = typer.Typer(rich_markup_mode=_MARKUP)
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    return typer.main.get_group(around).commands[name]


def main() -> None:
    """Runs the command. Exit codes: 0 done, 1 failed or findings, 2 wrong usage, 3 refused."""
    # What is loaded stays, and few objects are in rings: looking for those often took a quarter of a short command's time.
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)
    app(prog_name="coalition")
