"""``ringdesk config``: queues, agents, numbers and flows as one document."""

import sys
from pathlib import Path

import click

from calls.errors import InputInvalid
from engine import exchange, settings
from engine.storage import opened


@click.group()
def command() -> None:
    """Export or import queues, agents, numbers and flows, as one YAML document.

    \b
    To change many things at once, or to keep the configuration under version control:
      ringdesk config export center.yaml
      $EDITOR center.yaml
      ringdesk config import center.yaml
    Works while the center runs: it takes over the changes within seconds; calls go on.
    """


@command.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def export(file: Path) -> None:
    """Write the configuration to FILE (- for the output). It holds no passwords.

    \b
      ringdesk config export center.yaml
    """
    with opened(settings.load().database_url) as database, database.session() as session:
        document = exchange.export(session)
    if str(file) == "-":
        click.echo(document, nl=False)
        return
    try:
        file.write_text(document, encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"cannot write {file}: {error.strerror}") from None
    click.echo(f"Wrote {file}.")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def import_(file: Path) -> None:
    """Make the configuration what FILE (- for the input) says: all of it, or nothing on a mistake.

    A section left out stays as it is. A queue or number that its section does not name is
    removed. An agent that is not there is added, without a password; one that is not named
    leaves all queues. A changed flow becomes a new version, for new calls.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputInvalid(f"cannot read {file}: it is not UTF-8 text ({error.reason})") from None
    with opened(settings.load().database_url) as database, database.session() as session:
        done = exchange.load(session, text, str(file), "ringdesk config import")
    click.echo(
        f"Imported {done.queues} queues, {done.agents} agents, {done.numbers} numbers, "
        f"{len(done.flows)} changed flows."
    )
    for name in done.new_users:
        click.echo(f"New user {name}: let them in with `ringdesk user password {name}`.")
