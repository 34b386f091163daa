"""Golden scripts: what is done to a center, and every word that comes of it.

A script is a text file of blocks. A block has comment lines (``#``), commands one a line, a line
``----``, and what came of them up to the next empty line::

    # Somebody calls and gives up.
    call 500100200 dials 1000 patience=3
    wait 5
    ----
      0.00 <- LegArrived leg=sim/in-1 switch=sim caller=500100200 called=1000
      0.00  * CallArrived call=c-1 leg=sim/in-1 caller=500100200 called=1000

``<-`` is a message that goes into the machine, ``*`` a fact, ``->`` a command to the switch,
``?`` a question to a store, ``!`` a refusal. Times are seconds since the beginning.
`COMMANDS` lists the commands, each by the function that carries it out.
"""

import shlex
from collections.abc import Callable
from pathlib import Path

import msgspec

from calls import actions, commands
from calls.actions import Refused
from calls.base import Word
from calls.commands import Command
from calls.config import Agent, Number, Queue
from calls.events import CallerIdentified, KnownTicket, LiveLeg, Tick
from calls.facts import ConfigurationChanged, Fact
from calls.media import Speech
from calls.messages import Message, Output
from calls.requests import Request
from calls.views import AgentView
from switch.simulated.scripts import Answering, Caller, Press
from tests.scripts.stage import START, Stage

FLOW = Path(__file__).parent / "center.yaml"
#: Where in the flow callers begin who dial a number.
NUMBERS = {
    "1000": "",
    "1001": "support",
    "1002": "patience",
    "1003": "nowhere",
    "1004": "boss",
    "1005": "night",
    "1006": "message",
    "1007": "pleased",
    "1008": "call_me",
}
#: Fields that are points in time, shown from the beginning of the script.
INSTANTS = ("until", "since", "at", "retry")
#: Fields of queues that are ``yes`` or ``no``.
FLAGS = ("closed", "record", "callback_detect")
#: Configuration goes without saying.
HUSHED = (
    ConfigurationChanged,
    actions.ConfigureAgent,
    actions.ConfigureNumber,
    actions.ConfigureQueue,
    actions.PublishFlow,
    Tick,
)


