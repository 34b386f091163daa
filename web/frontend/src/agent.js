// The agent's page: phone, state, the call, whom it is from, and the work after it.

import { get, post } from "./lib/api.js";
import { ringTone } from "./lib/audio.js";
import { now, setClock } from "./lib/clock.js";
import { $ } from "./lib/dom.js";
import { Station } from "./lib/station.js";
import { follow, linkChip } from "./lib/stream.js";
import { connectControls, inConversation } from "./desk/controls.js";
import { EMPTY, fold, fromMe } from "./desk/state.js";
import { closeTransfer, connectTransfer, openTransfer } from "./desk/transfer.js";
import { remaining, render, tick, trouble } from "./desk/view.js";

const AGENT = $("desk").dataset.agent;
const path = (what) => `/api/v1/agents/${encodeURIComponent(AGENT)}/${what}`;
// How long the switch may take to tell the center of the registered phone (ms).
const PHONE_PATIENCE = 6000;

let desk = EMPTY;
let news = 0; // events that the stream has brought
let wasLost = false; // the stream
// The phone of this page: "off", "starting", "on"; or "sip": the agent uses a phone of their own.
let mode = sessionStorage.getItem("phone") === "sip" ? "sip" : "off";
const station = new Station();
let line = "idle"; // of the phone in the page: "idle", "ringing", "talking"
let stopRing = null;
let changed = () => {}; // called after each change, for whoever waits for one

function update() {
  render({ desk, mode, line, changed: update });
  if (!inConversation(desk)) closeTransfer();
  if (line === "ringing") stopRing ??= ringTone();
  else {
    stopRing?.();
    stopRing = null;
  }
  changed();
}

async function attempt(action) {
  trouble("");
  try {
    return await action();
  } catch (error) {
    trouble(error.message);
    return null;
  }
}

/* the stream */

async function load() {
  const me = await get("/api/v1/me");
  setClock(me.at);
  desk = fromMe(me);
  if (!desk.agent) trouble("The center does not know you as an agent yet. Ask an administrator.");
  update();
  return me.journal;
}

function happened(event) {
  const { consult } = desk;
  desk = fold(desk, event);
  if (desk.consult !== consult) trouble(""); // what could not be done then may be possible now
  news += 1;
  update();
  if (event.fact.type === "AgentStateChanged" && event.fact.state === "wrap_up") wrapUpBegan(event.fact);
}

/** Who stopped following, or went on unheard, while the stream was lost, is not told by it. */
async function whoFollows() {
  const { agents } = await get("/api/v1/agents").catch(() => ({ agents: [] }));
  const mine = agents.find((agent) => agent.name === AGENT);
  if (mine) desk = { ...desk, agent: { ...desk.agent, supervisors: mine.supervisors } };
  update();
}

/** How often it may be made longer is no fact: it is asked for. */
async function wrapUpBegan(fact) {
  if (document.activeElement !== $("note")) $("note").focus();
  if (!fact.until) return;
  const { agents } = await get("/api/v1/agents").catch(() => ({ agents: [] }));
  const extensions = agents.find((agent) => agent.name === AGENT)?.extensions ?? 0;
  desk = { ...desk, agent: { ...desk.agent, extensions } };
  update();
}

/* the phone in the page */

async function goOnline() {
  mode = "starting";
  sessionStorage.removeItem("phone");
  update();
  await attempt(async () => {
    try {
      listenTo(await station.open($("spoken")));
      await becomeReady();
    } catch (error) {
      if (mode === "starting") phoneOff();
      throw error;
    }
  });
}

function listenTo(phone) {
  mode = "on";
  phone.addEventListener("unregistered", ({ detail }) => mode === "on" && (trouble(`${detail.reason} Trying again…`), update()));
  phone.addEventListener("registered", () => trouble(""));
  phone.addEventListener("ringing", ({ detail }) => {
    // Whoever is asked to answer at once hears a beep from the center, not the ring tone.
    if (detail.auto) answer();
    else setLine("ringing");
  });
  phone.addEventListener("talking", () => setLine("talking"));
  phone.addEventListener("ended", () => setLine("idle"));
  phone.addEventListener("sound", ({ detail }) => {
    $("heard").srcObject = detail.stream;
  });
  update();
}

function setLine(name) {
  line = name;
  update();
}

function phoneOff() {
  station.close();
  mode = "off";
  line = "idle";
  update();
}

/** The center hears of a registration from the switch, a moment after the page does. */
async function phoneKnown() {
  const limit = performance.now() + PHONE_PATIENCE;
  while (!desk.agent?.phone_online) {
    const left = limit - performance.now();
    if (left <= 0) throw new Error("The center has not seen your phone register. Try again in a moment.");
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, left);
      changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  changed = () => {};
}

/* states */

async function becomeReady() {
  if (mode !== "sip") await phoneKnown();
  await setState("ready");
}

