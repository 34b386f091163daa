"""How fast flows are walked, and how fast their scenarios are played.

``ivr.steps_per_s``: `CALLERS` are inside the main menu at once, each with a session of its own. A
step is one event given to a session (a key, a silence, the end of a prompt), which walks on to the
next wait. ``ivr.flow_tests_per_s``: scenarios of the main menu, played from the first prompt to
their last expectation, with every session through JSON at every step.

Both are counted by the processor time of this process, one core.
"""

from pathlib import Path
from time import process_time
from typing import Literal

from bench.results import Result, held_against
from calls.commands import Prompt
from calls.events import PromptEnded
from ivr import scenario
from ivr.coverage import Coverage
from ivr.flow import Flow
from ivr.loading import load
from ivr.session import Session
from ivr.trial import play

CALLERS = 1000
#: What each caller does, over and over: hears the menu again, presses nothing, then a wrong key.
KEYS = ("9", "", "7", "9")
ROUNDS = 25
PLAYS = 200

#: What is wanted.
STEPS, TESTS = 100_000.0, 1_000.0

NAMES = ("ivr.steps_per_s", "ivr.flow_tests_per_s")

_FLOWS = Path(__file__).resolve().parent.parent / "dialplans" / "flows"


def run() -> list[Result]:
    flow = load((_FLOWS / "main.yaml").read_text(encoding="utf-8"), "main.yaml")
    return [
        held_against("ivr.steps_per_s", steps_per_second(flow), "1/s", "wanted", STEPS),
        held_against("ivr.flow_tests_per_s", tests_per_second(flow), "1/s", "wanted", TESTS),
    ]


def steps_per_second(flow: Flow) -> float:
    sessions = [_session(flow, number) for number in range(CALLERS)]
    now, steps = 0.0, 0
    began = process_time()
    for _ in range(ROUNDS):
        for key in KEYS:
            now += 1.0
            for session in sessions:
                session.handle(_end(session, key), now)
            steps += CALLERS
    return steps / (process_time() - began)


def tests_per_second(flow: Flow) -> float:
    source = (_FLOWS / "main.test.yaml").read_text(encoding="utf-8")
    scenarios = scenario.load(source, "main.test.yaml")
    coverage = Coverage({"main": flow})
    began = process_time()
    for _ in range(PLAYS):
        for one in scenarios:
            assert not play(flow, one, {}, coverage).problems
    return PLAYS * len(scenarios) / (process_time() - began)


def _session(flow: Flow, number: int) -> Session:
    """One caller, past the choice of a language."""
    session, _ = Session.start(
        flow,
        call=f"c-{number}",
        leg=f"bench/{number}",
        caller="+48221230101",
        called="1000",
        language="en",
        now=0.0,
    )
    for key in ("1", ""):
        session.handle(_end(session, key), 0.0)
    return session


def _end(session: Session, key: str) -> PromptEnded:
    """How the prompt that a session waits for ends when this key is pressed, or none."""
    waits = session.waits_for
    assert isinstance(waits, Prompt), "the flow has ended"
    silent: Literal["no_input", "completed"] = "no_input" if waits.digits else "completed"
    end: Literal["digits", "no_input", "completed"] = "digits" if key else silent
    return PromptEnded(leg=waits.leg, prompt=waits.prompt, end=end, digits=key)
