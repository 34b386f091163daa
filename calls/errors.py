"""Errors that cross rooms. The type says who is at fault."""

from calls.actions import Refused


class RingdeskError(Exception):
    """The base of all that Ringdesk raises on purpose. Its text is fit for a person to read."""


class SwitchUnreachable(RingdeskError):
    """The switch did not answer in time, or the link to it is down."""


class MediaMissing(RingdeskError):
    """No recording and no voice for something that a caller should hear."""


class FlowInvalid(RingdeskError):
    """A flow file cannot be used. The text names the file, the place and the remedy."""


class SettingInvalid(RingdeskError):
    """A setting is unknown or malformed. The text names it and where it came from."""


class PartMissing(RingdeskError):
    """A program that Ringdesk needs cannot be found or fetched. The text says what to install."""


class DatabaseUnreachable(RingdeskError):
    """The database cannot be used. The text names it without its password, and the remedy."""


class InputInvalid(RingdeskError):
    """What a person gave cannot be used. The text names the thing, the place and the remedy."""


class UnexpectedEvent(RingdeskError):
    """A machine got an event that its state does not allow. The state is as it was."""


class ActionRefused(RingdeskError):
    """What a person asked for cannot be done; everything is as it was."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


class EngineBusy(RingdeskError):
    """The engine did not answer in time. It may still do what was asked."""