async function setState(state, reason = "") {
  const before = news;
  answered(await post(path("state"), { state, reason }), before);
}

/**
 * News on the stream that came while we waited for an answer stand, as they may be newer; but what
 * is asked for after a call is told by answers only.
 */
function answered(agent, before) {
  if (news !== before) {
    if (agent.since === desk.agent?.since) desk = { ...desk, agent: { ...desk.agent, next_state: agent.next_state } };
    return update();
  }
  desk = { ...desk, agent, ...(agent.call ? {} : { call: "", pop: null, offer: null }) };
  update();
}

async function useSip() {
  if (mode === "on") return;
  const phones = await get("/api/v1/me/phone");
  $("sip-server").textContent = phones.sip.server;
  $("sip-user").textContent = phones.sip.user;
  $("sip-password").textContent = phones.sip.password;
  mode = mode === "sip" ? "off" : "sip";
  if (mode === "sip") sessionStorage.setItem("phone", "sip");
  else sessionStorage.removeItem("phone");
  update();
}

async function goOffline() {
  await setState("logged_out");
  if (desk.agent.state === "logged_out") {
    sessionStorage.removeItem("phone");
    phoneOff();
  }
}

/* the call */

const answer = () => station.phone?.answer();
const decline = () => attempt(() => post(path("decline")));
// A line that stays open is not hung up with the call.
const hangUp = () => (station.phone?.inCall && !desk.persistent ? station.phone.hangUp() : attempt(() => post(`/api/v1/calls/${encodeURIComponent(desk.call)}/hangup`)));

function toggleKeypad() {
  $("keypad").hidden = !$("keypad").hidden;
  $("keys").setAttribute("aria-expanded", String(!$("keypad").hidden));
}

/** Ask for something of mine; what comes of it is told by the stream as well. */
async function ask(what, body) {
  const before = news;
  const agent = await attempt(() => post(path(what), body));
  if (agent) answered(agent, before);
}

/** Resolves to why it was refused, or to nothing. */
async function passOn(to, kind) {
  const before = news;
  try {
    answered(await post(path("transfer"), { to, kind }), before);
    return "";
  } catch (error) {
    return error.message;
  }
}

let finishing = false;

async function finishWrapUp() {
  if (finishing || desk.agent?.state !== "wrap_up") return;
  finishing = true;
  const before = news;
  const code = new FormData($("wrap-up")).get("code") ?? "";
  const note = $("note").value.trim();
  const done = await attempt(() => post(path("wrap-up"), { code, note }));
  finishing = false;
  if (done) answered(done, before);
}

async function extend() {
  const before = news;
  const longer = await attempt(() => post(path("wrap-up/extend")));
  if (longer) answered(longer, before);
}

/** What was typed is not lost when the time for it runs out. */
function saveInTime() {
  const typed = $("note").value.trim() || new FormData($("wrap-up")).get("code");
  const left = remaining(desk.agent, now());
  if (typed && left !== null && left < 1) finishWrapUp();
}

/* the page */

$("go-online").addEventListener("click", goOnline);
$("use-sip").addEventListener("click", () => attempt(useSip));
$("ready").addEventListener("click", () => attempt(becomeReady));
$("go-offline").addEventListener("click", () => attempt(goOffline));
$("break-reason").addEventListener("change", ({ target }) => {
  const reason = target.value;
  target.value = "";
  if (reason) attempt(() => setState("not_ready", reason));
});
$("stay-ready").addEventListener("click", () => attempt(() => setState("ready")));
$("extend").addEventListener("click", extend);
$("answer").addEventListener("click", answer);
$("decline").addEventListener("click", decline);
$("keys").addEventListener("click", toggleKeypad);
connectTransfer(passOn);
const controls = connectControls({ ask, desk: () => desk, passOn: openTransfer, hangUp, refuse: trouble });
$("ring").addEventListener("cancel", (event) => event.preventDefault());
for (const key of document.querySelectorAll("[data-digit]")) {
  key.addEventListener("click", () => station.phone?.press(key.dataset.digit));
}
$("wrap-up").addEventListener("submit", (event) => {
  event.preventDefault();
  finishWrapUp();
});
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) return finishWrapUp();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "radio") return;
  if ($("pass-on").open) return;
  const keys = { reserved: { a: answer, d: decline }, talking: { ...controls, k: toggleKeypad } };
  const action = keys[line === "ringing" ? "reserved" : desk.agent?.state]?.[event.key.toLowerCase()];
  if (action) {
    event.preventDefault();
    action();
  }
});
addEventListener("beforeunload", (event) => line === "talking" && desk.call && event.preventDefault());
setInterval(() => {
  tick(desk, now());
  saveInTime();
}, 250);
const chip = linkChip($("link"));
follow(load, happened, (connected) => {
  chip(connected);
  if (connected && wasLost) whoFollows();
  wasLost = !connected;
});
