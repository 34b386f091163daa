// One queue's card, one agent's row, one caller's row: made once, then updated.

import { clock, duration } from "../lib/clock.js";
import { el, show, text } from "../lib/dom.js";
import { STATES } from "../lib/words.js";
import { MODES, modeOf, others } from "./following.js";

const PHASES = {
  menu: ["in the menu", ""],
  waiting: ["waiting", "warn"],
  ringing: ["ringing", "busy"],
  talking: ["talking", "good"],
};

const figure = (name, words, extra = "") =>
  el("div", { class: `figure ${extra}` }, el("b", { "data-part": name }), el("span", {}, words));

const part = (element, name) => element.querySelector(`[data-part="${name}"]`);

/** `setClosed(name, closed)` closes the queue or opens it. */
export function queueCard(queue, setClosed) {
  const toggle = ({ currentTarget }) => setClosed(queue.name, currentTarget.dataset.closed !== "true");
  return el(
    "article",
    { class: "card queue", "data-queue": queue.name },
    el("div", { class: "head" }, el("h2", { "data-part": "title" }), el("span", { class: "chip", "data-tone": "bad", title: "Nobody new is let in; who waits is served.", "data-part": "closed" }, "closed"), el("span", { class: "chip", "data-part": "level" }), el("button", { class: "quiet small", type: "button", "data-part": "toggle", onclick: toggle })),
    el("div", { class: "figures three" }, figure("waiting", "waiting", "main"), figure("longest", "longest wait", "main"), figure("asa", "average answer", "main")),
    el("div", { class: "figures" }, figure("ready", "ready"), figure("ringing", "ringing"), figure("talking", "talking"), figure("wrap_up", "after-call")),
    el("p", { class: "faint", "data-part": "expected" }),
    el("p", { class: "faint", "data-part": "today" }),
  );
}

export function updateQueue(card, queue) {
  const { today } = queue;
  text(part(card, "title"), queue.title || queue.name);
  const level = part(card, "level");
  const percent = today.service_level === null ? null : Math.round(today.service_level * 100);
  text(level, percent === null ? "no calls yet" : `${percent} % within ${queue.service_level_seconds} s`);
  level.dataset.tone = percent === null ? "" : percent >= 80 ? "good" : percent >= 60 ? "warn" : "bad";
  show(part(card, "closed"), queue.closed);
  const toggle = part(card, "toggle");
  text(toggle, queue.closed ? "Open" : "Close");
  toggle.dataset.closed = String(queue.closed);
  toggle.setAttribute("aria-label", `${queue.closed ? "Open" : "Close"} ${queue.title || queue.name}`);
  text(part(card, "waiting"), queue.waiting);
  text(part(card, "waiting").nextSibling, queue.virtual ? `waiting, ${queue.virtual} off the line` : "waiting");
  const longest = part(card, "longest");
  longest.dataset.since = queue.longest_since ?? "";
  longest.dataset.limit = queue.service_level_seconds;
  text(part(card, "asa"), today.asa === null ? "–" : duration(today.asa));
  text(part(card, "ready"), queue.ready);
  text(part(card, "ringing"), queue.reserved);
  text(part(card, "talking"), queue.talking);
  text(part(card, "wrap_up"), queue.wrap_up);
  text(part(card, "expected"), expected(queue));
  const elsewhere = [
    today.overflowed && `${today.overflowed} sent elsewhere`,
    today.callbacks && `${today.callbacks} kept the place`,
  ].filter(Boolean);
  text(
    part(card, "today"),
    [
      `Today: ${today.offered} offered, ${today.answered} answered, ${today.abandoned} abandoned`,
      ...elsewhere,
      `${today.rona} not answered by agents`,
    ].join(", "),
  );
  card.dataset.alarm = String(queue.waiting > 0 && queue.ready + queue.reserved + queue.talking + queue.wrap_up === 0);
}

/** What a caller who came now should expect, and how good such ranges have been. */
function expected(queue) {
  if (queue.estimate_hits === null) return "Expected wait: too few callers have waited to tell";
  const silent = queue.estimate_told ? "" : ", too few for callers to be told";
  const right = `right for ${Math.round(queue.estimate_hits * 100)} % of callers${silent}`;
  if (queue.expected === null) return `Expected wait: not known now; ${right}`;
  if (queue.expected[1] === 0) return `Expected wait: none now; ${right}`;
  const [from, to] = queue.expected.map(duration);
  return `Expected wait: ${from} to ${to}, ${right}`;
}

