"""What a page may load and connect to: files of ours, and the switch's WebSocket where asked."""

from urllib.parse import urlsplit

from flask import Response, g

from calls.views import BrowserPhone

_TWILIO = ("wss://*.twilio.com", "https://*.twilio.com")


def allow_websocket(address: str) -> None:
    """Let the page being made open a WebSocket to the switch (``ws://host:port/...``)."""
    if address:
        parts = urlsplit(address)
        g.websocket = f"{parts.scheme}://{parts.netloc}"


def allow_twilio() -> None:
    """Let the page being made register a phone at Twilio and fetch its sounds."""
    g.twilio = True


def allow_phone(phone: BrowserPhone) -> None:
    """Let the page being made register that phone."""
    if phone.token:
        allow_twilio()
    else:
        allow_websocket(phone.websocket)


def secure(response: Response) -> Response:
    """No script or style that is not a file of ours, no frame, no guessing of types."""
    twilio = _TWILIO if g.get("twilio") else ()
    policy = {
        "default-src": "'self'",
        "connect-src": " ".join(filter(None, ("'self'", g.get("websocket"), *twilio))),
        "media-src": " ".join(("'self'", *twilio[1:])),
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    response.headers["Content-Security-Policy"] = "; ".join(
        f"{name} {value}" for name, value in policy.items()
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response