class Transcript:
    """The lines that come of the commands."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def take(self, at: float, what: Message | Output) -> None:
        if isinstance(what, HUSHED):
            return
        match what:
            case _ if isinstance(what, Fact):
                mark = " *"
            case _ if isinstance(what, Command):
                mark = "->"
            case _ if isinstance(what, Request):
                mark = " ?"
            case Refused():
                mark = " !"
            case _:
                mark = "<-"
        self.lines.append(f"{at - START:7.2f} {mark} {_shown(what)}")


def _shown(word: Word) -> str:
    fields = [
        f"{name}={_value(name, getattr(word, name))}"
        for name in msgspec.to_builtins(word)
        if name != "type"
    ]
    return " ".join([type(word).__name__, *fields])


def _value(name: str, value: object) -> str:
    match value:
        case float() if name in INSTANTS:
            return f"{value - START:.2f}"
        case float():
            return f"{value:.2f}"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return "[" + ", ".join(_value("", item) for item in value) + "]"
        case dict():
            return (
                "{" + ", ".join(f"{key}: {_value('', item)}" for key, item in value.items()) + "}"
            )
        case Word():
            return _brief(value)
        case _:
            return str(value)


def _brief(word: Word) -> str:
    """A word inside a word: by what people call it."""
    match word:
        case CallerIdentified(name=name):
            return name or "nobody"
        case KnownTicket(number=number):
            return number
        case Speech(name=name, language=language):
            return f"{name}/{language}"
        case LiveLeg(leg=leg):
            return leg
        case _:
            return type(word).__name__


class Script:
    """One run of a script file."""

    def __init__(self, *, reload_always: bool = True) -> None:
        self.transcript = Transcript()
        self.stage = Stage(self.transcript.take, reload_always=reload_always)

    def run(self, text: str) -> str:
        """The script with the outputs that really came."""
        blocks = [self._block(block) for block in text.strip().split("\n\n")]
        return "\n\n".join(blocks) + "\n"

    def _block(self, block: str) -> str:
        told, bar, _ = (block + "\n").partition("\n----\n")
        if not bar:
            return block
        self.transcript.lines = []
        for line in told.splitlines():
            if not line.startswith("#"):
                self._command(line)
        return "\n".join([told, "----", *self.transcript.lines])

    def _command(self, line: str) -> None:
        name, *words = shlex.split(line)
        plain = [word for word in words if "=" not in word]
        named = dict(word.split("=", 1) for word in words if "=" in word)
        try:
            COMMANDS[name](self, *plain, **named)
        except (KeyError, TypeError, ValueError) as error:
            raise AssertionError(f"cannot do {line!r}: {error!r}") from error

    # -- the stage -----------------------------------------------------------------------------

    def center(self, announce: str = "0", wrap_up: str = "30", flow: str = "") -> None:
        """Queues support and sales, the `NUMBERS`, the switch up."""
        source = (Path(flow) if flow else FLOW).read_text(encoding="utf-8")
        self.stage.do(actions.PublishFlow(flow="main", version=1, source=source))
        for queue in ("support", "sales"):
            self.queue(queue, announce_every=announce, wrap_up=wrap_up)
        for number, entry in NUMBERS.items():
            configured = Number(number=number, flow="main", entry=entry)
            self.stage.do(actions.ConfigureNumber(number=configured))
        self.stage.connect()

    def queue(self, name: str, skills: str = "", overflow: str = "", **values: str) -> None:
        """Fields of `calls.config.Queue`; ``overflow=waited:30:queue:sales,closed:0:flow:main``."""
        rules = [rule.split(":") for rule in overflow.split(",") if rule]
        plain = {
            "name": name,
            "skills": _pairs(skills),
            "overflow": [
                {
                    "type": "Overflow",
                    "when": when,
                    "limit": float(limit),
                    "to": to,
                    "target": target,
                }
                for when, limit, to, target in rules
            ],
            **{key: value == "yes" if key in FLAGS else value for key, value in values.items()},
        }
        configured = msgspec.convert(plain, Queue, strict=False)
        self.stage.do(actions.ConfigureQueue(queue=configured))

    def agent(
        self,
        name: str,
        queues: str = "support",
        skills: str = "en=5",
        auto: str = "no",
        stays: str = "no",
        **does: str,
    ) -> None:
        """Configure an agent, whose phone may answer by itself (``auto=yes``) or stay up between
        calls (``stays=yes``), register the phone, sign in as ready."""
        configured = Agent(
            name=name,
            skills={_skill(key): level for key, level in _pairs(skills).items()},
            queues={queue: rank for rank, queue in enumerate(queues.split(","), start=1)},
            auto_answer=auto == "yes",
            persistent=stays == "yes",
        )
        self.stage.do(actions.ConfigureAgent(agent=configured))
        self.phone(name, **does)
        self.stage.run(0)
        self.state(name, "ready")

    def phone(self, name: str, does: str = "answers", after: str = "2", talks: str = "") -> None:
        """How a phone takes its next rings: ``ignores,answers``. ``gone``: unregister."""
        if does == "gone":
            self.stage.world.unregister(name, self.stage.now)
            return
        self.stage.world.register(name, self.stage.now, *_answerings(does, after, talks))

    def outside(
        self, number: str, does: str = "answers", after: str = "2", talks: str = ""
    ) -> None:
        """How somebody outside takes our next calls."""
        self.stage.world.set_answering(number, *_answerings(does, after, talks))

    # -- people --------------------------------------------------------------------------------

    def call(self, caller: str, _dials: str, number: str, **does: str) -> None:
        """``call 500100200 dials 1000 press=main.menu:2,:1 after=3 patience=30 talks=20``

        The keys are pressed at the prompt before the colon, or 1 s after the call's arrival.
        """
        presses = [item.rpartition(":") for item in does.get("press", "").split(",") if item]
        person = Caller(
            number=caller,
            dials=number,
            presses=tuple(Press(prompt=prompt, digits=digits) for prompt, _, digits in presses),
            patience=float(does["patience"]) if "patience" in does else None,
            talks=float(does["talks"]) if "talks" in does else None,
        )
        self.stage.world.call(person, self.stage.now + float(does.get("after", 0)))

    def hang_up(self, leg: str) -> None:
        self.stage.world.hang_up(leg, self.stage.now)

    def press(self, leg: str, digits: str) -> None:
        self.stage.world.press(leg, digits, self.stage.now)

    def state(self, agent: str, state: str, reason: str = "") -> None:
        plain = {"agent": agent, "state": state, "reason": reason}
        self.stage.do(msgspec.convert(plain, actions.SetAgentState))

    def decline(self, agent: str) -> None:
        self.stage.do(actions.DeclineOffer(agent=agent))

    def wrap_up(self, agent: str, code: str = "", note: str = "") -> None:
        self.stage.do(actions.FinishWrapUp(agent=agent, code=code, note=note))

    def end_call(self, call: str, by: str) -> None:
        self.stage.do(actions.HangupCall(call=call, by=by))

    # -- in a conversation ---------------------------------------------------------------------

    def hold(self, agent: str, off: str = "") -> None:
        """``hold anna``, ``hold anna off``."""
        self.stage.do(actions.HoldCall(agent=agent, hold=not off))

    def mute(self, agent: str, off: str = "") -> None:
        self.stage.do(actions.MuteAgent(agent=agent, muted=not off))

    def transfer(self, agent: str, to: str, kind: str = "blind") -> None:
        plain = {"agent": agent, "to": to, "kind": kind}
        self.stage.do(msgspec.convert(plain, actions.TransferCall))

    def complete(self, agent: str) -> None:
        self.stage.do(actions.CompleteTransfer(agent=agent))

    def cancel(self, agent: str) -> None:
        self.stage.do(actions.CancelTransfer(agent=agent))

    def supervise(self, by: str, agent: str, mode: str = "monitor") -> None:
        plain = {"by": by, "agent": agent, "mode": mode}
        self.stage.do(msgspec.convert(plain, actions.SuperviseAgent))

    def stop_supervising(self, by: str) -> None:
        self.stage.do(actions.StopSupervising(by=by))

    def record(self, agent: str, do: str, by: str = "") -> None:
        plain = {"agent": agent, "do": do, "by": by or agent}
        self.stage.do(msgspec.convert(plain, actions.RecordCall))

    def listen(self) -> None:
        """Who hears whom, of all legs that are joined with somebody or follow them."""
        now, hears = self.stage.now, self.stage.world.hears
        legs = [leg.leg for leg in self.stage.world.legs(now)]
        heard = {leg: [other for other in legs if hears(leg, other)] for leg in legs}
        music = {leg: ["music"] for leg in legs if self.stage.world.hears_music(leg)}
        for leg in legs:
            what = music.get(leg, heard[leg])
            self.transcript.lines.append(f"        = {leg} hears {', '.join(what) or 'nothing'}")

    # -- time and mishaps ----------------------------------------------------------------------

    def wait(self, seconds: str) -> None:
        self.stage.run(float(seconds))

    def crash(self, seconds: str, before: str = "") -> None:
        """Kill the process, now or `before` the next command of a kind; dead for some time."""
        if before:
            self.stage.dies_before = (getattr(commands, before), float(seconds))
        else:
            self.stage.crash(float(seconds))

    def link(self, state: str) -> None:
        if state == "up":
            self.stage.world.connect(self.stage.now)
        else:
            self.stage.world.disconnect(self.stage.now)

    def lose(self, leg: str) -> None:
        """A leg vanishes untold."""
        self.stage.world.lose(leg, self.stage.now)

    def survey(self) -> None:
        self.stage.world.survey(self.stage.now)

    def fail(self, command: str, *gone: str) -> None:
        """The next command of this kind fails."""
        self.stage.world.fail_next(getattr(commands, command), gone=bool(gone))

    def show(self) -> None:
        """The agents and calls as a supervisor sees them, and the legs that are up."""
        now = self.stage.now
        view = self.stage.center.view(now)
        lines = [
            f"agent {a.name}: {a.state}" + (f" ({a.reason})" if a.reason else "") + _done_with(a)
            for a in view.agents
        ]
        lines += [
            f"call {c.call}: {c.phase} {c.queue} {c.agent}".rstrip()
            + (f" position {c.position}" if c.position else "")
            for c in view.calls
        ]
        lines += [f"leg {leg.leg}: {leg.bridge or 'alone'}" for leg in self.stage.world.legs(now)]
        self.transcript.lines += [f"        = {line}" for line in lines]


def _done_with(agent: AgentView) -> str:
    """What is done in an agent's conversation."""
    asked = f"consults {agent.consults}" if agent.consults else ""
    words = (
        "held" * agent.held,
        "muted" * agent.muted,
        f"{asked} (answered)" if agent.consult_answered else asked,
        f"recording {agent.recording}" if agent.recording else "",
        *(f"{by}: {mode}" for by, mode in agent.supervisors.items()),
    )
    return "".join(f", {word}" for word in words if word)


