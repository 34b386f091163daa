"""Flow files on this machine: which there are, and what the center they are for has."""

import contextlib
import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from calls.config import Agent, Queue
from calls.errors import FlowInvalid, InputInvalid
from engine import configuration
from engine.models import FlowVersion
from engine.settings import Settings
from engine.storage import opened
from ivr.flow import Flow
from ivr.inspection import Known
from ivr.loading import load
from ivr.problems import Place, Problem

SCENARIOS = ".test.yaml"


class NotText(InputInvalid):
    """A file is not written in UTF-8."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def flow_files(given: Sequence[Path], settings: Settings) -> list[Path]:
    """The flow files that are meant: those given, all of a folder, or all of the setting's.

    Raises `InputInvalid` for one that is not there.
    """
    found: list[Path] = []
    for path in given or [settings.flows]:
        if path.is_dir():
            found += sorted(one for one in path.glob("*.yaml") if not _is_scenarios(one))
        elif path.exists():
            found.append(flow_of(path))
        else:
            raise InputInvalid(f"there is no file {path}")
    if not found:
        raise InputInvalid(f"there is no flow in {', '.join(map(str, given or [settings.flows]))}")
    return list(dict.fromkeys(found))


def scenarios_of(flow: Path) -> Path:
    """Where the scenarios of a flow stand: ``main.test.yaml`` beside ``main.yaml``."""
    return flow.with_name(flow.name.removesuffix(".yaml") + SCENARIOS)


def flow_of(path: Path) -> Path:
    """The flow that scenarios are about; a flow itself."""
    return (
        path.with_name(path.name.removesuffix(SCENARIOS) + ".yaml") if _is_scenarios(path) else path
    )


def read_text(path: Path) -> str:
    """Raises `InputInvalid`, `NotText` among them."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}") from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        message = f"this is not UTF-8 text ({error.reason}); save it as UTF-8"
        raise NotText(Problem(str(path), Place(line, column), message)) from None


class Source(msgspec.Struct, frozen=True):
    """A flow, and the text that it was read from."""

    flow: Flow
    text: str


def sources(flow: Path) -> list[Source]:
    """A flow, and those of the same folder as far as they can be used: it may lead into them.

    Raises `FlowInvalid` and `InputInvalid`.
    """
    text = read_text(flow)
    found = [Source(load(text, str(flow)), text)]
    for path in sorted(flow.parent.glob("*.yaml")):
        if path != flow and not _is_scenarios(path):
            with contextlib.suppress(FlowInvalid, InputInvalid):
                text = read_text(path)
                found.append(Source(load(text, str(path)), text))
    return found


def published(session: Session, name: str, version: int) -> Flow:
    """A version of a flow that the center has. Raises `InputInvalid`."""
    source = session.scalar(
        select(FlowVersion.source).where(FlowVersion.flow == name, FlowVersion.version == version)
    )
    if source is None:
        raise InputInvalid(f"there is no version {version} of the flow {name!r} any more")
    return load(source, f"{name} version {version}")


def known(settings: Settings, config: Path | None, files: Iterable[Path]) -> Known:
    """What there is in the center: from an exported configuration, else from its database, if
    there is one. Flows of the same folders are there as well."""
    beside = {
        path.name.removesuffix(".yaml")
        for file in files
        for path in file.parent.glob("*.yaml")
        if not _is_scenarios(path)
    }
    found = _exported(config) if config is not None else _of_database(settings)
    flows = None if found.flows is None and not beside else (found.flows or frozenset()) | beside
    return msgspec.structs.replace(found, flows=flows, leads=_leads(files))


def _leads(files: Iterable[Path]) -> dict[str, frozenset[str]]:
    """Which flows each usable flow of these folders leads into."""
    found = {}
    for path in {one for file in files for one in file.parent.glob("*.yaml")}:
        with contextlib.suppress(FlowInvalid, InputInvalid):
            flow = load(read_text(path), str(path))
            found[flow.flow] = _led_into(flow)
    return found


def _led_into(flow: Flow) -> frozenset[str]:
    names = (one for node in flow.nodes.values() for one in node.names())
    return frozenset(one.name for one in names if one.what == "flow")


def _exported(config: Path) -> Known:
    """Of a document that ``ringdesk config export`` wrote; a section left out says nothing."""
    try:
        plain: Any = yaml.safe_load(read_text(config))
    except yaml.YAMLError as error:
        raise InputInvalid(f"{config}: {' '.join(str(error).split())}") from None
    if not isinstance(plain, dict):
        raise InputInvalid(f"{config}: must be a document as `ringdesk config export` writes it")

    def names(section: str) -> frozenset[str] | None:
        entries = plain.get(section)
        return frozenset(map(str, entries)) if isinstance(entries, dict) else None

    skills = {
        str(skill)
        for section in ("agents", "queues")
        for entry in (plain.get(section) or {}).values()
        if isinstance(entry, dict)
        for skill in entry.get("skills") or {}
    }
    return Known(
        queues=names("queues"),
        agents=names("agents"),
        flows=names("flows"),
        skills=frozenset(skills) if "agents" in plain else None,
    )


def _of_database(settings: Settings) -> Known:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Known()
    with opened(settings.database_url) as database, database.session() as session:
        return known_in(configuration.read(session))


def usable(there: configuration.Configuration) -> dict[str, Flow]:
    """The flows in use, without those that this Ringdesk cannot use."""
    found = {name: compiled(name, word.source) for name, word in there.flows.items()}
    return {name: flow for name, flow in found.items() if flow is not None}


@functools.lru_cache(maxsize=64)
def compiled(name: str, source: str) -> Flow | None:
    """A flow that is looked at often; None if it cannot be used."""
    try:
        return load(source, name)
    except FlowInvalid:
        return None


def known_in(there: configuration.Configuration) -> Known:
    """All that flows may name in a center."""
    holders: list[Agent | Queue] = [*there.agents.values(), *there.queues.values()]
    return Known(
        queues=frozenset(there.queues),
        agents=frozenset(there.agents),
        flows=frozenset(there.flows),
        skills=frozenset(skill for holder in holders for skill in holder.skills),
        leads={name: _led_into(flow) for name, flow in usable(there).items()},
    )


def _is_scenarios(path: Path) -> bool:
    return path.name.endswith(SCENARIOS)
