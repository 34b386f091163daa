"""What a caller in a queue hears."""

import msgspec

from calls.commands import Answer, Command, Prompt, StartMusic, StopMusic, StopPrompt
from calls.config import Queue
from calls.events import PromptEnded, Tick
from calls.media import Speech
from ivr.waiting import Waiting, WaitingState

QUEUE = Queue(name="support", music="jazz", announce_every=30.0)
LEG = "simulated/7"


class Line:
    """One caller in line; the state goes through JSON before every step."""

    def __init__(self, queue: Queue = QUEUE, language: str = "en") -> None:
        self.now = 1000.0
        self.position: int | None = 2
        self.waiting, self.said = Waiting.start(
            call="c-7", leg=LEG, queue=queue, language=language, now=self.now
        )

    def wait(self, seconds: float) -> list[Command]:
        self.now += seconds
        return self._handle(Tick())

    def ends(self, prompt: str | None = None, *, failed: bool = False) -> list[Command]:
        running = prompt if prompt is not None else self.running
        return self._handle(
            PromptEnded(leg=LEG, prompt=running, end="failed" if failed else "completed")
        )

    def reload(self) -> Waiting:
        state = self.waiting.snapshot()
        again = msgspec.json.decode(msgspec.json.encode(state), type=WaitingState)
        assert again == state
        self.waiting = Waiting(again)
        return self.waiting

    def _handle(self, event: PromptEnded | Tick) -> list[Command]:
        said = self.reload().handle(event, self.now, self.position)
        deadline = self.waiting.deadline()
        assert deadline is None or deadline > self.now
        return said

    @property
    def running(self) -> str:
        return self.waiting.snapshot().prompt


def names(said: list[Command]) -> list[str]:
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