def _answerings(does: str, after: str, talks: str) -> list[Answering]:
    """``machine``: an answering machine."""
    plain = [
        {
            "does": "answers" if each == "machine" else each,
            "machine": each == "machine",
            "after": float(after),
            "talks": float(talks) if talks else None,
        }
        for each in does.split(",")
    ]
    return msgspec.convert(plain, list[Answering])


def _pairs(text: str) -> dict[str, int]:
    """``en:5,router:3`` or ``en=5``."""
    pairs = (item.replace("=", ":").rpartition(":") for item in text.split(",") if item)
    return {name: int(level) for name, _, level in pairs}


def _skill(name: str) -> str:
    return f"lang:{name}" if len(name) == 2 else name


COMMANDS: dict[str, Callable[..., None]] = {
    "center": Script.center,
    "queue": Script.queue,
    "agent": Script.agent,
    "phone": Script.phone,
    "outside": Script.outside,
    "call": Script.call,
    "hang-up": Script.hang_up,
    "press": Script.press,
    "state": Script.state,
    "decline": Script.decline,
    "wrap-up": Script.wrap_up,
    "end-call": Script.end_call,
    "hold": Script.hold,
    "mute": Script.mute,
    "transfer": Script.transfer,
    "complete": Script.complete,
    "cancel": Script.cancel,
    "supervise": Script.supervise,
    "stop-supervising": Script.stop_supervising,
    "record": Script.record,
    "listen": Script.listen,
    "wait": Script.wait,
    "crash": Script.crash,
    "link": Script.link,
    "lose": Script.lose,
    "survey": Script.survey,
    "fail": Script.fail,
    "show": Script.show,
}
