"""What callers hear: every prompt of the flows, spoken by a voice or recorded by somebody."""

import flask
from flask import Response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from calls.errors import InputInvalid
from calls.media import Speech
from engine.flow_sounds import FlowSounds
from engine.prompt_recordings import CODE_LASTS, MOST_BYTES, Code, PromptRecordings
from web import auth
from web.admin.shared import View, blueprint


@blueprint.url_value_preprocessor
def _let_sounds_in(endpoint: str | None, _: dict[str, object] | None) -> None:
    """A recording is larger than what other forms may send."""
    if endpoint == "admin.record_prompt":
        request.max_content_length = MOST_BYTES


@blueprint.get("/prompts", endpoint="prompts")
@auth.only("admin")
def prompt_list() -> str:
    return _page(request.args.get("language", ""))


@blueprint.post("/prompts/<language>/<name>", endpoint="record_prompt")
@auth.only("admin")
def record(language: str, name: str) -> View:
    """A file that was sent takes the voice's place."""
    prompt = _existing(language, name)
    try:
        sent = request.files.get("sound")
        if sent is None or not sent.filename:
            raise InputInvalid("choose a WAV file first")
        _recordings().upload(prompt, sent.read(), auth.me().name)
    except InputInvalid as error:
        return _page(language, wrong=f"{name}: {error}"), 422
    return _done(language, f"{name} is recorded; callers hear it from now on.")


@blueprint.post("/prompts/<language>/<name>/remove")
@auth.only("admin")
def remove_prompt(language: str, name: str) -> AnyResponse:
    _existing(language, name)
    _recordings().remove(name, language)
    return _done(language, f"{name} is spoken by the voice again.")


@blueprint.post("/prompts/<language>/<name>/code")
@auth.only("admin")
def prompt_code(language: str, name: str) -> View:
    """To record it by phone. Shown once, on the answer to this: a code is not to be sent round."""
    code = _recordings().code(_existing(language, name), auth.me().name)
    return _page(language, code=code)


@blueprint.get("/prompts/<language>/<name>/sound")
@auth.only("admin")
def prompt_sound(language: str, name: str) -> Response:
    """As callers hear it."""
    prompt = _existing(language, name)
    sound = _sounds().file(prompt.name, prompt.language, prompt.text).read_bytes()
    answer = Response(sound, mimetype="audio/wav")
    # Some browsers play only what they can ask for in parts.
    answer.make_conditional(request, accept_ranges=True, complete_length=len(sound))
    return answer


def _page(language: str, wrong: str = "", code: Code | None = None) -> str:
    entries = _recordings().entries(_sounds().ready)
    languages = list(dict.fromkeys(entry.language for entry in entries))
    chosen = language if language in languages else next(iter(languages), "")
    return flask.render_template(
        "admin/prompts.html",
        entries=[entry for entry in entries if entry.language == chosen],
        languages=languages,
        chosen=chosen,
        wrong=wrong,
        code=code,
        minutes=int(CODE_LASTS // 60),
        dial=_recordings().numbers(),
    )


def _existing(language: str, name: str) -> Speech:
    prompt = _recordings().find(name, language)
    if prompt is None:
        raise NotFound(f"no flow has a prompt {name!r} in {language!r}")
    return prompt


def _done(language: str, said: str) -> AnyResponse:
    flask.flash(said, "good")
    return flask.redirect(flask.url_for("admin.prompts", language=language))


def _recordings() -> PromptRecordings:
    service = auth.service()
    return PromptRecordings(service.settings.home, service.database)


def _sounds() -> FlowSounds:
    sounds: FlowSounds = flask.current_app.extensions["flow_sounds"]
    return sounds
