// Whom the call is from: shown while the phone rings, and until the after-call work is done.

import { duration, moment } from "../lib/clock.js";
import { $, el, show, text } from "../lib/dom.js";
import { LANGUAGES, OUTCOMES } from "../lib/words.js";
import { title } from "./people.js";

/** `pop` is the fact TicketPopped, or null; `me` the agent's name. `changed` is called when more is
 * known of it. */
export function renderPop(pop, me, changed) {
  show($("pop"), Boolean(pop));
  if (!pop) return;
  const { who } = pop;
  const name = who.name || (who.contact ? `Contact ${who.contact}` : "Unknown caller");
  text($("pop-name"), name);
  text($("pop-avatar"), who.name ? initials(who.name) : "?");
  text($("pop-organisation"), who.organisation || (who.contact ? "" : "No contact has this number"));
  show($("pop-vip"), Boolean(who.vip));
  text($("pop-number"), pop.caller || "withheld");
  text($("pop-path"), pop.path.join(" › ") || "directly");
  text($("pop-waited"), duration(pop.waited));
  text($("pop-language"), LANGUAGES[who.language] ?? (who.language || "not known"));
  renderTicket(pop.ticket);
  const others = (who.tickets ?? []).filter((ticket) => ticket.id !== pop.ticket?.id);
  list($("pop-tickets"), others, ticketLine, "None.");
  const calls = pop.earlier?.length ? pop.earlier : (who.calls ?? []);
  list($("pop-calls"), calls, callLine, "This is the first.");
  renderMarks(pop, calls.find((call) => call.agent === me), changed);
}

/** What makes this call the agent's own. */
function renderMarks(pop, talked, changed) {
  const marks = [pop.passed_by && `from ${title(pop.passed_by, changed)}`, pop.asked_for && "asked for you", talked && `talked with you on ${moment(talked.at)}`].filter(Boolean);
  $("pop-marks").replaceChildren(...marks.map((words) => el("span", { class: "chip", "data-tone": "busy" }, words)));
  show($("pop-marks"), marks.length > 0);
}

function renderTicket(ticket) {
  show($("pop-ticket"), Boolean(ticket));
  if (!ticket) return;
  $("pop-ticket").replaceChildren(
    el("div", { class: "row" }, el("code", {}, ticket.number), el("span", { class: "chip", "data-tone": "busy" }, status(ticket)), el("span", { class: "chip" }, `priority ${ticket.priority ?? 3}`)),
    el("b", {}, ticket.title),
  );
}

// Facts leave out what has its default (`calls.events.KnownTicket`).
const status = (ticket) => ticket.status ?? "open";

const ticketLine = (ticket) => [
  el("code", {}, ticket.number),
  el("span", {}, ticket.title),
  el("span", { class: "chip" }, status(ticket)),
];

const callLine = (call) => [
  el("span", {}, moment(call.at)),
  el("span", { class: "chip" }, OUTCOMES[call.outcome] ?? call.outcome),
  el("small", {}, [call.queue, call.agent].filter(Boolean).join(", ")),
];

function list(parent, items, line, none) {
  parent.replaceChildren(...(items.length ? items.map((item) => el("li", {}, ...line(item))) : [el("li", { class: "faint" }, none)]));
}

const initials = (name) =>
  name
    .split(/\s+/)
    .map((word) => word[0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
