// The supervisor's wall: loaded once, then refreshed whenever something has happened.

import { get, post } from "./lib/api.js";
import { moment, now, setClock, since } from "./lib/clock.js";
import { $, el, keyed, show, text } from "./lib/dom.js";
import { follow, linkChip } from "./lib/stream.js";
import { openAgent } from "./wall/agent.js";
import { draw } from "./wall/chart.js";
import { connectFollowing, follow as followAgent, renderFollowing } from "./wall/following.js";
import { agentRow, callRow, queueCard, updateAgent, updateCall, updateQueue } from "./wall/rows.js";

// Many facts come together: look once for all of them, and not more often than this (ms).
const REFRESH = 250;
// What the server shows may be a tenth of a second old: sooner, the newest might be missing (ms).
const FRESH = 120;

let shown = null; // LiveView
let waiting = []; // [moment, callers waiting] where it changed
let pending = null;
let failing = false; // the last look
let last = 0;

async function refresh() {
  pending = null;
  last = Date.now();
  try {
    render(await get("/api/v1/live"));
    if (failing) trouble("");
    failing = false;
  } catch (error) {
    trouble(error.message);
    failing = true;
  }
}

function soon() {
  pending ??= setTimeout(refresh, Math.max(FRESH, last + REFRESH - Date.now()));
}

function render(live) {
  shown = live;
  setClock(live.at);
  const callers = [...live.calls].sort((a, b) => a.arrived - b.arrived);
  keyed($("queues"), live.queues, (queue) => queue.name, (queue) => queueCard(queue, setClosed), updateQueue);
  keyed($("agents"), live.agents, (agent) => agent.name, (agent) => agentRow(agent, editAgent, followAgent), (row, agent) => updateAgent(row, agent, live));
  renderFollowing(live.agents);
  keyed($("calls"), callers, (call) => call.call, (call) => callRow(call, hangUp), updateCall);
  if (!callers.length) {
    $("calls").append(el("tr", { "data-key": "none" }, el("td", { colspan: 5, class: "empty" }, "Nobody is calling now.")));
  }
  const count = live.queues.reduce((sum, queue) => sum + queue.waiting, 0);
  if (waiting.at(-1)?.[1] !== count) waiting.push([live.at, count]);
  draw($("chart"), $("chart-most"), waiting, now());
  tick();
}

function trouble(words) {
  text($("trouble"), words);
  show($("trouble"), Boolean(words));
}

async function hangUp(call) {
  if (!confirm("End this call?")) return;
  try {
    await post(`/api/v1/calls/${encodeURIComponent(call)}/hangup`);
  } catch (error) {
    trouble(error.message);
  }
}

async function setClosed(queue, closed) {
  trouble("");
  try {
    const opening = await post(`/api/v1/queues/${encodeURIComponent(queue)}/${closed ? "close" : "open"}`);
    await refresh();
    const opens = opening.opens ? ` It opens by itself: ${moment(opening.opens)}.` : "";
    if (opening.by === "hours") trouble(`${queue} is closed by its opening hours.${opens}`);
  } catch (error) {
    trouble(error.message);
  }
}

function editAgent(name) {
  const agent = shown.agents.find((one) => one.name === name);
  const skills = new Set(shown.agents.flatMap((one) => Object.keys(one.skills)));
  openAgent($("agent"), agent, shown.queues, [...skills].sort(), refresh);
}

function tick() {
  for (const element of document.querySelectorAll("[data-since]")) {
    text(element, element.dataset.since ? since(Number(element.dataset.since)) : "–");
    const limit = Number(element.dataset.limit || 0);
    element.classList.toggle("late", Boolean(element.dataset.since && limit) && now() - Number(element.dataset.since) > limit);
  }
}

connectFollowing(trouble, refresh);
follow(
  async () => {
    const [live, history] = await Promise.all([get("/api/v1/live"), get("/api/v1/waiting")]);
    waiting = history.steps.map((step) => [step.at, step.waiting]);
    render(live);
    return live.journal;
  },
  soon,
  linkChip($("link")),
);
setInterval(tick, 500);
setInterval(() => draw($("chart"), $("chart-most"), waiting, now()), 5000);