/** `edit(name)` opens the agent's skills and queues; `follow(name, mode)` listens in. */
export function agentRow(agent, edit, follow) {
  const ways = Object.entries(MODES).map(([mode, words]) =>
    el("button", { class: "quiet small", type: "button", "data-mode": mode, onclick: () => follow(agent.name, mode) }, words),
  );
  return el(
    "tr",
    { "data-agent": agent.name },
    el("td", {}, el("button", { class: "plain", type: "button", "data-part": "title", title: "Change skills and queues", onclick: () => edit(agent.name) })),
    el("td", {}, el("span", { class: "chip", "data-part": "state" }), " ", el("small", { "data-part": "reason" }), el("div", { class: "ways", role: "group", "data-part": "ways" }, ...ways), el("small", { "data-part": "others" })),
    el("td", { class: "number", "data-part": "since" }),
    el("td", { "data-part": "phone" }),
    el("td", { "data-part": "queues" }),
  );
}

/** `live` has the names of those whom agents ask. */
export function updateAgent(row, agent, live) {
  const { name, tone } = STATES[agent.state];
  text(part(row, "title"), agent.title || agent.name);
  text(part(row, "state"), name);
  part(row, "state").dataset.tone = tone;
  const resting = agent.state === "not_ready" && agent.reason === "rest" && agent.until;
  const limited = resting || (agent.state === "wrap_up" && agent.until);
  const next = agent.next_state ? `then ${STATES[agent.next_state]?.name.toLowerCase() ?? agent.next_state}` : "";
  const left = agent.state === "wrap_up" && agent.until && agent.extensions ? `${agent.extensions} extensions left` : "";
  const contacts = agent.contacts ? `${agent.contacts} other contacts` : "";
  text(part(row, "reason"), [resting ? "" : agent.reason, ...talk(agent, live), left, contacts, next].filter(Boolean).join(", "));
  if (resting) text(part(row, "state"), "Resting");
  part(row, "since").dataset.since = agent.since;
  part(row, "since").title = limited ? `until ${clock(agent.until)}` : "";
  updateWays(row, agent);
  text(part(row, "phone"), agent.phone_online ? "registered" : "–");
  const queues = Object.entries(agent.queues).sort((a, b) => a[1] - b[1]);
  text(part(row, "queues"), queues.map(([queue]) => queue).join(", "));
  row.title = Object.entries(agent.skills).map(([skill, level]) => `${skill} ${level}`).join(", ");
}

/** What the agent does with the conversation. */
function talk(agent, live) {
  const asks = agent.consults && `${agent.consult_answered ? "talks with" : "calls"} ${called(agent.consults, live)}`;
  return [agent.held && "caller held", asks, agent.muted && "muted", agent.recording && (agent.recording === "on" ? "recording" : "recording paused")];
}

/** Whom an agent asks, as people call them. */
function called(to, live) {
  const [scheme, name] = to.split(":");
  const known = { agent: live.agents, queue: live.queues }[scheme]?.find((one) => one.name === name);
  const title = known?.title || name;
  return scheme === "queue" ? `queue ${title}` : title;
}

function updateWays(row, agent) {
  const ways = part(row, "ways");
  show(ways, agent.state === "talking" && Boolean(agent.call));
  ways.setAttribute("aria-label", `Listen in on ${agent.title || agent.name}`);
  for (const button of ways.children) button.setAttribute("aria-pressed", String(button.dataset.mode === modeOf(agent)));
  text(part(row, "others"), others(agent).map(([name, mode]) => `${name}: ${MODES[mode].toLowerCase()}`).join(", "));
}

export function callRow(call, hangUp) {
  return el(
    "tr",
    { "data-call": call.call },
    el("td", {}, el("a", { href: `/supervisor/calls/${encodeURIComponent(call.call)}`, "data-part": "who" })),
    el("td", {}, el("span", { class: "chip", "data-part": "phase" }), " ", el("small", { "data-part": "where" })),
    el("td", { "data-part": "agent" }),
    el("td", { class: "number", "data-part": "since" }),
    el("td", { class: "number" }, el("button", { class: "quiet small", type: "button", onclick: () => hangUp(call.call) }, "End")),
  );
}

/** A caller who keeps the place has no line; while an agent's phone or theirs rings, it rings. */
function phase(call) {
  if (call.virtual && call.phase === "waiting") return ["keeps the place", "wait"];
  if (call.virtual && call.phase === "ringing") return ["calling back", "busy"];
  return PHASES[call.phase] ?? [call.phase, ""];
}

export function updateCall(row, call) {
  text(part(row, "who"), call.caller_name || call.caller || "withheld");
  const [words, tone] = phase(call);
  text(part(row, "phase"), words);
  part(row, "phase").dataset.tone = tone;
  const place = call.position && call.phase === "waiting" ? `, place ${call.position}` : "";
  text(part(row, "where"), call.phase === "menu" ? call.node : call.queue + place);
  text(part(row, "agent"), call.agent);
  part(row, "since").dataset.since = call.phase === "waiting" ? (call.queued ?? call.since) : call.since;
}
