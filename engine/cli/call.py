"""``ringdesk call``: place a real SIP call by a scripted phone, and say what it heard."""

import asyncio
import json
import math
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from engine import settings as settings_module
from engine.phones import presses, wav
from engine.phones.caller import Report, Script, not_answered, place
from engine.phones.hearing import PromptFile
from engine.phones.phone import Phones, listens, local_host
from engine.phones.prompts import known_prompts
from engine.settings import Settings


@click.command(epilog="Exit status 1 when the call was not answered.")
@click.argument("number")
@click.option("--from", "caller", default="48600000000", show_default=True, help="Who calls.")
@click.option(
    "--press",
    default="",
    metavar="KEYS",
    help="Keys, each pressed when the next prompt is over ('2,1') or at a time ('2@3.5,1@7').",
)
@click.option(
    "--say",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A WAV file to speak once answered.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 86400),
    default=30.0,
    show_default=True,
    help="Hang up after this time.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write what was heard to a WAV file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    number: str,
    caller: str,
    press: str,
    say: Path | None,
    seconds: float,
    record: Path | None,
    as_json: bool,
) -> None:
    """Dial NUMBER of the running center by a scripted phone and say which prompts were heard."""
    if math.isnan(seconds):
        raise click.BadParameter("nan is not a time", param_hint="--seconds")
    if record is not None and not record.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {record.parent}", param_hint="--record")
    settings = settings_module.load()
    script = Script(
        number,
        presses=presses.parse(press),
        say=wav.read(say) if say else None,
        seconds=seconds,
    )
    tell = _silent if as_json else click.echo
    server = server_of(settings)
    if listens(server):
        report = asyncio.run(_call(server, caller, script, known_prompts(settings), tell))
    else:
        reason = (
            f"nothing listens for calls at {server}; start the center with `ringdesk run`, "
            "or set RINGDESK_SIP_PORT as it does"
        )
        tell(f"not answered: {reason}")
        report = not_answered(number, caller, reason)
    if record:
        wav.write(record, report.recording)
    if as_json:
        click.echo(json.dumps(as_plain(report), ensure_ascii=False))
    else:
        _show(report)
    sys.exit(0 if report.answered else 1)


def server_of(settings: Settings) -> str:
    """Where the center's phones and callers reach it: ``host:port``."""
    host = urlsplit(settings.asterisk_url).hostname if settings.asterisk_url else None
    return f"{host or '127.0.0.1'}:{settings.sip_port}"


def as_plain(report: Report) -> dict[str, Any]:
    """A report as JSON types."""
    return {
        "number": report.number,
        "from": report.caller,
        "answered": report.answered,
        "setup": None if report.setup is None else round(report.setup, 3),
        "duration": round(report.duration, 2),
        "pressed": [{"at": round(at, 2), "keys": keys} for at, keys in report.pressed],
        "heard": [
            {
                "name": one.name,
                "language": one.language,
                "at": round(one.at, 2),
                "score": round(one.score, 2),
            }
            for one in report.heard
        ],
        "hangup": report.hangup,
    }


async def _call(
    server: str, caller: str, script: Script, prompts: list[PromptFile], tell: Any
) -> Report:
    async with Phones(local_host(server)) as phones:
        phone = await phones.add(caller, server=server)
        return await place(phone, script, prompts, tell)


def _show(report: Report) -> None:
    if not report.answered:
        return
    click.echo(f"{report.duration:6.2f} s  {report.hangup}")
    click.echo("Prompts heard:" if report.heard else "No prompt of this center was heard.")
    for one in report.heard:
        share = "" if one.score > 0.99 else f" ({one.score:.0%} of it)"
        click.echo(f"{one.at:6.2f} s  {one.name} [{one.language}]{share}")


def _silent(line: str) -> None:
    """For the JSON output, which is all that is printed."""
