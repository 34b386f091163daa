"""The ``ringdesk`` command. Each is a module of its name here, read only when used."""

import errno
import importlib
import sys

import click

from calls.errors import RingdeskError
from engine import compiled

#: Command -> (module, attribute), in the order that help shows them.
COMMANDS = {
    "run": "Start the center and everything it needs.",
    "call": "Place a real call by a scripted phone.",
    "rehearse": "Let scripted callers and agents fill the center.",
    "doctor": "Say what is missing or misconfigured, and the remedy.",
    "twilio": "Compare what is set at Twilio with what is needed.",
    "user": "Add and list log-ins, set passwords.",
    "token": "Make tokens for the API.",
    "db": "Upgrade or back up the database.",
    "config": "Export or import queues, agents, numbers and flows.",
    "flow": "Check, test, try and draw phone menus.",
    "staff": "Say how many agents a load of calls needs.",
    "simulate": "Run a day of calls through the center in seconds.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"engine.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ringdesk")
def cli() -> None:
    """Ringdesk: a voice call center.

    Begin with `ringdesk run --demo`, then dial 1000 with any SIP phone, or say
    `ringdesk call 1000 --press 1,2` in another window.
    """


def main() -> None:
    """Run the command; an error that is ours is one line and exit status 2, never a traceback."""
    compiled.use()
    try:
        cli()
    except RingdeskError as error:
        click.echo(f"ringdesk: {error}", err=True)
        sys.exit(2)
    except OSError as error:  # a full disk, a folder that is not ours to write
        full = error.errno == errno.ENOSPC
        remedy = ".\nRemedy: free some; `ringdesk doctor` says where." if full else ""
        click.echo(f"ringdesk: {error}{remedy}", err=True)
        sys.exit(2)
