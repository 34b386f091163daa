// The dialog that passes the caller on: to a queue, a colleague or a number; at once, or after
// asking there first.

import { get } from "../lib/api.js";
import { $, allow, el, keyed, show, text } from "../lib/dom.js";
import { STATES } from "../lib/words.js";

const REFRESH = 3000; // ms, while it is open

let queues = [];
let colleagues = [];
let timer = null;

/** Listens to the dialog. `pass(to, kind)` does it and resolves to whether it was done. */
export function connectTransfer(pass) {
  const dialog = $("pass-on");
  const go = async (kind) => {
    if (!chosen()) return wrong("Choose where to first.");
    wrong("");
    const refused = await pass(chosen(), kind);
    if (refused) wrong(refused);
    else dialog.close();
  };
  dialog.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  $("pass-search").addEventListener("input", render);
  $("pass-search").addEventListener("keydown", (event) => {
    if (!["Enter", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const first = $("pass-targets").querySelector("input:not(:disabled)");
    first?.focus();
    first?.click();
  });
  $("pass-targets").addEventListener("change", readiness);
  $("pass-blind").addEventListener("click", () => go("blind"));
  $("pass-warm").addEventListener("click", () => go("warm"));
  $("pass-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => clearInterval(timer));
}

export function openTransfer() {
  if ($("pass-on").open) return;
  $("pass-on").querySelector("form").reset();
  wrong("");
  render();
  refresh();
  timer = setInterval(refresh, REFRESH);
  $("pass-on").showModal();
  $("pass-search").focus();
}

export const closeTransfer = () => $("pass-on").open && $("pass-on").close();

async function refresh() {
  try {
    const [all, others] = await Promise.all([get("/api/v1/queues"), get("/api/v1/colleagues")]);
    ({ queues } = all);
    ({ colleagues } = others);
    render();
  } catch (error) {
    wrong(error.message);
  }
}

function render() {
  const sought = $("pass-search").value.trim();
  const found = [...numbers(sought), ...[...queues.map(ofQueue), ...colleagues.map(ofColleague)].filter(({ words }) => words.includes(sought.toLowerCase()))];
  keyed($("pass-targets"), found, (one) => one.to, make, update);
  show($("pass-none"), found.length === 0);
  readiness();
}

/** What was typed, as a number to dial. Short ones may be extensions of ours. */
function numbers(sought) {
  if (!/^\+?[\d\s()/.-]{2,}$/.test(sought)) return [];
  const digits = sought.replace(/[^\d+]/g, "");
  const outside = { to: `tel:${digits}`, title: digits, about: "number", tone: "" };
  return digits.length > 6 ? [outside] : [{ to: `ext:${digits}`, title: digits, about: "extension", tone: "" }, outside];
}

function ofQueue(queue) {
  const name = queue.title || queue.name;
  const about = queue.closed ? "closed" : `${queue.waiting} waiting, ${queue.ready} ready`;
  const tone = queue.closed ? "bad" : queue.ready ? "good" : "warn";
  return { to: `queue:${queue.name}`, title: name, about, tone, off: queue.closed, words: `${queue.name} ${name}`.toLowerCase() };
}

function ofColleague(one) {
  const off = one.state === "logged_out";
  const { name, tone } = STATES[one.state];
  return { to: `agent:${one.name}`, title: one.title, about: one.reason ? `${name}, ${one.reason}` : name, tone, off, words: `${one.name} ${one.title}`.toLowerCase() };
}

function make({ to }) {
  return el(
    "label",
    {},
    el("input", { type: "radio", name: "to", value: to }),
    el("span", { class: "wide", "data-part": "title" }),
    el("span", { class: "chip", "data-part": "about" }),
  );
}

function update(row, { title, about, tone, off }) {
  text(row.querySelector("[data-part=title]"), title);
  text(row.querySelector("[data-part=about]"), about);
  row.querySelector("[data-part=about]").dataset.tone = tone;
  row.querySelector("input").disabled = Boolean(off);
}

const chosen = () => new FormData($("pass-on").querySelector("form")).get("to");

function readiness() {
  const why = chosen() ? "" : "Choose where to first.";
  allow($("pass-blind"), why);
  allow($("pass-warm"), why);
}

function wrong(words) {
  text($("pass-wrong"), words);
  show($("pass-wrong"), Boolean(words));
}
