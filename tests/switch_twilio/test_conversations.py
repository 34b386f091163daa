"""Whole calls through the webhooks of a running center."""

import asyncio
import itertools
import json

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from calls.facts import CallConnected, CallEnded, CallLeftQueue, OfferEnded, OfferMade
from tests.switch_twilio.center import Day
from tests.switch_twilio.cloud import NUMBER, TOKEN

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("twilio-center"),
]


async def test_a_caller_chooses_waits_with_music_and_talks_with_an_agent(day: Day) -> None:
    line = await day.waiting()
    await day.until(lambda _: any("default.wav" in heard for heard in line.heard))
    agent = await day.agent("agent1")
    await day.until(lambda live: day.phase(live, line) == "talking")
    [ringing] = agent.lines
    await day.together(line, ringing)
    await ringing.hang_up()
    await day.gone(line)
    assert line.status == "completed"
    live = await day.until(lambda live: day.state(live, "agent1") == "wrap_up")
    [ended] = await day.facts(line, CallEnded)
    assert (ended.outcome, ended.cause) == ("handled", "hangup")
    assert live.switches == {"twilio": True}


async def test_who_does_not_answer_is_not_ready_and_the_next_one_takes_the_call(day: Day) -> None:
    day.center.change_queue("support", offer_timeout=1.5)
    first = await day.agent("agent1", "ignores")
    line = await day.waiting()
    await day.until(lambda live: day.state(live, "agent1") == "not_ready")
    second = await day.agent("agent2")
    await day.until(lambda live: day.phase(live, line) == "talking")
    assert [ringing.status for ringing in first.lines] == ["completed"]
    assert [made.outcome for made in await day.facts(line, OfferEnded)] == ["timed_out", "accepted"]
    await day.together(line, second.lines[0])
    queued = [url for _, url, form in day.cloud.requests if form.get("Url", "").endswith(line.sid)]
    assert not queued, "the caller was not moved before somebody answered"


async def test_who_waits_hears_the_place_between_the_music(day: Day) -> None:
    day.center.change_queue("support", announce_every=5.0)
    line = await day.waiting()
    music = [False, True, False, True]

    def turns() -> list[bool]:
        heard = ["default.wav" in sound for sound in line.heard]
        return [kind for kind, _ in itertools.groupby(heard)]

    await day.until(lambda _: turns()[:4] == music)
    assert line.in_queue
    await line.press("5")
    await line.hang_up()
    await day.gone(line)
    assert line.queue_results == ["redirected", "hangup"]


async def test_a_caller_who_leaves_stops_the_ringing(day: Day) -> None:
    agent = await day.agent("agent1", "ignores")
    line = await day.waiting()
    await day.until(lambda _: bool(agent.lines) and agent.lines[0].status == "ringing")
    await line.hang_up()
    await day.gone(line)
    await day.until(lambda live: day.state(live, "agent1") == "ready")
    await day.until(lambda _: agent.lines[0].status == "completed")
    [left] = await day.facts(line, CallLeftQueue)
    assert left.outcome == "abandoned"


@pytest.mark.parametrize(("does", "outcome"), [("declines", "declined"), ("busy", "busy")])
async def test_an_agent_who_will_not_answer_is_offered_nothing_more(
    day: Day, does: str, outcome: str
) -> None:
    await day.agent("agent1", does)
    line = await day.waiting()
    await day.until(lambda live: day.state(live, "agent1") == "not_ready")
    [ended] = await day.facts(line, OfferEnded)
    assert ended.outcome == outcome


async def test_callbacks_twice_late_and_in_any_order_change_nothing(day: Day) -> None:
    day.cloud.shuffled = day.cloud.doubled = True
    for _ in range(3):
        agent = await day.agent("agent1")
        line = await day.waiting()
        await day.until(lambda live, line=line: day.phase(live, line) == "talking")  # type: ignore[misc]
        await day.together(line, agent.lines[-1])
        await line.hang_up()
        await day.gone(line)
        await day.until(lambda live: day.state(live, "agent1") == "wrap_up")
        await day.api.post("agents/agent1/wrap-up", code="resolved", note="")
        for kind in (OfferMade, CallConnected, CallLeftQueue, CallEnded):
            assert len(await day.facts(line, kind)) == 1, kind
    day.cloud.shuffled = day.cloud.doubled = False


async def test_killed_in_the_middle_it_goes_on_where_it_was(day: Day) -> None:
    agent = await day.agent("agent1")
    talking = await day.waiting()
    await day.until(lambda live: day.phase(live, talking) == "talking")
    waiting = await day.waiting()
    await day.until(lambda _: "default.wav" in waiting.heard[-1])
    await asyncio.to_thread(day.center.kill)
    await asyncio.to_thread(day.center.start)
    live = await day.until(lambda live: live.switches == {"twilio": True})
    assert day.phase(live, talking) == "talking"
    assert day.phase(live, waiting) == "waiting"
    await day.together(talking, agent.lines[-1])
    other = await day.agent("agent2")
    await day.until(lambda live: day.phase(live, waiting) == "talking")
    await day.together(waiting, other.lines[-1])
    await talking.hang_up()
    await day.gone(talking)


async def test_a_number_that_leads_nowhere_is_turned_away(day: Day) -> None:
    url = day.center.url
    line = day.cloud.call("+48600100200", "+48229999999", f"{url}/twilio/voice")
    await day.until(lambda _: line.status == "no-answer")
    assert not line.heard


# -- what is no webhook of Twilio's -----------------------------------------------------------


def signed(url: str, sent: dict[str, str] | None = None) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, sent or {})}


async def test_unsigned_and_forged_requests_are_refused(day: Day) -> None:
    url = f"{day.center.url}/twilio/voice"
    sent = {"CallSid": "CA1", "From": "+48600100200", "To": NUMBER, "CallStatus": "ringing"}
    good = signed(url, sent)
    async with aiohttp.ClientSession() as http:
        for address, body, headers in (
            (url, sent, {}),
            (url, sent, {"X-Twilio-Signature": "forged"}),
            (url, {**sent, "To": "+48229999999"}, good),
            (f"{url}?leg=c-1", sent, good),
            (f"{day.center.url}/twilio/status", sent, good),
        ):
            async with http.post(address, data=body, headers=headers) as answer:
                assert answer.status == 403, (address, body)
        async with http.get(f"{day.center.url}/twilio/media/forged/0/en/x.wav") as answer:
            assert answer.status == 404
    assert not (await day.live()).calls


async def test_a_body_of_json_is_taken_if_its_hash_is_signed(day: Day) -> None:
    sent = {"CallSid": "CA1", "CallStatus": "completed", "From": "", "Something": None, "New": [1]}
    body = json.dumps(sent)
    hashed = RequestValidator(TOKEN).compute_hash(body)
    url = f"{day.center.url}/twilio/status?bodySHA256={hashed}"
    headers = {**signed(url), "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as http:
        async with http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 204
        async with http.post(url, data=body + " ", headers=headers) as answer:
            assert answer.status == 403


async def test_a_webhook_that_is_not_ours_is_not_found(day: Day) -> None:
    url = f"{day.center.url}/twilio/nonsense"
    async with aiohttp.ClientSession() as http, http.post(url, headers=signed(url)) as answer:
        assert answer.status == 404
