"""Settings for a center in a folder of its own, on ports that are free."""

import socket
from contextlib import ExitStack
from pathlib import Path

from engine.settings import Settings, load


def environment(home: Path) -> dict[str, str]:
    """``RINGDESK_*`` for a center in `home`; fetched programs are shared by all tests."""
    sip, ari, ami, http = free_ports(4)
    return {
        "RINGDESK_HOME": str(home),
        "RINGDESK_PARTS": str(load().parts),
        "RINGDESK_SIP_PORT": str(sip),
        "RINGDESK_ASTERISK_HTTP_PORT": str(ari),
        "RINGDESK_AMI_PORT": str(ami),
        "RINGDESK_HTTP": f"127.0.0.1:{http}",
        # Sound is listened to while many tests keep the machine busy.
        "RINGDESK_ASTERISK_PRIORITY": "realtime",
    }


def settings(home: Path, **changed: str) -> Settings:
    return load({**environment(home), **changed})


def free_ports(count: int) -> list[int]:
    """Different ports that are free for TCP and UDP now."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    return found
