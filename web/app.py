"""The Flask half of the panel: pages, forms and the JSON API."""

import functools
import hashlib
from pathlib import Path

import flask
from flask import Flask

from engine.flow_counts import FlowCounts
from engine.flow_sounds import FlowSounds
from web import (
    admin,
    agent,
    api,
    auth,
    csp,
    display,
    errors,
    figures,
    forms,
    identity,
    public,
    recordings,
    supervisor,
    twilio,
)
from web.port import Service

_STATIC = Path(__file__).parent / "static"


def create_app(service: Service) -> Flask:
    app = Flask("web", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=service.secret("web"),
        SESSION_COOKIE_NAME=identity.cookie_name(service.settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=identity.SESSION_LIFETIME,
        MAX_CONTENT_LENGTH=1_000_000,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        WTF_CSRF_CHECK_DEFAULT=False,  # `auth.identify` decides where it is checked
        # The token lives as long as the session: an agent's page is open all day.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["ringdesk"] = service
    app.extensions["throttles"] = auth.Throttles()
    app.extensions["flow_counts"] = FlowCounts(service.database, service.settings.zone)
    app.extensions["flow_sounds"] = FlowSounds(service.settings)
    auth.csrf.init_app(app)
    app.before_request(auth.identify)
    app.before_request(forms.refuse_nul)
    app.after_request(auth.no_store)
    app.after_request(csp.secure)
    errors.install(app)
    display.install(app, service.settings.zone)
    app.jinja_env.globals.update(asset=asset, whoami=auth.current)
    for module in (public, auth, agent, supervisor, figures, recordings, admin):
        app.register_blueprint(module.blueprint)
    if service.on_twilio:
        app.register_blueprint(twilio.blueprint)
    api.install(app)
    return app


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    path = _STATIC / name
    version = _digest(path, path.stat().st_mtime_ns) if path.is_file() else "missing"
    return flask.url_for("static", filename=name, v=version)


@functools.cache
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
