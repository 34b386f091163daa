"""What one call should do: any order of commands and of Twilio's words, twice and late."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from calls.commands import Prompt, Record
from calls.events import DigitPressed, PromptEnded, RecordingEnded
from calls.media import DigitRule, Speech
from switch.twilio.codec import Hook
from switch.twilio.documents import Play, Recording, Talk
from switch.twilio.jobs import Document
from switch.twilio.legs import Leg

WORDS = Speech(name="main.menu", language="en", text="Well?")
LEG = "twilio/CA1"


def prompt(name: str, digits: DigitRule | None = None, **more: bool) -> Prompt:
    return Prompt(leg=LEG, prompt=name, media=(WORDS,), digits=digits, **more)


class OneCall(RuleBasedStateMachine):
    """Every prompt and recording ends once; every key is taken once, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.leg = Leg(LEG, "CA1", inbound=True, up=True)
        self.now = 0.0
        self.count = 0
        self.given: list[str] = []
        self.ended: list[str] = []
        self.pressed = ""
        self.taken = ""
        self.dropped = ""
        self.outcomes: list[Hook] = []

    def settle(self) -> None:
        self.now += 1.0
        self.leg.settle(self.now)
        for event in self.leg.told:
            match event:
                case PromptEnded(prompt=name, digits=digits):
                    self.ended.append(name)
                    self.taken += digits
                case RecordingEnded(recording=name):
                    self.ended.append(name)
                case DigitPressed():
                    pass
        self.leg.told.clear()

    def name(self) -> str:
        self.count += 1
        return f"p{self.count}"

    @rule(most=st.integers(0, 3), barge_in=st.booleans(), again=st.booleans())
    def play(self, most: int, barge_in: bool, again: bool) -> None:
        rule = DigitRule(max_digits=most) if most else None
        command = prompt(self.name(), rule, barge_in=barge_in)
        self.given.append(command.prompt)
        assert self.leg.play(command)
        if again:
            assert not self.leg.play(command)

    @rule(there=st.booleans())
    def sounds_are_there(self, there: bool) -> None:
        for job in list(self.leg.jobs):
            if job.urls is None:
                self.leg.prepared(job.name, ("https://x/a.wav",) if there else None)
                break
        self.settle()

    @rule()
    def record(self) -> None:
        name = self.name()
        self.given.append(name)
        self.leg.record(Record(leg=LEG, recording=name))
        self.settle()

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        self.leg.stop(data.draw(st.sampled_from(self.given)), self.now)
        self.settle()

    @rule()
    def join(self) -> None:
        self.leg.join("b-1", self.now)
        self.settle()
        assert self.leg.task() == Talk("b-1")

    @rule()
    def unbridge(self) -> None:
        self.leg.bridge = None

    @rule()
    def document_is_asked_for(self) -> None:
        task = self.leg.task()
        if task is not None:
            number = self.name()
            self.leg.serves(Document(task, number, False, ""))

    @precondition(lambda self: self.leg.running is not None)
    @rule(digits=st.text("123", max_size=2))
    def document_is_over(self, digits: str) -> None:
        assert self.leg.running is not None
        task = self.leg.running.task
        most = 1
        if isinstance(task, Play) and task.rule is not None:
            most = task.rule.max_digits - task.taken
        if isinstance(task, Talk | Recording):
            most = 0
        hook = Hook(what="voice", document=self.leg.running.number, digits=digits[:most])
        self.outcomes.append(hook)
        assert self.leg.finished(hook, self.now) == task
        self.settle()

    @precondition(lambda self: self.outcomes)
    @rule(data=st.data())
    def an_outcome_comes_again(self, data: st.DataObject) -> None:
        before = list(self.ended)
        assert self.leg.finished(data.draw(st.sampled_from(self.outcomes)), self.now) is None
        self.settle()
        assert self.ended == before

    @invariant()
    def each_ends_at_most_once_in_its_turn(self) -> None:
        assert len(self.ended) == len(set(self.ended))
        waiting = [job.name for job in self.leg.jobs]
        assert sorted(self.ended + waiting) == sorted(self.given)


TestOneCall = OneCall.TestCase
TestOneCall.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# -- keys ----------------------------------------------------------------------------------------


def leg() -> Leg:
    return Leg(LEG, "CA1", inbound=True, up=True)


def serve(call: Leg, number: str) -> None:
    task = call.task()
    assert task is not None
    call.serves(Document(task, number, False, ""))


def test_keys_pressed_over_music_are_typed_ahead_in_order() -> None:
    call = leg()
    call.music = "https://x/m.wav"
    for number, digit in enumerate("12"):
        serve(call, f"m{number}")
        call.finished(Hook(what="wait", document=f"m{number}", digits=digit), 0.0)
    call.play(prompt("p1", DigitRule(max_digits=4)))
    call.prepared("p1", ("https://x/a.wav",))
    call.settle(0.0)
    task = call.task()
    assert isinstance(task, Play)
    assert (task.taken, task.urls) == (2, ()), "keys typed ahead cut the prompt short"
    serve(call, "p")
    call.finished(Hook(what="voice", document="p", digits="34"), 0.0)
    assert call.told[-1] == PromptEnded(leg=LEG, prompt="p1", end="digits", digits="1234")


def test_without_type_ahead_earlier_keys_are_dropped() -> None:
    call = leg()
    call.music = "https://x/m.wav"
    serve(call, "m")
    call.finished(Hook(what="wait", document="m", digits="9"), 0.0)
    call.play(prompt("p1", DigitRule(), type_ahead=False))
    call.prepared("p1", ())
    call.settle(0.0)
    assert isinstance(call.task(), Play)
    assert not any(isinstance(event, PromptEnded) for event in call.told)


def test_any_of_several_terminators_ends_the_digits() -> None:
    call = leg()
    call.play(prompt("p1", DigitRule(max_digits=9, terminators="#*")))
    call.prepared("p1", ("https://x/a.wav",))
    call.settle(0.0)
    serve(call, "p")
    call.finished(Hook(what="voice", document="p", digits="12*34"), 0.0)
    assert call.told == [PromptEnded(leg=LEG, prompt="p1", end="digits", digits="12")]


def test_a_stopped_prompt_whose_keys_come_late_gives_them_to_the_next() -> None:
    call = leg()
    call.play(prompt("p1", DigitRule()))
    call.prepared("p1", ("https://x/a.wav",))
    call.settle(0.0)
    serve(call, "p")
    call.stop("p1", 1.0)
    call.finished(Hook(what="voice", document="p", digits="7"), 1.0)
    call.play(prompt("p2", DigitRule()))
    call.prepared("p2", ("https://x/a.wav",))
    call.settle(2.0)
    assert call.told == [
        PromptEnded(leg=LEG, prompt="p1", end="stopped"),
        DigitPressed(leg=LEG, digit="7"),
        PromptEnded(leg=LEG, prompt="p2", end="digits", digits="7"),
    ]
