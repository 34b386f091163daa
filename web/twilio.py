"""What Twilio asks: ``/twilio/...``.

Every webhook is signed with the account's token over the public address of this panel, its query
and its parameters; anything else is refused with 403. Twilio gives up after 15 seconds and reads
any fault of ours to the caller as "an application error": so the answer to what is signed is always
a document, at the worst one that lets the call ask again.

Webhooks are answered on the loop's own thread. A Flask of its own, without sessions and pages, says
who asks; what is asked then waits for the machine natively. To hand each to a thread and back cost
more than all the rest.
"""

import asyncio
import hashlib
import hmac
import io
import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import flask
import msgspec
from a2wsgi.wsgi import build_environ
from flask import Blueprint, Flask, request
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import Forbidden, NotFound

from calls.errors import InputInvalid
from engine.settings import Settings
from web import auth
from web.port import Service

log = logging.getLogger(__name__)

blueprint = Blueprint("twilio", __name__, url_prefix="/twilio")

SIGNATURE = "X-Twilio-Signature"
#: Seconds until a call is told to ask again: what was asked goes on, and its outcome is not lost.
PATIENCE = 0.9
#: Bytes of a webhook; the longest that Twilio documents have some thousands.
MOST = 100_000
#: Webhooks that only tell something.
TOLD = ("status", "recording")
#: Seconds that a call waits which asks at a bad moment.
AGAIN_AFTER = 2
#: Where the gate leaves what was asked, in the environment of the request.
_ASKED = "ringdesk.asked"


@blueprint.get("/media/<signature>/<path:name>")
def sound(signature: str, name: str) -> flask.Response:
    """A prompt or music. Who knows the address may hear it."""
    file = auth.service().twilio_sound(signature, name)
    if file is None:
        raise NotFound("there is no such sound")
    return flask.send_file(file, mimetype="audio/wav", max_age=86400, conditional=True)


class Asked(msgspec.Struct, frozen=True):
    """A webhook that Twilio has signed; `address`: the whole of it, as Twilio sees it."""

    what: str
    query: Mapping[str, str]
    sent: Mapping[str, str]
    address: str


class Webhooks:
    """``POST /twilio/<what>``, as an ASGI application on the loop's own thread."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._gate = gate(service.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        found = self._ask_gate(scope, body)
        response = await self._answer(found) if isinstance(found, Asked) else found
        await response(scope, receive, send)

    def _ask_gate(self, scope: Scope, body: bytes) -> Asked | Response:
        """What was asked, or how it is refused."""
        environ = cast(dict[str, Any], build_environ(cast(Any, scope), cast(Any, io.BytesIO(body))))
        with self._gate.request_context(environ):
            said = self._gate.full_dispatch_request()
        asked: Asked | None = environ.get(_ASKED)
        return asked or Response(said.get_data(), said.status_code, media_type=said.mimetype)

    async def _answer(self, asked: Asked) -> Response:
        work = self._service.twilio_webhook(asked.what, asked.query, asked.sent)
        answer = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({answer}, timeout=PATIENCE)
        try:
            text = answer.result() if done else _ask_again(asked)
        except InputInvalid as error:
            return Response(str(error), 404, media_type="text/plain")
        except Exception:
            log.exception("twilio/%s failed", asked.what)
            text = _ask_again(asked)
        return Response(status_code=204) if text is None else Response(text, media_type="text/xml")


def gate(settings: Settings) -> Flask:
    """Lets in what Twilio has signed for us, and nothing else."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST
    # A name and a password in the address are not part of what is signed.
    base = re.sub("//[^/@]*@", "//", settings.public_url)
    validate: Callable[[str, object, str], bool]
    validate = RequestValidator(settings.twilio_auth_token or "").validate

    @app.post("/twilio/<what>")
    def admit(what: str) -> flask.Response:
        query = request.query_string.decode("latin-1")
        address = f"{base}{request.path}" + (f"?{query}" if query else "")
        sent = _json() if request.is_json else request.form
        # Of a body that is JSON its hash is signed, as a part of the address.
        signed = MultiDict[str, str]() if request.is_json else sent
        if not validate(address, signed, request.headers.get(SIGNATURE, "")):
            log.warning("a request to %s is not signed by Twilio", request.path)
            raise Forbidden("this is not signed by Twilio for this address")
        request.environ[_ASKED] = Asked(what, request.args, sent, address)
        return flask.Response(status=204)

    return app


def _json() -> MultiDict[str, str]:
    """The parameters of a body that is JSON, whose hash the signed address must have. What is no
    plain value is passed over."""
    body = request.get_data(cache=True)
    digest = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(request.args.get("bodySHA256", "").encode(), digest.encode()):
        raise Forbidden("this body is not the one that was signed")
    try:
        found = json.loads(body)
    except ValueError:
        return MultiDict()
    plain = found if isinstance(found, dict) else {}
    return MultiDict(
        (name, str(value)) for name, value in plain.items() if isinstance(value, str | int | float)
    )


def _ask_again(asked: Asked) -> str | None:
    """Let the call ask again in a moment; nothing where nothing was asked."""
    if asked.what in TOLD:
        return None
    response = VoiceResponse()
    response.pause(length=AGAIN_AFTER)
    response.redirect(asked.address, method="POST")
    return str(response)
