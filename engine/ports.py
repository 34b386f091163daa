"""Whether ports are free, and who has those that are not."""

import errno
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from calls.errors import SettingInvalid

Protocol: TypeAlias = Literal["tcp", "udp"]


class Owner(msgspec.Struct, frozen=True):
    """A process that has a port."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


def is_free(host: str, port: int, protocol: Protocol) -> bool:
    """Whether a server could bind there now."""
    return _bind_error(host, port, protocol) is None


def _bind_error(host: str, port: int, protocol: Protocol) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as probe:
        if protocol == "tcp":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def require_free(setting: str, host: str, port: int, protocol: Protocol) -> None:
    """Raises `SettingInvalid`, naming the setting and who has the port."""
    error = _bind_error(host, port, protocol)
    if error is None:
        return
    if error.errno != errno.EADDRINUSE:
        raise SettingInvalid(
            f"setting {setting!r}: cannot listen at {protocol.upper()} port {port} of {host}: "
            f"{error.strerror}.\n"
            f"Remedy: name an address of this machine and a port from 1024 "
            f"(RINGDESK_{setting.upper()})."
        )
    owner = holder(port, protocol)
    raise SettingInvalid(
        f"setting {setting!r}: {protocol.upper()} port {port} of {host} is in use"
        f"{f' by {owner}' if owner else ''}.\n"
        f"Remedy: end that program, or choose another port (RINGDESK_{setting.upper()})."
    )


def holder(port: int, protocol: Protocol) -> Owner | None:
    """The process that has a port; None where we may not look."""
    inodes = set(_inodes(port, protocol))
    if not inodes:
        return None
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = str(descriptor.readlink())
            if target.startswith("socket:[") and target[8:-1] in inodes:
                process = descriptor.parent.parent
                return Owner(int(process.name), (process / "comm").read_text().strip())
        except OSError:
            continue
    return None


def _inodes(port: int, protocol: Protocol) -> Iterator[str]:
    for family in ("", "6"):
        try:
            lines = Path(f"/proc/net/{protocol}{family}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            listening = protocol == "udp" or fields[3] == "0A"
            if listening and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
