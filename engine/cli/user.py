"""``ringdesk user``: log-ins."""

import sys

import click

from calls.errors import InputInvalid
from engine import settings, users
from engine.storage import opened

_generate = click.option(
    "--generate", is_flag=True, help="Make a password and print it, instead of asking for one."
)


@click.group()
def command() -> None:
    """Add, list and remove log-ins, set passwords.

    \b
    A user has one role:
      agent       takes calls, with skills and queues set on the panel's admin pages
      supervisor  watches queues and agents
      admin       also edits users, queues and numbers

    Works while the center runs: a new agent's phone can register at once.
    """


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(users.ROLES), default="agent", show_default=True)
@click.option("--title", default="", help="The name that people see, like 'Anna Nowak'.")
@_generate
def add(name: str, role: str, title: str, generate: bool) -> None:
    """Add the user NAME.

    Asks for the password; without a terminal its line is read from the input:

    \b
      ringdesk user add anna --title "Anna Nowak"
      ringdesk user add boss --role supervisor --generate
      echo "$PASSWORD" | ringdesk user add robot --role admin
    """
    with opened(settings.load().database_url) as database:
        password = _password(generate)
        with database.session() as session:
            users.create_user(session, name, role, password, title)
    click.echo(f"Added {role} {name}." + (f" Password: {password}" if generate else ""))


@command.command()
@click.argument("name")
@_generate
def password(name: str, generate: bool) -> None:
    """Set the password of the user NAME.

    \b
      ringdesk user password anna
      ringdesk user password anna --generate
    """
    with opened(settings.load().database_url) as database:
        with database.session() as session:
            users.get_user(session, name)  # before anybody types a password
        secret = _password(generate)
        with database.session() as session:
            users.set_password(session, name, secret)
    click.echo(f"Set the password of {name}." + (f" Password: {secret}" if generate else ""))


@command.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
def remove(name: str, yes: bool) -> None:
    """Remove the user NAME, with phones, skills and queues.

    Calls and tickets keep the name. Asks first; without a terminal, --yes is needed.

    \b
      ringdesk user remove anna
      ringdesk user remove anna --yes
    """
    with opened(settings.load().database_url) as database:
        with database.session() as session:
            role = users.get_user(session, name).role
        if not yes:
            click.confirm(f"Remove {role} {name}?", abort=True)
        with database.session() as session:
            users.remove_user(session, name)
    click.echo(f"Removed {role} {name}.")


@command.command("list")
def list_users() -> None:
    """List the users: name, role, title, whether they can log in, skills and queues."""
    with opened(settings.load().database_url) as database, database.session() as session:
        rows = [
            (
                user.name,
                user.role,
                user.title,
                _access(user.active, user.password),
                " ".join(f"{skill}={level}" for skill, level in sorted(user.skills.items())),
                " ".join(sorted(user.queues, key=lambda queue: user.queues[queue])),
            )
            for user in users.list_users(session)
        ]
    if not rows:
        click.echo("There are no users yet; add one with `ringdesk user add NAME --role admin`.")
        return
    rows.insert(0, ("NAME", "ROLE", "TITLE", "ACCESS", "SKILLS", "QUEUES"))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _access(active: bool, password: str) -> str:
    if not active:
        return "inactive"
    return "no password" if password == users.LOCKED else "active"


def _password(generate: bool) -> str:
    if generate:
        return users.generate_password()
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise InputInvalid("no password: type it, give it as a line of input, or use --generate")
    return line
