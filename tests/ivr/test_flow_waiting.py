"""What a caller in a queue hears."""

from collections.abc import Sequence
from typing import Literal

import msgspec
import pytest

from calls.commands import Answer, Prompt, StartMusic, StopMusic, StopPrompt
from calls.config import Queue
from calls.events import DigitPressed, PromptEnded, Tick
from calls.facts import WaitAnnounced
from calls.media import Speech
from ivr.live import revived_wait
from ivr.messages import KeepThePlace, LeaveQueue, WaitingOutput
from ivr.state import WaitingState
from ivr.waiting import Waiting, WaitingEvent

QUEUE = Queue(name="support", music="jazz", announce_every=30.0)
LEG = "simulated/7"


class Line:
    """One caller in line; the state goes through JSON before every step."""

    def __init__(
        self, queue: Queue = QUEUE, language: str = "en", callback: str = "", keys: str = ""
    ) -> None:
        self.now = 1000.0
        self.position: int | None = 2
        self.expected: tuple[float, float] | None = None
        self.waiting, self.said = Waiting.start(
            call="c-7",
            leg=LEG,
            queue=queue,
            language=language,
            now=self.now,
            callback_key=callback,
            keys=keys,
        )

    def wait(self, seconds: float) -> list[WaitingOutput]:
        self.now += seconds
        return self._handle(Tick())

    def ends(
        self, prompt: str | None = None, *, failed: bool = False, digits: str = ""
    ) -> list[WaitingOutput]:
        running = prompt if prompt is not None else self.running
        end: Literal["digits", "completed", "failed"] = "digits" if digits else "completed"
        return self._handle(
            PromptEnded(leg=LEG, prompt=running, end="failed" if failed else end, digits=digits)
        )

    def press(self, digit: str) -> list[WaitingOutput]:
        return self._handle(DigitPressed(leg=LEG, digit=digit))

    def reload(self) -> Waiting:
        state = self.waiting.snapshot()
        again = msgspec.json.decode(msgspec.json.encode(state), type=WaitingState)
        assert again == state
        self.waiting = Waiting(revived_wait(again))
        return self.waiting

    def _handle(self, event: WaitingEvent) -> list[WaitingOutput]:
        said = self.reload().handle(event, self.now, self.position, self.expected)
        deadline = self.waiting.deadline()
        assert deadline is None or deadline > self.now
        return said

    @property
    def running(self) -> str:
        return self.waiting.snapshot().prompt


def names(said: Sequence[WaitingOutput]) -> list[str]:
    prompt = said[-1]
    assert isinstance(prompt, Prompt)
    return [media.name for media in prompt.media if isinstance(media, Speech)]


def test_music_at_once_and_the_position_a_moment_later() -> None:
    line = Line()
    assert line.said == [StartMusic(leg=LEG, music="jazz")]
    assert line.wait(0.5) == []
    said = line.wait(1.5)
    assert names(said) == ["waiting.ahead.1"]
    assert isinstance(said[-1], Prompt)
    assert said[-1].digits is None


def test_music_goes_on_after_each_announcement_until_the_next() -> None:
    line = Line()
    line.wait(2)
    line.now += 3
    assert line.ends() == [StartMusic(leg=LEG, music="jazz")]
    assert line.wait(29) == []
    line.position = 1
    assert names(line.wait(1)) == ["waiting.ahead.0", "waiting.thanks"]


def test_announcements_have_names_of_their_own() -> None:
    line = Line()
    seen = set()
    for _ in range(4):
        line.wait(60)
        seen.add(line.running)
        line.ends()
    assert len(seen) == 4


def test_an_announcement_that_fails_leaves_the_music_on() -> None:
    line = Line()
    line.wait(2)
    assert line.ends(failed=True) == [StartMusic(leg=LEG, music="jazz")]
    assert line.waiting.deadline() == line.now + 30


def test_an_announcement_whose_end_is_never_reported_is_given_up() -> None:
    line = Line()
    line.wait(2)
    running = line.running
    assert line.wait(31) == [
        StopPrompt(leg=LEG, prompt=running),
        StartMusic(leg=LEG, music="jazz"),
    ]
    assert line.ends(running) == []


