"""What a session waits for: a prompt, a recording or an answer, and how long."""

from typing import Final

from calls.commands import Prompt, Record, StopPrompt, StopRecording
from calls.media import Speech
from ivr.live import Walk
from ivr.node import Listen, Notes, Play

#: What has not ended after its expected time and this margin (seconds) is given up.
OVERDUE: Final = 60.0

#: A slow voice, seconds for each character.
PER_CHARACTER: Final = 0.2


def prompt(state: Walk, play: Play) -> Prompt:
    """The command for what a node wants said. `state` counts it."""
    state.prompts += 1
    before, state.type_ahead = state.type_ahead, True
    return Prompt(
        leg=state.leg,
        prompt=f"{state.call}.flow-{state.prompts}",
        media=play.media,
        digits=play.digits,
        barge_in=play.barge_in,
        type_ahead=play.type_ahead and before,
    )


def record(state: Walk, listen: Listen) -> Record:
    """The command for what a node wants recorded. `state` counts it."""
    state.prompts += 1
    return Record(
        leg=state.leg,
        recording=f"{state.call}.flow-{state.prompts}",
        max_seconds=listen.max_seconds,
        silence=listen.silence,
        beep=listen.beep,
    )


def stop(command: Prompt | Record) -> StopPrompt | StopRecording:
    """What ends it now."""
    if isinstance(command, Prompt):
        return StopPrompt(leg=command.leg, prompt=command.prompt)
    return StopRecording(leg=command.leg, recording=command.recording)


def again(before: Prompt | Record, notes: Notes) -> Play | Listen:
    """The same once more, after a restart."""
    if isinstance(before, Prompt):
        return Play(media=before.media, digits=before.digits, barge_in=before.barge_in, notes=notes)
    return Listen(
        max_seconds=before.max_seconds, silence=before.silence, beep=before.beep, notes=notes
    )


def patience(command: Prompt | Record) -> float:
    """Seconds after which its end must have been reported: generous."""
    if not isinstance(command, Prompt):
        return OVERDUE + command.max_seconds
    seconds = OVERDUE
    for media in command.media:
        if isinstance(media, Speech):
            seconds += len(media.text) * PER_CHARACTER
        else:
            seconds += media.milliseconds / 1000
    if (rule := command.digits) is not None:
        seconds += rule.first_timeout + rule.max_digits * rule.inter_timeout
    return seconds
