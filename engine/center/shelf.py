"""The flows in use: the newest version of each, and the older ones that calls still walk."""

from collections.abc import Iterable

from calls.actions import PublishFlow, Refused
from calls.errors import FlowInvalid
from calls.facts import ConfigurationChanged
from engine.center.house import HOUSE
from engine.center.state import CallState, CenterState, FlowVersion
from ivr.flow import Flow
from ivr.loading import load

#: No published flow has it; calls with this version walk `HOUSE`.
HOUSE_VERSION = -1


class Shelf:
    """Compiled flows over the sources that the state keeps."""

    def __init__(self, state: CenterState) -> None:
        self._state = state
        self._compiled: dict[str, Flow] = {}

    def publish(
        self, action: PublishFlow, calls: Iterable[CallState]
    ) -> ConfigurationChanged | Refused:
        """Check a new version and let new calls take it."""
        key = _key(action.flow, action.version)
        try:
            self._compiled[key] = load(action.source, f"{action.flow} version {action.version}")
        except FlowInvalid as error:
            return Refused(reason="invalid", message=str(error))
        self._state.flows[key] = FlowVersion(
            flow=action.flow, version=action.version, source=action.source
        )
        before = self._state.newest.get(action.flow)
        self._state.newest[action.flow] = action.version
        if before is not None:
            self.forget(action.flow, before, calls)
        return ConfigurationChanged(kind="flow", name=action.flow)

    def flow(self, name: str, version: int) -> Flow:
        if version == HOUSE_VERSION:
            return HOUSE
        key = _key(name, version)
        if key not in self._compiled:
            source = self._state.flows[key].source
            self._compiled[key] = load(source, f"{name} version {version}")
        return self._compiled[key]

    def forget(self, name: str, version: int, calls: Iterable[CallState]) -> None:
        """Drop a version that is not the newest and that no call walks any more."""
        if self._state.newest.get(name, version) == version:
            return
        if not any(call.flow == name and call.version == version for call in calls):
            self._state.flows.pop(_key(name, version), None)
            self._compiled.pop(_key(name, version), None)


def _key(name: str, version: int) -> str:
    return f"{name}@{version}"
