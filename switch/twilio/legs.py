"""One call at Twilio: what we have told it, what it should do now, and what it is doing.

Theory of operation
-------------------
A call always runs one document, whose end makes Twilio ask for the next. So commands only change
what the leg *should* do (`task`); the driver compares it with the document that `running` is, and
answers the next question, or asks Twilio by REST to ask now. Every document has a number; its
outcome is taken once, whenever and however often it comes (`finished`).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from calls.base import EndCause, LegId
from calls.commands import Command, Prompt, Record, Supervise
from calls.events import DigitPressed, PromptEnded, RecordingEnded, SwitchEvent
from switch.twilio.codec import PLAIN, Hook, Manner
from switch.twilio.documents import (
    End,
    Idle,
    Music,
    Place,
    Play,
    Recording,
    Screen,
    Talk,
    Task,
)
from switch.twilio.jobs import Document, Following, Job

#: Keys that nobody collects are kept for the next prompt that asks; more than this is noise.
MAX_AHEAD = 32
#: Documents whose outcome may still come; older ones are late beyond use.
MAX_OPEN = 16


@dataclass(slots=True, eq=False)
class Leg:
    """See the module's theory of operation. `told` is what is to be told, for the driver to take.

    `up`: answered, so that media flows and the call can be redirected. `screened`: who answers must
    press a key to be taken for the agent.
    """

    id: LegId
    sid: str
    inbound: bool
    caller: str = ""
    called: str = ""
    up: bool = False
    screened: bool = False
    rang: bool = False
    #: It was let wait, unanswered.
    held: bool = False
    #: It has been told to answer, or has told that it was answered.
    answered: bool = False
    #: It is to hang up, and why; we were told so.
    ending: str = ""
    withdrawn: bool = False
    #: Twilio was told so.
    hung_up: bool = False
    #: Twilio was asked to make the call.
    posted: bool = False
    #: It is over; a recording of it is still to be told.
    departing: EndCause | None = None
    #: What answers is to be found out first.
    detects: bool = False
    #: It talks in this bridge, or follows who does.
    bridge: str | None = None
    follows: Following | None = None
    #: Nobody is to hear it; it is on hold with the music of that name.
    muted: bool = False
    hold: str = ""
    #: How it is to take part in its conference, and how it does, as far as Twilio was told;
    #: `adapting`: Twilio is being told.
    manner: Manner = PLAIN
    shown: Manner = PLAIN
    adapting: bool = False
    #: What changed that last.
    control: Command | None = None
    #: A beep is to be heard as soon as it is in its conference.
    beeps: bool = False
    music: str | None = None
    #: Sounds to be heard before the next document.
    before: tuple[str, ...] = ()
    #: Where Twilio says that it is: the bridge, and Twilio's name of the conference.
    conference: str = ""
    conference_sid: str = ""
    #: The last that was told of it there.
    sequence: int = -1
    #: The call is in a queue of Twilio's; it cannot be in one.
    queued: bool = False
    no_queue: bool = False
    running: Document | None = None
    #: Until then Twilio asks by itself what to do next, and when it last said anything (monotonic).
    expected: float = 0.0
    heard: float = 0.0
    #: Surveys running that did not find it.
    missed: int = 0
    #: The last command that something can go wrong with.
    last: Command | None = None
    told: list[SwitchEvent] = field(default_factory=list)
    jobs: deque[Job] = field(default_factory=deque)
    _ahead: str = ""
    #: What may come back to us, once each: the outcome of a document, or a question that we asked
    #: for (None).
    _open: dict[str, Task | None] = field(default_factory=dict)

    @property
    def inside(self) -> str:
        """Its id inside the switch."""
        return self.id.partition("/")[2]

    @property
    def place(self) -> Place:
        return Place(
            leg=self.inside,
            inbound=self.inbound,
            queued=self.queued,
            untouched=not (self.up or self.held),
            no_queue=self.no_queue,
            manner=self.manner,
            supervisor=self.follows is not None,
        )

    @property
    def room(self) -> str | None:
        """The bridge whose conference it is to be in."""
        return self.follows.bridge if self.follows is not None else self.bridge

    @property
    def present(self) -> bool:
        """It is in the conference that it is to be in, and can be told how to take part there."""
        return bool(self.conference_sid) and self.conference == self.room

    @property
    def recording(self) -> Job | None:
        """The recording that runs."""
        job = self.jobs[0] if self.jobs else None
        return job if job and job.begun and isinstance(job.command, Record) else None

    # --- what it should do

    def task(self) -> Task | None:
        """What it should do now; None where nothing is decided, or sounds are being made."""
        if self.ending:
            return End(self.ending)
        if self.screened:
            return Screen()
        if self.jobs:
            return self._task_of(self.jobs[0])
        if self.room is not None:
            return Talk(self.room)
        if self.music is not None:
            return Music(self.music)
        return Idle() if self.up or self.answered else None

    def does(self, task: Task) -> bool:
        """Whether that is what it is doing; before a restart it was told by another document."""
        if self.running is None:
            return isinstance(task, Talk) and self.present
        return self.running.task == task

    @staticmethod
    def _task_of(job: Job) -> Task | None:
        if not job.begun:
            return None
        match job.command:
            case Prompt() as prompt:
                return Play(
                    prompt=prompt.prompt,
                    # Keys typed ahead have cut it short.
                    urls=() if job.digits and prompt.barge_in else job.urls or (),
                    rule=prompt.digits,
                    barge_in=prompt.barge_in,
                    taken=len(job.digits),
                )
            case Record() as record:
                return Recording(
                    recording=record.recording,
                    max_seconds=record.max_seconds,
                    silence=record.silence,
                    terminators=record.terminators,
                    beep=record.beep,
                )

    # --- commands

    def play(self, prompt: Prompt) -> bool:
        """Play it now or after those before it; False if it is known already."""
        if any(job.command == prompt or job.name == prompt.prompt for job in self.jobs):
            return False
        if not self.jobs:
            self.music = None
        self.jobs.append(Job(prompt))
        self.last = prompt
        return True

    def record(self, record: Record) -> None:
        if all(job.name != record.recording for job in self.jobs):
            if not self.jobs:
                self.music = None
            self.jobs.append(Job(record, urls=()))
            self.last = record

    def prepared(self, prompt: str, urls: tuple[str, ...] | None) -> None:
        """The sounds of a prompt are there; None: they cannot be made."""
        for job in [job for job in self.jobs if job.name == prompt]:
            job.urls = urls
            if urls is None:
                self.jobs.remove(job)
                self._tell_end(job, "failed")

    def stop(self, name: str, now: float) -> None:
        """End a prompt or recording wherever it is; nothing if it has ended."""
        for job in [job for job in self.jobs if job.name == name]:
            self._stopped(job, now)

    def stop_all(self, now: float) -> None:
        for job in list(self.jobs):
            self._stopped(job, now)

    def join(self, bridge: str, now: float) -> None:
        self.stop_all(now)
        self.music = self.follows = None
        self.bridge = bridge

    def follow(self, command: Supervise, now: float) -> None:
        self.stop_all(now)
        self.music = self.bridge = None
        bridge = command.bridge.partition("/")[2]
        self.follows = Following(command.whom, bridge, command.mode)

    def settle(self, now: float) -> None:
        """Begin what is due and ready: digits typed ahead may be all that it asks for."""
        while self.jobs and not self.jobs[0].begun and self.jobs[0].urls is not None:
            job = self.jobs[0]
            job.begun, job.since = True, now
            if not isinstance(job.command, Prompt):
                return
            rule = job.command.digits
            if rule is None:
                if not job.command.media:
                    self._prompt_over(job, "completed")
                continue
            if not job.command.type_ahead:
                self._ahead = ""
            if self._type_ahead(job):
                self._prompt_over(job, "digits")

    def forget(self) -> None:
        """After a lost link: nobody waits for what was playing any more."""
        self.jobs.clear()
        self.music = self.last = self.running = None
        self.before = ()
        self.expected = 0.0
        self._open.clear()

    def dropped(self, command: Command) -> None:
        """The driver has told that this could not be done: it is over, untold."""
        for job in [job for job in self.jobs if job.command == command]:
            self.jobs.remove(job)

    # --- conferences

    def moved(self, hook: Hook, bridge: str) -> None:
        """It came into the conference of a bridge, or left one."""
        if hook.conference_sid == self.conference_sid and hook.sequence <= self.sequence:
            return  # late
        joined = hook.event == "participant-join"
        if joined or hook.conference_sid == self.conference_sid:
            self.conference = bridge if joined else ""
            self.conference_sid, self.sequence = hook.conference_sid, hook.sequence

    # --- documents

    def expects(self, number: str, task: Task | None = None) -> None:
        """A question with this number is to come."""
        self._open[number] = task
        if len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]

    def serves(self, document: Document) -> None:
        """This is answered to the call now."""
        self.running = document
        self.before = ()
        if isinstance(document.task, Talk):
            self.shown = self.manner.at_first
        self.expects(document.number, document.task)

    def is_repeated(self, hook: Hook) -> bool:
        """A question that was answered before: what it got then is running."""
        return self.running is not None and hook.document not in self._open

    def finished(self, hook: Hook, now: float) -> Task | None:
        """A document is over, with this outcome; gives what it was. An outcome counts once."""
        task = self._open.pop(hook.document, None)
        if task is None:
            return None
        if self.running is not None and self.running.task == task:
            self.running = None
        job = self.jobs[0] if self.jobs else None
        match task:
            case Play(prompt=name) if job is not None and job.name == name:
                self._played(job, hook.digits)
            case Recording(recording=name) if job is not None and job.name == name:
                self._recorded(job, hook, now)
            case Screen():
                if hook.digits == "1":
                    self.screened = False
                else:
                    self.ending = self.ending or "declined"
            case _:
                self._loose(hook.digits)
        return task

    def _played(self, job: Job, digits: str) -> None:
        prompt = job.command
        assert isinstance(prompt, Prompt)  # noqa: S101
        if prompt.digits is None:
            self._loose(digits)
            self._prompt_over(job, "completed")
            return
        for other in prompt.digits.terminators[1:]:
            digits = digits.partition(other)[0]
        job.digits += digits
        self._prompt_over(job, "digits" if job.digits else "no_input")

    def _recorded(self, job: Job, hook: Hook, now: float) -> None:
        record = job.command
        assert isinstance(record, Record)  # noqa: S101
        self.jobs.remove(job)
        end: Literal["hangup", "digits", "full", "silence"]
        if hook.digits == "hangup":
            end = "hangup"
        elif hook.digits:
            end = "digits"
        else:
            full = max(hook.recording_seconds + 1, now - job.since) >= record.max_seconds
            end = "full" if full else "silence"
        self.told.append(
            RecordingEnded(
                leg=self.id,
                recording=record.recording,
                end=end,
                seconds=hook.recording_seconds,
                digits=hook.digits if end == "digits" else "",
            )
        )

    def cut_off(self, seconds: float) -> None:
        """The leg is gone: of a recording that runs, so many seconds were said."""
        if (job := self.recording) is not None:
            self.jobs.remove(job)
            self.told.append(
                RecordingEnded(leg=self.id, recording=job.name, end="hangup", seconds=seconds)
            )

    # --- inside

    def _loose(self, digits: Iterable[str]) -> None:
        """Keys that nobody collects."""
        for digit in digits:
            self._ahead = (self._ahead + digit)[-MAX_AHEAD:]
            self.told.append(DigitPressed(leg=self.id, digit=digit))

    def _type_ahead(self, job: Job) -> bool:
        """Take the keys pressed before; whether they are all that is asked."""
        assert isinstance(job.command, Prompt)  # noqa: S101
        rule = job.command.digits
        while rule is not None and self._ahead:
            digit, self._ahead = self._ahead[0], self._ahead[1:]
            if digit in rule.terminators:
                return True
            job.digits += digit
            if len(job.digits) >= rule.max_digits:
                return True
        return False

    def _prompt_over(self, job: Job, end: Literal["completed", "digits", "no_input"]) -> None:
        self.jobs.remove(job)
        self._tell_end(job, end)

    def _stopped(self, job: Job, now: float) -> None:
        self.jobs.remove(job)
        self._tell_end(job, "stopped", now - job.since if job.begun else 0.0)

    def _tell_end(
        self,
        job: Job,
        end: Literal["completed", "digits", "no_input", "stopped", "failed"],
        seconds: float = 0.0,
    ) -> None:
        if isinstance(job.command, Prompt):
            ended: SwitchEvent = PromptEnded(
                leg=self.id,
                prompt=job.name,
                end=end,
                digits=job.digits if end == "digits" else "",
            )
        else:
            ended = RecordingEnded(leg=self.id, recording=job.name, end="stopped", seconds=seconds)
        self.told.append(ended)
