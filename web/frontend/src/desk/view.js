// Puts the state of the desk on the page.

import { duration, since } from "../lib/clock.js";
import { $, show, text } from "../lib/dom.js";
import { notReadyHint, STATES } from "../lib/words.js";
import { inConversation, renderControls, tickControls } from "./controls.js";
import { renderNotice } from "./notice.js";
import { title } from "./people.js";
import { renderPop } from "./pop.js";

const BUSY = ["reserved", "talking", "wrap_up"];
let shownPop = null;
let formCall = "";
let began = null; // how long the running countdown was at first, seconds
let counted = null; // until when it runs

export function trouble(words) {
  text($("trouble"), words);
  show($("trouble"), Boolean(words));
}

/** Seconds left of the after-call work, or null: it lasts until the agent ends it. */
export function remaining(agent, now) {
  return agent?.state === "wrap_up" && agent.until ? Math.max(0, agent.until - now) : null;
}

const resting = (agent) => agent?.state === "not_ready" && agent.reason === "rest" && Boolean(agent.until);

export function render({ desk, mode, line, changed }) {
  const agent = desk.agent ?? { state: "logged_out", reason: "", phone_online: false, next_state: "" };
  const connected = mode === "on" || (mode === "sip" && agent.phone_online);
  $("desk").dataset.state = agent.state;
  $("desk").dataset.phone = mode;
  renderState(agent, mode, connected, desk, line);
  renderNotice(desk.notice, changed);
  renderRing(desk, agent, mode, line);
  renderCall(desk, agent, mode, line, changed);
  renderControls(desk, changed);
  if (shownPop !== desk.pop) {
    shownPop = desk.pop;
    renderPop(desk.pop, desk.name, () => changed((shownPop = null)));
  }
}

function renderState(agent, mode, connected, desk, line) {
  text($("state-name"), desk.callingBack ? "Calling back" : resting(agent) ? "Resting" : STATES[agent.state].name);
  text($("state-hint"), hint(agent, mode, desk));
  const offline = agent.state === "logged_out";
  const busy = BUSY.includes(agent.state);
  show($("go-online"), mode === "off" || mode === "starting");
  $("go-online").disabled = mode === "starting";
  text($("go-online"), mode === "starting" ? "Going online…" : "Go online");
  $("use-sip").disabled = false; // until here nobody would have heard the click
  show($("use-sip"), (mode === "off" || mode === "sip") && ["logged_out", "not_ready"].includes(agent.state));
  text($("use-sip"), mode === "sip" ? "Use the browser instead" : "Use my SIP phone");
  $("use-sip").setAttribute("aria-expanded", String(mode === "sip" && !agent.phone_online));
  show($("sip-login"), mode === "sip" && !agent.phone_online);
  show($("ready"), connected && (agent.state === "not_ready" || offline) && !resting(agent));
  show($("break"), connected && !offline && !(agent.state === "not_ready" && !agent.phone_online));
  show($("go-offline"), !offline && !busy);
  text($("break-reason").options[0], busy ? "A break after this call…" : "Take a break…");
  const next = busy && agent.next_state && STATES[agent.next_state]?.name;
  show($("next-state"), Boolean(next));
  const why = agent.next_reason ? `, ${agent.next_reason}` : "";
  text($("next-state-name"), next ? `After this call: ${next.toLowerCase()}${why}` : "");
  show($("stay-ready"), agent.next_state !== "ready");
  const contacts = agent.contacts ?? 0;
  show($("contacts"), contacts > 0);
  text($("contacts"), contacts === 1 ? "1 other contact" : `${contacts} other contacts`);
  text($("phone-state"), phoneState(agent, mode, desk, line));
}

function phoneState(agent, mode, desk, line) {
  const here = { on: "in this page", starting: "registering…", off: "not registered", sip: "SIP phone" }[mode];
  const there = mode === "sip" ? `${here}, ${agent.phone_online ? "registered" : "not registered yet"}` : here;
  if (mode === "off" || mode === "starting" || agent.state === "logged_out") return there;
  if (desk.persistent) return `${there}, ${mode === "on" && line !== "talking" ? "the line is being opened" : "the line stays open"}`;
  return desk.autoAnswer ? `${there}, answers by itself` : there;
}

