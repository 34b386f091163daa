"""``ringdesk twilio``: what is set at Twilio, beside what this center needs there."""

import asyncio
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import click
import msgspec

from calls.errors import RingdeskError
from engine import configuration, settings
from engine.settings import Settings
from engine.storage import Database
from engine.twilio import rest
from switch.twilio import requests
from switch.twilio.codec import Number
from switch.twilio.rest import Rest


class Finding(msgspec.Struct, frozen=True):
    """What one look found. `remedy` is empty where all is well."""

    subject: str
    detail: str
    remedy: str = ""


@click.group("twilio")
def command() -> None:
    """Compare what is set at Twilio with what this center needs there."""


@command.command("check")
@click.option("--apply", is_flag=True, help="Set at Twilio what is not as it must be.")
def check(apply: bool) -> None:
    """Credentials, numbers and webhook addresses, a line each, with the difference.

    Exit status 1 if something is wrong (still, with --apply).
    """
    chosen = settings.load()
    findings = asyncio.run(_findings(chosen, apply=apply))
    for finding in findings:
        click.echo(_line(finding))
    sys.exit(1 if any(finding.remedy for finding in findings) else 0)


def _line(finding: Finding) -> str:
    mark = click.style("wrong", fg="red") if finding.remedy else click.style("ok   ", fg="green")
    remedy = f"\n      Remedy: {finding.remedy}" if finding.remedy else ""
    return f"{mark} {finding.subject:<16} {finding.detail}{remedy}"


async def _findings(chosen: Settings, *, apply: bool) -> list[Finding]:
    async with rest(chosen) as api:
        reply = await api.send(requests.ACCOUNT)
        if not reply.ok:
            return [
                Finding(
                    "credentials",
                    reply.detail,
                    "copy RINGDESK_TWILIO_ACCOUNT_SID and RINGDESK_TWILIO_AUTH_TOKEN anew from "
                    "Twilio's console",
                )
            ]
        found = [Finding("credentials", f"account {chosen.twilio_account_sid}")]
        found += _address(chosen)
        there = {number.phone_number: number for number in await _numbers(api)}
        for name in chosen.twilio_numbers or tuple(there):
            number = there.get(name)
            if number is None:
                others = ", ".join(there) or "none"
                remedy = f"buy it, or correct RINGDESK_TWILIO_NUMBERS; the account has {others}"
                found.append(Finding(name, "is not a number of this account", remedy))
            else:
                found += await _number(api, chosen, number, apply=apply)
        if not there:
            found.append(Finding("numbers", "the account has none", "buy one in Twilio's console"))
    return [*found, *_flows(chosen, chosen.twilio_numbers or tuple(there)), _browsers(chosen)]


async def _numbers(api: Rest) -> list[Number]:
    return [
        number
        async for page in api.pages(requests.NUMBERS)
        for number in page.incoming_phone_numbers
    ]


def _address(chosen: Settings) -> Iterator[Finding]:
    """Whether Twilio can reach us, as far as the address tells."""
    host = urlsplit(chosen.public_url).hostname or ""
    if host == "localhost" or host.startswith("127.") or "." not in host:
        yield Finding(
            "public address",
            chosen.public_url,
            "Twilio cannot reach this; set RINGDESK_PUBLIC_URL to the address of your proxy",
        )
    elif "_" in host:
        yield Finding("public address", chosen.public_url, "Twilio refuses a name with _")
    else:
        yield Finding("public address", chosen.public_url)


async def _number(api: Rest, chosen: Settings, number: Number, *, apply: bool) -> list[Finding]:
    """One number's webhooks against ours."""
    name = number.phone_number
    if number.voice_application_sid or number.trunk_sid:
        to = number.voice_application_sid or number.trunk_sid
        return [Finding(name, f"goes to {to}", "take it out there, so that its own webhooks count")]
    differing = _differences(chosen, number)
    if not differing:
        return [Finding(name, "its webhooks are ours")]
    if apply:
        reply = await api.send(
            requests.set_number(number.sid, {field: ours for field, (_, ours) in differing.items()})
        )
        if reply.ok:
            return [Finding(name, f"set now: {', '.join(differing)}")]
        return [Finding(name, reply.detail, "set it in Twilio's console")]
    return [
        Finding(
            name,
            f"{field} is {theirs or 'empty'}, must be {ours}",
            "`ringdesk twilio check --apply` sets it",
        )
        for field, (theirs, ours) in differing.items()
    ]


def _differences(chosen: Settings, number: Number) -> dict[str, tuple[str, str]]:
    """What is not as it must be: field -> (what it is, what it must be)."""
    base = f"{chosen.public_url}/twilio"
    wanted = {
        "VoiceUrl": (number.voice_url, f"{base}/voice"),
        "VoiceMethod": (number.voice_method, "POST"),
        "StatusCallback": (number.status_callback, f"{base}/status"),
        "StatusCallbackMethod": (number.status_callback_method, "POST"),
    }
    return {
        field: (theirs or "", ours) for field, (theirs, ours) in wanted.items() if theirs != ours
    }


def _flows(chosen: Settings, numbers: tuple[str, ...]) -> Iterator[Finding]:
    """Each number must lead somewhere in this center."""
    database = Database(chosen.database_url)
    try:
        with database.session() as session:
            known = configuration.read(session).numbers
    except RingdeskError as error:
        yield Finding("flows", str(error), "start the center once")
        return
    finally:
        database.close()
    for name in numbers:
        if name not in known and "*" not in known:
            yield Finding(
                name, "leads to no flow: its callers are turned away", "add it under Numbers"
            )


def _browsers(chosen: Settings) -> Finding:
    if chosen.twilio_api_key_sid and chosen.twilio_api_key_secret:
        return Finding("agents' browsers", f"API key {chosen.twilio_api_key_sid}")
    return Finding("agents' browsers", "no API key: agents need phones of their own")
