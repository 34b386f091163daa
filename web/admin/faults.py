"""Known faults: who waits to hear that one is mended, and who is to be called now."""

import flask
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from desk.models import Ticket
from engine import faults
from web import auth
from web.admin.shared import blueprint


@blueprint.get("/faults", endpoint="faults")
@auth.only("supervisor", "admin")
def fault_list() -> str:
    with auth.service().database.session() as session:
        found = faults.waited_for(session, auth.service().settings.region)
    return flask.render_template("admin/faults.html", faults=found)


@blueprint.post("/faults/told/<int:ticket>")
@auth.only("supervisor", "admin")
def told(ticket: int) -> Response:
    """A caller has been told: their ticket is resolved."""
    with auth.service().database.session() as session:
        found = session.get(Ticket, ticket) if ticket < 2**31 else None
        if found is None:
            raise NotFound(f"there is no ticket {ticket}")
        faults.told(session, found, auth.me().name)
        flask.flash(f"{found.number} is resolved.", "good")
    return flask.redirect(flask.url_for("admin.faults"))
