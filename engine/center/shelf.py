"""The flows in use: the newest version of each, and the older ones that calls still walk."""

from collections.abc import Set

from calls.actions import PublishFlow, Refused
from calls.errors import FlowInvalid
from calls.facts import ConfigurationChanged
from engine.center.house import HOUSE
from engine.center.live import State
from engine.center.state import FlowVersion
from ivr.flow import Flow
from ivr.loading import load

#: No published flow has it; calls with this version walk `HOUSE`.
HOUSE_VERSION = -1


class Shelf:
    """Compiled flows over the sources that the state keeps."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._compiled: dict[str, Flow] = {}

    def publish(self, action: PublishFlow) -> ConfigurationChanged | Refused:
        """Check a new version and let new calls take it."""
        key = _key(action.flow, action.version)
        try:
            self._compiled[key] = load(action.source, f"{action.flow} version {action.version}")
        except FlowInvalid as error:
            return Refused(reason="invalid", message=str(error))
        self._state.flows[key] = FlowVersion(
            flow=action.flow, version=action.version, source=action.source
        )
        self._state.newest[action.flow] = action.version
        return ConfigurationChanged(kind="flow", name=action.flow)

    def flow(self, name: str, version: int) -> Flow:
        if version == HOUSE_VERSION:
            return HOUSE
        key = _key(name, version)
        if key not in self._compiled:
            source = self._state.flows[key].source
            self._compiled[key] = load(source, f"{name} version {version}")
        return self._compiled[key]

    @property
    def untidy(self) -> bool:
        """There are versions that no new call will walk."""
        return len(self._state.flows) > len(self._state.newest)

    def tidy(self, walked: Set[tuple[str, int]]) -> None:
        """Drop versions that are not the newest, and that no call walks: `walked` are those that
        some call does."""
        for key, kept in list(self._state.flows.items()):
            newest = self._state.newest.get(kept.flow) == kept.version
            if not newest and (kept.flow, kept.version) not in walked:
                del self._state.flows[key]
                self._compiled.pop(key, None)


def _key(name: str, version: int) -> str:
    return f"{name}@{version}"
