"""The driver beyond the contract: what only Twilio's wire can do to it."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from calls.commands import (
    Answer,
    Beep,
    Dial,
    Hangup,
    Join,
    Prompt,
    Record,
    StartMusic,
)
from calls.events import (
    CommandFailed,
    DigitPressed,
    LegAnswered,
    LegArrived,
    LegEnded,
    PromptEnded,
    RecordingEnded,
    SwitchDown,
    SwitchUp,
)
from calls.port import Phone
from tests.contract.rig import Party, Rig, rule, say
from tests.contract.test_switches import answered_caller, dial, talking
from tests.contract.twilio import TwilioCaller, TwilioOutside
from tests.switch_twilio.cloud import NUMBER, Cloud, Person
from tests.switch_twilio.front import Front
from tests.switch_twilio.line import Line


def posted(cloud: Cloud, path: str = "/Calls.json") -> list[dict[str, str]]:
    return [form for method, at, form in cloud.requests if (method, at) == ("POST", path)]


async def until(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.02)


def line_of(party: Party) -> Line:
    assert isinstance(party, TwilioCaller)
    return party.line


# -- documents -----------------------------------------------------------------------------------


async def test_while_nothing_is_decided_the_caller_is_asked_to_wait_unanswered(
    rig: Rig, front: Front
) -> None:
    sent = {"CallSid": "CA7", "From": "Anonymous", "To": NUMBER, "CallStatus": "ringing"}
    text = await front.switch.webhook("voice", {}, {**sent, "Direction": "inbound"})
    assert text is not None
    assert "<Pause" in text
    assert "<Redirect" in text
    assert rig.all(LegArrived) == [
        LegArrived(leg="twilio/CA7", switch="twilio", caller="", called=NUMBER)
    ]


async def test_an_outcome_that_comes_again_counts_once_and_gets_the_same_answer(
    rig: Rig, front: Front
) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(say("?"),), digits=rule()))
    await until(lambda: line_of(party).heard)
    line = line_of(party)
    document = front.switch.registry.get(leg)
    assert document is not None
    assert document.running is not None
    query = {"leg": line.sid, "d": document.running.number}
    sent = {**line.parameters(), "Digits": "2"}
    first = asyncio.create_task(front.switch.webhook("voice", query, sent))
    await rig.wait(PromptEnded, prompt="p1")
    rig.switch.execute(Prompt(leg=leg, prompt="p2", media=(say("!"),), digits=rule()))
    answer = await first
    assert await front.switch.webhook("voice", query, sent) == answer
    assert await front.switch.webhook("voice", query, {**sent, "Digits": "3"}) == answer
    assert [(end.prompt, end.digits) for end in rig.all(PromptEnded)] == [("p1", "2")]


async def test_a_full_queue_of_twilios_leaves_the_caller_with_music(rig: Rig, cloud: Cloud) -> None:
    cloud.queue_is_full = True
    party, leg = await answered_caller(rig)
    rig.switch.execute(StartMusic(leg=leg))
    await until(lambda: any("default.wav" in heard for heard in line_of(party).heard))
    await party.press("5")
    assert (await rig.wait(DigitPressed)).digit == "5"


async def test_a_prompt_that_nobody_can_say_has_failed(rig: Rig) -> None:
    _, leg = await answered_caller(rig)
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(say("unspeakable"),)))
    assert (await rig.wait(PromptEnded, prompt="p1")).end == "failed"
    await rig.settled(leg)


async def test_a_prompt_that_keys_must_not_stop_is_heard_to_its_end(rig: Rig) -> None:
    party, leg = await answered_caller(rig)
    prompt = Prompt(leg=leg, prompt="p1", media=(say("?"),), digits=rule(), barge_in=False)
    rig.switch.execute(prompt)
    await party.press("4")
    assert (await rig.wait(PromptEnded, prompt="p1")).digits == "4"
    assert len(line_of(party).heard) == 1


async def test_a_short_tone_is_announced_to_one_in_a_conference(rig: Rig, cloud: Cloud) -> None:
    _, _, phone, agent, _ = await talking(rig)
    rig.switch.execute(Beep(leg=agent))
    line = next(line for line in cloud.lines.values() if not line.inbound)
    await until(lambda: any("tone" in heard for heard in line.heard))
    assert line.conference is not None
    await phone.hang_up()


async def test_a_recording_is_kept_as_soon_as_twilio_has_it(
    rig: Rig, front: Front, tmp_path: Path
) -> None:
    party, leg = await answered_caller(rig)
    await rig.settled(leg)
    await party.speak()
    rig.switch.execute(Record(leg=leg, recording="c-1-r"))
    await party.press("#")
    ended = await rig.wait(RecordingEnded)
    assert (ended.end, ended.digits, ended.seconds) == ("digits", "#", 1.0)
    file = tmp_path / "recordings" / "c-1-r.wav"
    await until(file.exists)
    assert file.read_bytes().startswith(b"RIFF")


# -- calls that we make --------------------------------------------------------------------------


async def test_a_call_whose_making_was_not_answered_is_looked_for_not_made_again(
    rig: Rig, cloud: Cloud
) -> None:
    await rig.agent_phone()
    cloud.failing["POST", "/Calls.json"] = [0]
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=leg)
    await rig.settled(leg)
    assert len(posted(cloud)) == 1
    rig.switch.execute(Hangup(leg=leg))
    assert (await rig.gone(leg)).cause == "withdrawn"


async def test_a_call_that_twilio_failed_to_make_is_looked_for_and_made_once_more(
    rig: Rig, cloud: Cloud
) -> None:
    await rig.agent_phone()
    cloud.failing["POST", "/Calls.json"] = [500]
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=leg)
    asked = [(method, path) for method, path, _ in cloud.requests if path == "/Calls.json"]
    assert asked[-3:] == [("POST", "/Calls.json"), ("GET", "/Calls.json"), ("POST", "/Calls.json")]


async def test_a_call_that_could_not_be_made_twice_has_failed(rig: Rig, cloud: Cloud) -> None:
    await rig.agent_phone()
    cloud.failing["POST", "/Calls.json"] = [500, 503]
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    assert (await rig.gone(leg)).cause == "failed"
    assert len(posted(cloud)) == 2


async def test_a_call_that_nobody_wants_any_more_is_not_made_once_more(
    rig: Rig, cloud: Cloud
) -> None:
    await rig.agent_phone()
    cloud.failing["POST", "/Calls.json"] = [500]
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await until(lambda: posted(cloud))
    rig.switch.execute(Hangup(leg=leg))
    assert (await rig.gone(leg)).cause == "withdrawn"
    assert len(posted(cloud)) == 1


async def test_a_national_number_is_called_as_twilio_wants_it(rig: Rig, cloud: Cloud) -> None:
    """Of others it says that they are invalid (21211)."""
    await rig.outside.number("+48600700800")
    leg = dial(rig, "o1", "tel:600700800")
    await rig.wait(LegAnswered, leg=leg)
    assert posted(cloud)[0]["To"] == "+48600700800"


async def test_a_busy_api_is_asked_again(rig: Rig, cloud: Cloud) -> None:
    await rig.agent_phone()
    cloud.failing["POST", "/Calls.json"] = [429, 429]
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=leg)
    assert len(posted(cloud)) == 3
    assert len([line for line in cloud.lines.values() if not line.inbound]) == 1


async def test_calls_are_made_no_faster_than_agreed(cloud: Cloud, tmp_path: Path) -> None:
    async with Front(cloud, tmp_path, calls_per_second=10) as front:
        rig = Rig(front.switch, TwilioOutside(front), hears_all_keys=False)
        await rig.connect()
        began = time.monotonic()
        for number in range(6):
            await rig.outside.number(f"+4860000000{number}")
            dial(rig, f"o{number}", f"tel:+4860000000{number}")
        await until(lambda: len(posted(cloud)) == 6)
        assert time.monotonic() - began >= 0.5
        await rig.disconnect()


async def test_a_call_that_waits_to_be_made_can_be_withdrawn(cloud: Cloud, tmp_path: Path) -> None:
    async with Front(cloud, tmp_path, calls_per_second=2) as front:
        rig = Rig(front.switch, TwilioOutside(front), hears_all_keys=False)
        await rig.connect()
        await rig.outside.number("+48600000001", "ignores")
        dial(rig, "o1", "tel:+48600000001")
        waiting = dial(rig, "o2", "tel:+48600000001")
        assert any(leg.leg == waiting for leg in await front.switch.legs())
        rig.switch.execute(Hangup(leg=waiting))
        assert (await rig.gone(waiting)).cause == "withdrawn"
        dial(rig, "o3", "tel:+48600000001")
        await until(lambda: len(posted(cloud)) == 2)
        await rig.disconnect()


@pytest.mark.parametrize(("keys", "accepted"), [("1", True), ("2", False), ("", False)])
async def test_an_agent_at_an_outside_phone_presses_one_to_accept(
    rig: Rig, front: Front, cloud: Cloud, keys: str, accepted: bool, monkeypatch: Any
) -> None:
    monkeypatch.setattr("switch.twilio.documents.SCREEN", 1)
    person = cloud.people["+48600700800"] = Person()
    await front.switch.provision(
        [Phone(name=rig.agent, password="", browser=True, address="tel:+48600700800")]
    )
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await until(lambda: person.lines and person.lines[0].heard)
    assert not rig.all(LegAnswered)
    if keys:
        await person.lines[0].press(keys)
    if accepted:
        await rig.wait(LegAnswered, leg=leg)
        await rig.settled(leg)
    else:
        assert (await rig.gone(leg)).cause == "declined"
        assert not rig.all(LegAnswered)


async def test_an_agent_at_a_sip_phone_is_rung_there(rig: Rig, front: Front, cloud: Cloud) -> None:
    cloud.people["sip:anna@example.org"] = Person()
    await front.switch.provision(
        [Phone(name=rig.agent, password="", browser=False, address="sip:anna@example.org")]
    )
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=leg)


# -- calls that are gone -------------------------------------------------------------------------


async def test_a_caller_whose_end_was_not_told_is_gone_at_the_next_command(
    rig: Rig, cloud: Cloud
) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(StartMusic(leg=leg))
    await until(lambda: line_of(party).heard)
    await line_of(party).vanish()
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(say("?"),)))
    assert (await rig.gone(leg)).cause == "hangup"


async def test_a_caller_who_is_gone_when_the_agent_answers(rig: Rig, cloud: Cloud) -> None:
    await rig.agent_phone()
    party, leg = await answered_caller(rig)
    rig.switch.execute(StartMusic(leg=leg))
    await until(lambda: line_of(party).heard)
    agent = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=agent)
    await line_of(party).vanish()
    rig.switch.execute(Join(bridge="twilio/b-1", legs=(leg, agent)))
    assert (await rig.gone(leg)).cause == "hangup"
    rig.switch.execute(Hangup(leg=agent))
    assert (await rig.gone(agent)).cause == "withdrawn"


async def test_a_late_first_question_of_a_call_that_is_over_makes_no_call(
    rig: Rig, front: Front
) -> None:
    sent = {"CallSid": "CA7", "From": "+48600100200", "To": NUMBER, "Direction": "inbound"}
    await front.switch.webhook("status", {}, {**sent, "CallStatus": "completed"})
    text = await front.switch.webhook("voice", {}, {**sent, "CallStatus": "ringing"})
    assert text is not None
    assert "<Hangup" in text
    assert not rig.all(LegArrived)
    assert not rig.all(LegEnded)


# -- the link, and a new start -------------------------------------------------------------------


async def test_a_new_start_knows_who_is_there_and_what_is_somebody_elses(
    rig: Rig, front: Front, cloud: Cloud
) -> None:
    url = front.url
    caller = cloud.call("+48600100200", NUMBER, f"{url}/twilio/voice", f"{url}/twilio/status")
    leg = (await rig.wait(LegArrived)).leg
    rig.switch.execute(Answer(leg=leg))
    foreign = cloud.call("+48600100200", "+48999999999", f"{url}/twilio/voice")
    await until(lambda: len(rig.all(LegArrived)) == 2)
    rig.switch.execute(Answer(leg=f"twilio/{foreign.sid}"))
    await rig.agent_phone()
    agent = dial(rig, "a1", f"phone:{rig.agent}")
    await rig.wait(LegAnswered, leg=agent)
    bridge = "twilio/b-7"
    rig.switch.execute(Join(bridge=bridge, legs=(leg, agent)))
    await until(lambda: any(each.started for each in cloud.conferences.values()))
    await rig.disconnect()
    again = Rig(front.restart(), TwilioOutside(front), hears_all_keys=False)
    up = await again.connect()
    assert {live.leg: (live.inbound, live.up, live.bridge) for live in up.legs} == {
        f"twilio/{caller.sid}": (True, True, bridge),
        agent: (False, True, bridge),
    }
    again.switch.execute(Join(bridge=bridge, legs=(leg, agent)))
    await caller.hang_up()
    assert (await again.gone(leg)).cause == "hangup"
    again.switch.execute(Hangup(leg=agent))
    assert (await again.gone(agent)).cause == "withdrawn"
    await foreign.hang_up()
    await again.disconnect()


async def test_an_api_that_fails_is_a_lost_link_until_it_answers(rig: Rig, cloud: Cloud) -> None:
    party, leg = await answered_caller(rig)
    rig.switch.execute(StartMusic(leg=leg))
    await until(lambda: line_of(party).heard)
    cloud.failing["POST", "/Calls/"] = [0, 0, 0]
    cloud.failing["GET", "/Calls.json"] = [503] * 9
    rig.switch.execute(Prompt(leg=leg, prompt="p1", media=(say("?"),)))
    assert not (await rig.wait(CommandFailed)).gone
    await rig.wait(SwitchDown)
    await until(lambda: len(rig.all(SwitchUp)) == 2)
    assert [live.leg for live in rig.all(SwitchUp)[1].legs] == [leg]
    await rig.settled(leg)


async def test_wrong_credentials_leave_the_switch_down(
    front: Front, cloud: Cloud, tmp_path: Path
) -> None:
    cloud.token = "changed"
    told: list[object] = []
    running = asyncio.create_task(front.switch.run(told.append))
    await until(lambda: cloud.refused)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert told == []


async def test_the_phone_answers_by_itself_where_the_page_is_asked_to(
    rig: Rig, cloud: Cloud
) -> None:
    await rig.agent_phone("obeys")
    leg = f"{rig.switch.name}/a1"
    rig.switch.execute(
        Dial(leg=leg, call="c", to=f"phone:{rig.agent}", caller="", auto_answer=True)
    )
    await rig.wait(LegAnswered, leg=leg)
    assert posted(cloud)[0]["To"] == f"client:{rig.agent}?auto_answer=1"


# -- an API and webhooks that are odd ------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "cause"),
    [([400], "unreachable"), ([404], "unreachable"), ([401], "failed"), ([429] * 3, "failed")],
)
async def test_a_phone_is_not_blamed_for_trouble_between_twilio_and_us(
    rig: Rig, cloud: Cloud, statuses: list[int], cause: str
) -> None:
    """Who is unreachable is offered no more calls."""
    await rig.agent_phone()
    cloud.failing[("POST", "/Calls.json")] = statuses
    leg = dial(rig, "a1", f"phone:{rig.agent}")
    assert (await rig.gone(leg)).cause == cause


@pytest.mark.parametrize("what", ["voice", "offer", "wait", "left", "join", "accept"])
async def test_a_question_about_no_call_is_answered_and_forgotten(
    rig: Rig, front: Front, cloud: Cloud, what: str
) -> None:
    for sent in ({}, {"CallSid": "", "CallStatus": "ringing"}):
        text = await cloud.ask(f"{front.url}/twilio/{what}", dict(sent))
        assert "<Hangup" in text
    await cloud.ask_nothing(f"{front.url}/twilio/status", {"CallStatus": "completed"})
    assert not rig.all(LegArrived)
    assert not await rig.switch.legs()


@pytest.mark.parametrize("what", ["voice", "wait", "left", "agent-done", "status", "recording"])
async def test_what_nobody_has_foreseen_is_no_fault(
    rig: Rig, front: Front, cloud: Cloud, what: str
) -> None:
    """Words, numbers and names that no document has: an answer, and callers after it are served."""
    odd = {
        "CallSid": "c-1/../2?x=%00", "CallStatus": "sleeping", "Direction": "sideways",
        "Digits": "ABCD*#w", "QueueResult": "??", "RecordingDuration": "-1", "From": "",
        "SequenceNumber": "1e9", "StatusCallbackEvent": "participant-dance", "To": "łódź",
        "ConferenceSid": "CF1", "FriendlyName": "ringdesk-", "SipResponseCode": "x",
        "AnsweredBy": "a dog", "RecordingStatus": "eaten",
    }  # fmt: skip
    url = f"{front.url}/twilio/{what}?leg=../..&d=9.9&recording=../x&bridge="
    ask = cloud.ask_nothing if what in ("status", "recording") else cloud.ask
    await ask(url, odd)
    await ask(url, odd)
    party, leg = await answered_caller(rig)
    await rig.settled(leg)
    for found in await rig.switch.legs():
        rig.switch.execute(Hangup(leg=found.leg))
    await party.hang_up()
