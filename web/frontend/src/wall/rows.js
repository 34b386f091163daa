// One queue's card, one agent's row, one caller's row: made once, then updated.

import { duration } from "../lib/clock.js";
import { el, text } from "../lib/dom.js";
import { STATES } from "../lib/words.js";

const PHASES = {
  menu: ["in the menu", ""],
  waiting: ["waiting", "warn"],
  ringing: ["ringing", "busy"],
  talking: ["talking", "good"],
};

const figure = (name, words, extra = "") =>
  el("div", { class: `figure ${extra}` }, el("b", { "data-part": name }), el("span", {}, words));

const part = (element, name) => element.querySelector(`[data-part="${name}"]`);

export function queueCard(queue) {
  return el(
    "article",
    { class: "card queue", "data-queue": queue.name },
    el("div", { class: "head" }, el("h2", { "data-part": "title" }), el("span", { class: "chip", "data-part": "level" })),
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
  text(part(card, "waiting"), queue.waiting);
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
  const right = `right for ${Math.round(queue.estimate_hits * 100)} % of callers`;
  if (queue.expected === null) return `Expected wait: not known now; ${right}`;
  const [from, to] = queue.expected.map(duration);
  return `Expected wait: ${from} to ${to}, ${right}`;
}

export function agentRow(agent) {
  return el(
    "tr",
    { "data-agent": agent.name },
    el("td", {}, el("b", { "data-part": "title" })),
    el("td", {}, el("span", { class: "chip", "data-part": "state" }), " ", el("small", { "data-part": "reason" })),
    el("td", { class: "number", "data-part": "since" }),
    el("td", { "data-part": "phone" }),
    el("td", { "data-part": "queues" }),
  );
}

export function updateAgent(row, agent) {
  const { name, tone } = STATES[agent.state];
  text(part(row, "title"), agent.title || agent.name);
  text(part(row, "state"), name);
  part(row, "state").dataset.tone = tone;
  const next = agent.next_state ? `then ${STATES[agent.next_state]?.name.toLowerCase() ?? agent.next_state}` : "";
  text(part(row, "reason"), [agent.reason, next].filter(Boolean).join(", "));
  part(row, "since").dataset.since = agent.since;
  text(part(row, "phone"), agent.phone_online ? "registered" : "–");
  const queues = Object.entries(agent.queues).sort((a, b) => a[1] - b[1]);
  text(part(row, "queues"), queues.map(([queue]) => queue).join(", "));
  row.title = Object.entries(agent.skills).map(([skill, level]) => `${skill} ${level}`).join(", ");
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

export function updateCall(row, call) {
  text(part(row, "who"), call.caller_name || call.caller || "withheld");
  const [words, tone] = PHASES[call.phase] ?? [call.phase, ""];
  text(part(row, "phase"), words);
  part(row, "phase").dataset.tone = tone;
  const place = call.position && call.phase === "waiting" ? `, place ${call.position}` : "";
  text(part(row, "where"), call.phase === "menu" ? call.node : call.queue + place);
  text(part(row, "agent"), call.agent);
  part(row, "since").dataset.since = call.phase === "waiting" ? (call.queued ?? call.since) : call.since;
}