function hint(agent, mode, desk) {
  switch (agent.state) {
    case "logged_out":
      return mode === "sip" && !agent.phone_online ? "Register your phone with this log-in, then press Ready." : "Go online to take calls.";
    case "not_ready":
      if (resting(agent)) return "A short rest; then you are ready again.";
      return agent.reason === "phone gone" && agent.phone_online ? "Your phone is back. Press Ready." : notReadyHint(agent.reason);
    case "ready":
      return "Waiting for the next caller.";
    case "reserved":
      return "Your phone rings.";
    case "talking":
      return desk.callingBack ? "The caller kept the place without waiting on the line." : "";
    default:
      return agent.until === null ? "Take the time you need; the next caller comes when you are done." : "Say how it ended; the next caller comes after it.";
  }
}

function renderRing(desk, agent, mode, line) {
  const rings = agent.state === "reserved" || line === "ringing";
  const dialog = $("ring");
  if (rings && !dialog.open) dialog.show(); // not modal: what pops beside it stays in sight
  if (!rings && dialog.open) dialog.close();
  const caller = desk.pop?.who.name || desk.pop?.caller || "Unknown caller";
  document.title = rings ? `\u260e ${caller}` : `${STATES[agent.state].name} · Ringdesk`;
  if (!rings) return;
  const callback = Boolean(desk.offer?.virtual);
  text($("ring-queue"), [desk.offer?.queue ?? desk.pop?.queue, callback && "callback"].filter(Boolean).join(" · "));
  text($("ring-title"), callback ? "Call a caller back" : "A call rings");
  text($("ring-caller"), caller);
  const about = [desk.pop?.who.organisation, desk.pop?.ticket?.title, desk.offer && `waited ${duration(desk.offer.waited)}`];
  text($("ring-line"), about.filter(Boolean).join(" · "));
  show($("ring-callback"), callback);
  text($("ring-callback"), callback ? `We dial ${desk.pop?.caller || "the caller"} when you accept.` : "");
  $("answer").disabled = line !== "ringing";
  const answer = callback ? " Accept" : " Answer";
  const words = mode === "sip" ? `${answer} on your phone` : line === "ringing" ? answer : " Ringing…";
  text($("answer").lastChild, words);
}

function renderCall(desk, agent, mode, line, changed) {
  const talking = agent.state === "talking";
  const wrapUp = agent.state === "wrap_up";
  show($("call-card"), agent.state !== "reserved" && line !== "ringing");
  text($("call-title"), desk.callingBack ? "Calling back" : desk.askedBy ? `${title(desk.askedBy, changed)} asks you` : agent.held ? "The caller is on hold" : talking ? "In a call" : wrapUp ? "After the call" : "No call");
  text($("caller"), desk.call && agent.state !== "reserved" ? desk.pop?.who.name || desk.pop?.caller || "Unknown caller" : "");
  show($("call-line"), (!talking && !wrapUp) || desk.callingBack);
  text($("call-line"), desk.callingBack ? `Dialling ${desk.pop?.caller || "the caller"}. You are joined as soon as they answer.` : "The next caller appears here while your phone rings.");
  show($("calling-bar"), desk.callingBack);
  show($("call-buttons"), talking);
  show($("keys"), mode === "on");
  if (!talking || line === "idle") $("keypad").hidden = true;
  show($("wrap-up"), inConversation(desk) || wrapUp);
  const timed = wrapUp && agent.until !== null;
  show($("wrap-up").querySelector(".countdown"), timed);
  show($("wrap-up-bar"), timed);
  show($("wrap-up").querySelector(".row"), wrapUp);
  show($("extend"), timed && (agent.extensions ?? 0) > 0);
  text($("extend"), `More time (${agent.extensions} left)`);
  if (desk.call && desk.call !== formCall) {
    formCall = desk.call;
    $("wrap-up").reset();
  }
}

/** What changes with the time alone. */
export function tick(desk, now) {
  const { agent, offer } = desk;
  tickControls(desk);
  const rest = resting(agent) ? duration(Math.max(0, agent.until - now)) : null;
  text($("state-timer"), rest ?? (agent && agent.state !== "logged_out" ? since(agent.since) : ""));
  const left = remaining(agent, now);
  if (left !== null) {
    if (counted !== agent.until) {
      counted = agent.until;
      began = Math.max(left, 1);
    }
    text($("wrap-up-left"), duration(left));
    $("wrap-up-bar").value = left / began;
  }
  const ringLeft = offer?.until ? Math.max(0, offer.until - now) : null;
  show($("ring-bar"), ringLeft !== null);
  if (ringLeft !== null) $("ring-bar").value = ringLeft / Math.max(1, offer.until - (agent?.since ?? now));
}
