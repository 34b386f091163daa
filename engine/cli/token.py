"""``ringdesk token``: keys to the API."""

import datetime

import click

from engine import settings, users
from engine.storage import opened


@click.group()
def command() -> None:
    """Make tokens for the API under /api/v1.

    \b
    A program sends its token with each request, and may do what the token's role may:
      curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/api/v1/queues
    """


@command.command()
@click.option("--role", type=click.Choice(users.ROLES), required=True)
@click.option("--name", default="api", show_default=True, help="Which program it is for.")
def create(role: str, name: str) -> None:
    """Make a token and print it, once: it is kept only as a hash.

    \b
      TOKEN=$(ringdesk token create --role supervisor --name wallboard)
    """
    with opened(settings.load().database_url) as database, database.session() as session:
        secret = users.create_token(session, name, role)
    click.echo(secret)


@command.command("list")
def list_tokens() -> None:
    """List the tokens: number, role, name, when made and last used. Never their secrets."""
    with opened(settings.load().database_url) as database, database.session() as session:
        tokens = users.list_tokens(session)
    for token in tokens:
        used = _day(token.last_used) if token.last_used else "never"
        click.echo(
            f"{token.id}  {token.role}  {token.name}  made {_day(token.created)}  used {used}"
        )


@command.command()
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
def revoke(number: int) -> None:
    """Revoke a token, whose NUMBER `ringdesk token list` shows.

    Requests with it are refused from now on.
    """
    with opened(settings.load().database_url) as database, database.session() as session:
        users.revoke_token(session, number)
    click.echo(f"Revoked token {number}.")


def _day(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, tz=datetime.UTC).date().isoformat()
