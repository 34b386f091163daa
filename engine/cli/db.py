"""``ringdesk db``: the database."""

from pathlib import Path

import click

from engine import backup as backups
from engine import settings
from engine.storage import HEAD, Database, opened


@click.group()
def command() -> None:
    """Upgrade or back up the database.

    The setting database_url (RINGDESK_DATABASE_URL) says which: SQLite in the state folder by
    default, or PostgreSQL, like postgresql://user:password@host/ringdesk.
    """


@command.command()
def upgrade() -> None:
    """Bring the database's tables to what this version of Ringdesk needs.

    `ringdesk run` does it too. It is all done or, on a failure, not at all; make a backup before.
    """
    database = Database(settings.load().database_url)
    try:
        done = database.upgrade()
    finally:
        database.close()
    click.echo(f"{database} is {'now' if done else 'already'} at {HEAD}.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database to FILE, while the center runs or not.

    FILE becomes an SQLite database, whatever the original is; an older FILE is replaced. It holds
    the password hashes and the phones' secrets, so it can be read by its owner only.

    \b
      ringdesk db backup ringdesk-monday.db
    """
    with opened(settings.load().database_url) as database:
        backups.backup(database, file)
    click.echo(f"Wrote {file} ({file.stat().st_size / 1e6:.1f} MB).")


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Fill an empty database from the backup FILE; also to move from SQLite to PostgreSQL.

    \b
      RINGDESK_DATABASE_URL=postgresql://ringdesk@db/ringdesk ringdesk db restore monday.db
    """
    with opened(settings.load().database_url) as database:
        backups.restore(database, file)
        click.echo(f"Restored {file} into {database}.")
