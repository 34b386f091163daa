"""A caller who sends no sound and vanishes is found out: Asterisk asks by itself."""

import socket
from pathlib import Path

from engine.asterisk_server import AsteriskServer
from tests.parts.centers import settings

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\n"
)


def invite(server: int, here: int) -> bytes:
    """From a phone that knows nothing of session timers."""
    lines = (
        f"INVITE sip:1000@127.0.0.1:{server} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{here};branch=z9hG4bKone",
        "Max-Forwards: 70",
        "From: <sip:48123@127.0.0.1>;tag=caller",
        f"To: <sip:1000@127.0.0.1:{server}>",
        "Call-ID: silent-caller",
        "CSeq: 1 INVITE",
        f"Contact: <sip:48123@127.0.0.1:{here}>",
        "Content-Type: application/sdp",
        f"Content-Length: {len(SDP)}",
    )
    return "\r\n".join((*lines, "", SDP)).encode()


def test_asterisk_refreshes_every_session_by_itself(tmp_path: Path) -> None:
    center = settings(tmp_path / "home")
    server = AsteriskServer(center)
    server.ensure()
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(10)
            here = phone.getsockname()[1]
            phone.sendto(invite(center.sip_port, here), ("127.0.0.1", center.sip_port))
            while not (answer := phone.recv(65535).decode()).startswith("SIP/2.0 200"):
                pass
    finally:
        server.stop()
    assert "Session-Expires: 120;refresher=uas" in answer
