"""``ringdesk rehearse``: scripted callers and agents fill the running center."""

import asyncio
import statistics

import click
from sqlalchemy import select

from calls.errors import InputInvalid
from desk.models import ContactNumber
from engine import configuration, users
from engine import settings as settings_module
from engine.cli.call import server_of
from engine.parts.progress import Step, progress_on
from engine.phones.client import Center
from engine.phones.phone import Phones, listens, local_host
from engine.phones.phonecall import PhoneFailed
from engine.phones.rehearsal import Login, Rehearsal, Tally
from engine.settings import Settings
from engine.storage import Database

#: What the rehearsal's token is called while it runs.
_TOKEN = "rehearsal"  # noqa: S105  a name, not a secret
#: Numbers of callers that no contact has.
_UNKNOWN = 48600100000


@click.command()
@click.option("--callers", type=click.IntRange(1, 200), default=8, show_default=True)
@click.option("--agents", type=click.IntRange(0, 100), default=3, show_default=True)
@click.option("--minutes", type=click.FloatRange(0.05, 1440), default=5.0, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same day.")
def command(callers: int, agents: int, minutes: float, seed: int) -> None:
    """Let CALLERS scripted callers and AGENTS scripted agents work with the running center.

    They are real SIP phones with patience and talk times, so that a supervisor sees live queues.
    """
    settings = settings_module.load()
    server = server_of(settings)
    if not listens(server):
        raise PhoneFailed(
            f"nothing listens for calls at {server}; start the center with `ringdesk run --demo`"
        )
    database = Database(settings.database_url)
    logins, numbers = _people(database, callers, agents)
    with database.session() as session:
        secret = users.create_token(session, _TOKEN, "supervisor")
    try:
        tally = asyncio.run(
            _rehearse(settings, server, secret, numbers, logins, minutes * 60, seed)
        )
    except KeyboardInterrupt:
        raise click.Abort from None
    finally:
        _revoke(database)
    _show(tally)


def _people(database: Database, callers: int, agents: int) -> tuple[list[Login], list[str]]:
    """The agents' SIP accounts, and the callers' numbers: known contacts first."""
    with database.session() as session:
        names = configuration.read(session).agents
        phones = [p for p in configuration.phones(session) if p.name in names]
        known = list(session.scalars(select(ContactNumber.number).order_by(ContactNumber.number)))
    if agents > len(phones):
        raise InputInvalid(
            f"--agents {agents}: the center has {len(phones)} agents; "
            "add more with `ringdesk user add` or ask for fewer"
        )
    # Half of the callers at most are known, so that a ticket is drafted now and then.
    numbers = [number.lstrip("+") for number in known][: max(1, callers // 2)]
    numbers += [str(_UNKNOWN + i) for i in range(callers - len(numbers))]
    return [Login(phone.name, phone.password) for phone in phones[:agents]], numbers


async def _rehearse(
    settings: Settings,
    server: str,
    secret: str,
    numbers: list[str],
    logins: list[Login],
    seconds: float,
    seed: int,
) -> Tally:
    title = f"Rehearsing with {len(numbers)} callers and {len(logins)} agents"
    async with (
        Center(settings.http.url, secret) as center,
        Phones(local_host(server), record=False) as phones,
    ):
        rehearsal = Rehearsal(phones, center, server, seed)
        with progress_on().step(title) as step:
            telling = asyncio.create_task(_tell(step, rehearsal, seconds))
            try:
                return await rehearsal.run(numbers, logins, seconds)
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)


async def _tell(step: Step, rehearsal: Rehearsal, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        tally = rehearsal.tally
        step.advance(
            min(1.0, (clock() - began) / seconds),
            f"{rehearsal.on_line} on the line, {tally.connected} served, {tally.gave_up} gave up",
        )
        await asyncio.sleep(0.5)


def _revoke(database: Database) -> None:
    with database.session() as session:
        for token in users.list_tokens(session):
            if token.name == _TOKEN:
                users.revoke_token(session, token.id)


def _show(tally: Tally) -> None:
    unserved = tally.dialled - tally.connected - tally.gave_up - tally.failed
    click.echo(
        f"{tally.dialled} calls: {tally.connected} reached an agent, {tally.gave_up} gave up "
        f"waiting, {unserved} waited when it was over, {tally.failed} failed; "
        f"agents missed {tally.missed}"
    )
    if tally.waits:
        click.echo(
            f"until an agent: median {statistics.median(tally.waits):.1f} s, "
            f"longest {max(tally.waits):.1f} s"
        )
    if tally.talks:
        click.echo(f"talk: median {statistics.median(tally.talks):.1f} s")
