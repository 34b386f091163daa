"""What Twilio asks: ``/twilio/...``.

Every webhook is signed with the account's token over the public address of this panel, its query
and its parameters; anything else is refused with 403. Twilio gives up after 15 seconds and reads
any fault of ours to the caller as "an application error": so the answer to what is signed is always
a document, at the worst one that lets the call ask again.
"""

import hashlib
import hmac
import json
import logging
import re
from typing import cast

import flask
from flask import Blueprint, Response, request
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import Forbidden, NotFound

from calls.errors import EngineBusy, InputInvalid
from web import auth

log = logging.getLogger(__name__)

blueprint = Blueprint("twilio", __name__, url_prefix="/twilio")

SIGNATURE = "X-Twilio-Signature"
#: Webhooks that only tell something.
TOLD = ("status", "recording")
#: Seconds that a call waits which asks at a bad moment.
AGAIN_AFTER = 2


@blueprint.post("/<what>")
def webhook(what: str) -> Response:
    sent = _verified()
    try:
        document = auth.service().twilio_webhook(what, request.args, sent)
    except InputInvalid as error:
        raise NotFound(str(error)) from None
    except EngineBusy:
        document = _ask_again(what)
    except Exception:
        log.exception("twilio/%s failed", what)
        document = _ask_again(what)
    if document is None:
        return Response(status=204)
    return Response(document, content_type="text/xml; charset=utf-8")


@blueprint.get("/media/<signature>/<path:name>")
def sound(signature: str, name: str) -> Response:
    """A prompt or music. Who knows the address may hear it."""
    file = auth.service().twilio_sound(signature, name)
    if file is None:
        raise NotFound("there is no such sound")
    return flask.send_file(file, mimetype="audio/wav", max_age=86400, conditional=True)


def _verified() -> MultiDict[str, str]:
    """The parameters of a webhook. Raises 403 unless Twilio has signed it for us."""
    signature = request.headers.get(SIGNATURE, "")
    body = request.get_data(cache=True)
    if request.is_json:
        text = body.decode("utf-8", "replace")
        hashed = request.args.get("bodySHA256", "")
        digest = hashlib.sha256(body).hexdigest()
        genuine = hmac.compare_digest(hashed.encode(), digest.encode()) and _signed(text, signature)
    else:
        genuine = _signed(request.form, signature)
    if not genuine:
        log.warning("a request to %s is not signed by Twilio", request.path)
        raise Forbidden("this is not signed by Twilio for this address")
    return _of_json(body) if request.is_json else request.form


def _signed(sent: "MultiDict[str, str] | str", signature: str) -> bool:
    settings = auth.service().settings
    query = request.query_string.decode("latin-1")
    # A name and a password in the address are not part of what is signed.
    base = re.sub("//[^/@]*@", "//", settings.public_url)
    address = f"{base}{request.path}" + (f"?{query}" if query else "")
    validator = RequestValidator(settings.twilio_auth_token or "")
    return cast(bool, validator.validate(address, sent, signature))


def _of_json(body: bytes) -> MultiDict[str, str]:
    """The parameters of a body that is JSON; what is no plain value is passed over."""
    try:
        found = json.loads(body)
    except ValueError:
        return MultiDict()
    plain = found if isinstance(found, dict) else {}
    return MultiDict(
        (name, str(value)) for name, value in plain.items() if isinstance(value, str | int | float)
    )


def _ask_again(what: str) -> str | None:
    """Let the call ask again in a moment; nothing where nothing was asked."""
    if what in TOLD:
        return None
    response = VoiceResponse()
    response.pause(length=AGAIN_AFTER)
    query = request.query_string.decode("latin-1")
    base = auth.service().settings.public_url
    response.redirect(f"{base}{request.path}" + (f"?{query}" if query else ""), method="POST")
    return str(response)