def test_the_end_of_a_prompt_of_the_flow_means_nothing_here() -> None:
    line = Line()
    assert line.ends("c-7.flow-3") == []
    line.wait(2)
    assert line.ends("c-7.flow-3") == []
    assert line.running


def test_without_a_position_the_announcement_waits() -> None:
    line = Line()
    line.position = None
    assert line.wait(2) == []
    line.position = 3
    assert names(line.wait(5)) == ["waiting.ahead.2"]


def test_a_queue_may_announce_nothing() -> None:
    line = Line(msgspec.structs.replace(QUEUE, announce_every=0.0))
    assert line.said == [StartMusic(leg=LEG, music="jazz")]
    assert line.waiting.deadline() is None
    assert line.wait(3600) == []


def test_stopping_silences_all_that_plays() -> None:
    line = Line()
    assert line.reload().stop() == [StopMusic(leg=LEG)]
    line = Line()
    line.wait(2)
    running = line.running
    assert line.reload().stop() == [StopPrompt(leg=LEG, prompt=running), StopMusic(leg=LEG)]
    assert line.waiting.deadline() is None


def test_after_a_restart_the_music_plays_and_announcements_go_on() -> None:
    line = Line()
    line.wait(2)
    running = line.running
    assert line.reload().resume(line.now) == [
        Answer(leg=LEG),
        StopPrompt(leg=LEG, prompt=running),
        StartMusic(leg=LEG, music="jazz"),
    ]
    assert names(line.wait(30)) == ["waiting.ahead.1", "waiting.thanks"]


def test_announcements_are_in_the_callers_language() -> None:
    line = Line(language="uk")
    said = line.wait(2)
    assert isinstance(said[-1], Prompt)
    assert said[-1].media[0] == Speech(
        name="waiting.ahead.1", language="uk", text="Перед вами в черзі одна людина."
    )


def test_a_larger_position_is_never_announced() -> None:
    line = Line()
    assert WaitAnnounced(call="c-7", queue="support", position=2) in line.wait(2)
    line.ends()
    line.position = 3
    assert line.wait(30) == []
    line.position = 2
    assert names(line.wait(30)) == ["waiting.ahead.1", "waiting.thanks"]


def test_the_wait_is_a_range_of_whole_minutes_rounded_up() -> None:
    line = Line()
    line.expected = (70.0, 200.0)
    said = line.wait(2)
    assert names(said) == ["waiting.ahead.1", "waiting.wait.2_4"]
    assert said[0] == WaitAnnounced(call="c-7", queue="support", position=2, wait=(120.0, 240.0))


def test_a_wait_longer_than_what_is_left_of_the_promised_one_is_never_announced() -> None:
    line = Line(msgspec.structs.replace(QUEUE, announce_position=False))
    line.expected = (70.0, 200.0)
    assert names(line.wait(2)) == ["waiting.wait.2_4"]
    line.ends()
    line.expected = (70.0, 190.0)  # four minutes again, of which three and a half are left
    assert line.wait(30) == []
    line.expected = (50.0, 180.0)
    assert names(line.wait(30)) == ["waiting.wait.1_3", "waiting.thanks"]
    line.ends()
    line.expected = None
    assert line.wait(30) == []


def test_messages_are_said_in_turn_between_announcements_and_music_plays_by_language() -> None:
    queue = msgspec.structs.replace(
        QUEUE,
        messages={"pl": ("Raz.", "Dwa.")},
        music_by_language={"pl": "chopin"},
        announce_every=40.0,
    )
    line = Line(queue, language="pl")
    assert line.said == [StartMusic(leg=LEG, music="chopin")]
    heard = []
    for _ in range(6):
        heard.append(names(line.wait(20))[0])
        assert line.ends() == [StartMusic(leg=LEG, music="chopin")]
    assert heard == [
        "waiting.ahead.1",
        "queue.support.message_1",
        "waiting.ahead.1",
        "queue.support.message_2",
        "waiting.ahead.1",
        "queue.support.message_1",
    ]
    assert Line(queue).waiting.snapshot().messages == ()


