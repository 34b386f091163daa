"""A caller on the phone, for tests: walks a flow with the state through JSON at every step."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from calls.commands import Answer, Prompt, Record, StopPrompt
from calls.events import CallerIdentified, PromptEnded, RecordingEnded, StoreEvent, Tick
from calls.facts import (
    AnswerMissed,
    LanguageChosen,
    NodeEntered,
    NodeLeft,
)
from calls.media import Media, Speech
from calls.requests import Request
from ivr.flow import Flow
from ivr.live import revived_walk
from ivr.messages import Finished, Queued, SessionOutput, Transferred
from ivr.session import Session, SessionEvent, SessionState
from ivr.surroundings import Surroundings

CALL, LEG = "c-7", "simulated/7"
ENDS = Queued | Transferred | Finished

_decoder = msgspec.json.Decoder(SessionState)


class Walk:
    """One call through `flow`; `said` is what has come out since the last step."""

    def __init__(
        self,
        flow: Flow,
        *,
        language: str = "en",
        entry: str = "",
        caller: str = "+48600000001",
        now: float = 1_000_000.0,
        who: CallerIdentified | None = None,
        variables: dict[str, Any] | None = None,
        agent: str = "",
        answered: bool = False,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.flow = flow
        self.now = now
        self.surroundings = surroundings
        self.session, self.said = Session.start(
            flow,
            call=CALL,
            leg=LEG,
            caller=caller,
            called="1000",
            language=language,
            entry=entry,
            now=self.now,
            who=who,
            variables=variables,
            agent=agent,
            answered=answered,
            surroundings=surroundings,
        )
        self.all = list(self.said)
        self.check()

    # --- what the caller and the switch do

    def press(self, digit: str) -> list[SessionOutput]:
        return self.end("digits", digit)

    def silence(self) -> list[SessionOutput]:
        """The prompt is heard to its end and nothing is pressed."""
        asks = self.waits_for is not None and self.waits_for.digits is not None
        return self.end("no_input" if asks else "completed")

    def fail(self) -> list[SessionOutput]:
        return self.end("failed")

    def end(
        self,
        end: Literal["completed", "digits", "no_input", "stopped", "failed"],
        digits: str = "",
        prompt: str | None = None,
    ) -> list[SessionOutput]:
        running = self.waits_for.prompt if self.waits_for else "none"
        return self.tell(PromptEnded(leg=LEG, prompt=prompt or running, end=end, digits=digits))

    def wait(self, seconds: float) -> list[SessionOutput]:
        """Time passes, and whoever asked for a Tick gets it."""
        self.now += seconds
        return self.tell(Tick())

    def restart(self) -> list[SessionOutput]:
        return self._took(self.reloaded().resume(self.now))

    def record(
        self, seconds: float, end: Literal["silence", "digits", "full", "hangup"] = "digits"
    ) -> list[SessionOutput]:
        """The caller speaks for so long."""
        waits = self.session.snapshot().waits_for
        assert isinstance(waits, Record)
        return self.tell(
            RecordingEnded(leg=LEG, recording=waits.recording, end=end, seconds=seconds)
        )

    def answer(self, make: Callable[[str], StoreEvent]) -> list[SessionOutput]:
        """A store answers what it was asked last."""
        asked = [output for output in self.all if isinstance(output, Request)]
        return self.tell(make(asked[-1].request))

    def hang_up(self) -> list[SessionOutput]:
        self.said = self.reloaded().gone(self.now)
        return self.said

    def tell(self, event: SessionEvent) -> list[SessionOutput]:
        return self._took(self.reloaded().handle(event, self.now))

    # --- what is to be seen

    @property
    def waits_for(self) -> Prompt | None:
        """The prompt that is waited for."""
        waits = self.session.snapshot().waits_for
        return waits if isinstance(waits, Prompt) else None

    @property
    def variables(self) -> dict[str, Any]:
        return self.session.snapshot().variables

    @property
    def heard(self) -> list[str]:
        """What the last step said: ``main.menu [pl]``."""
        return [
            name
            for output in self.said
            if isinstance(output, Prompt)
            for name in spoken(output.media)
        ]

    @property
    def node(self) -> str:
        return self.session.snapshot().node

    @property
    def over(self) -> bool:
        return isinstance(self.all[-1], ENDS)

    # --- the checks that hold after every step

    def reloaded(self) -> Session:
        """The session as it is after a restart."""
        state = self.session.snapshot()
        again = _decoder.decode(msgspec.json.encode(state))
        assert again == state
        self.session = Session(self.flow, revived_walk(again), self.surroundings)
        return self.session

    def check(self) -> None:
        endings = [output for output in self.all if isinstance(output, ENDS)]
        deadline = self.session.deadline()
        if self.session.snapshot().waits_for is None:
            assert len(endings) == 1, "the caller is left in silence"
            assert self.over, "the flow went on after its end"
            assert deadline is None
        else:
            assert not endings
            assert deadline is not None
            assert deadline > self.now

    def _took(self, outputs: list[SessionOutput]) -> list[SessionOutput]:
        self.said = outputs
        self.all += outputs
        self.check()
        return outputs


def spoken(media: Iterable[Media]) -> list[str]:
    return [f"{one.name} [{one.language}]" for one in media if isinstance(one, Speech)]


def line(output: SessionOutput) -> str:
    """One output in a line, for golden scripts."""
    match output:
        case Answer():
            return "answer"
        case Prompt(media=media, digits=digits):
            rule = f" and take {digits.max_digits} in {digits.first_timeout:g} s" if digits else ""
            return f"say {', '.join(spoken(media))}{rule}"
        case StopPrompt(prompt=prompt):
            return f"stop {prompt}"
        case NodeEntered(node=node, kind=kind, title=title):
            return f"-> {node} ({kind})" + (f" {title!r}" if title else "")
        case NodeLeft(node=node, exit=exit, digits=digits):
            return f"<- {node} by {exit}" + (f" [{digits}]" if digits else "")
        case AnswerMissed(what=what):
            return f"missed by {what}"
        case LanguageChosen(language=language):
            return f"language {language}"
        case Queued(queue=queue, skills=skills, priority=priority, language=language):
            needs = " ".join(f"{skill}>={level}" for skill, level in skills.items())
            return f"queued {queue} {needs} priority={priority:g} language={language}"
        case Finished(outcome=outcome):
            return f"finished {outcome}"
        case _:
            raise AssertionError(f"unknown output {output}")