def test_a_key_of_the_flow_leads_out_and_silences_all_that_plays() -> None:
    line = Line(keys="29")
    assert line.press("3") == []
    assert line.press("2") == [StopMusic(leg=LEG), LeaveQueue(digit="2")]
    assert line.press("9") == []
    line = Line(keys="2")
    line.wait(2)
    running = line.running
    assert line.press("2") == [
        StopPrompt(leg=LEG, prompt=running),
        StopMusic(leg=LEG),
        LeaveQueue(digit="2"),
    ]
    assert line.waiting.deadline() is None


def test_the_place_is_kept_once_the_callback_is_confirmed_and_goodbye_was_said() -> None:
    line = Line(callback="*")
    assert names(line.wait(2)) == ["waiting.ahead.1", "waiting.callback.star"]
    announcement = line.running
    offer = line.press("*")
    assert offer[0] == StopPrompt(leg=LEG, prompt=announcement)
    assert names(offer) == ["waiting.callback.offer"]
    assert isinstance(offer[-1], Prompt)
    assert offer[-1].digits is not None
    assert not offer[-1].type_ahead, "the star itself must not count as the answer"
    assert line.press("*") == []
    assert names(line.ends(digits="1")) == ["waiting.callback.goodbye"]
    assert line.ends() == [KeepThePlace()]
    assert line.waiting.deadline() is None


@pytest.mark.parametrize("answer", ["2", "", "failed"])
def test_who_does_not_confirm_the_callback_waits_on(answer: str) -> None:
    line = Line(callback="*")
    line.press("*")
    said = line.ends(failed=True) if answer == "failed" else line.ends(digits=answer)
    assert said == [StartMusic(leg=LEG, music="jazz")]
    assert line.waiting.deadline() == line.now + 30


def test_the_place_is_kept_though_the_goodbye_cannot_be_played() -> None:
    for failed in (True, False):
        line = Line(callback="*")
        line.press("*")
        line.ends(digits="1")
        running = line.running
        if failed:
            assert line.ends(failed=True) == [KeepThePlace()]
        else:
            assert line.wait(31) == [StopPrompt(leg=LEG, prompt=running), KeepThePlace()]


def test_a_confirmed_callback_survives_a_restart() -> None:
    line = Line(callback="*")
    line.press("*")
    line.ends(digits="1")
    said = line.reload().resume(line.now)
    assert [type(command) for command in said] == [Answer, StopPrompt, Prompt]
    assert line.ends() == [KeepThePlace()]


def test_without_announcements_keys_are_taken_all_the_same() -> None:
    line = Line(msgspec.structs.replace(QUEUE, announce_every=0.0), callback="*", keys="5")
    assert names(line.press("*")) == ["waiting.callback.offer"]
    line.ends(digits="3")
    assert line.press("5")[-1] == LeaveQueue(digit="5")


def test_a_queue_configured_anew_is_heard_at_once() -> None:
    line = Line(msgspec.structs.replace(QUEUE, messages={"en": ("Soon.", "Sooner.")}))
    line.wait(10.0)
    line.ends()
    changed = Queue(name="support", music="calm", announce_every=60.0, announce_position=False)
    assert line.reload().reconfigure(changed, line.now) == [StartMusic(leg=LEG, music="calm")]
    assert line.reload().reconfigure(changed, line.now) == [], "it has not changed again"
    assert line.waiting.deadline() == line.now + 60.0
    line.expected = (30.0, 100.0)
    assert names(line.wait(60.0))[0] == "waiting.wait.1_2", "no message, no position"


def test_what_is_being_said_is_said_to_the_end_when_the_queue_changes() -> None:
    line = Line()
    line.wait(10.0)
    quiet = Queue(name="support", music="calm", announce_every=0.0)
    assert line.reload().reconfigure(quiet, line.now) == []
    assert line.ends() == [StartMusic(leg=LEG, music="calm")]
    assert line.waiting.deadline() is None
