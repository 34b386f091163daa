// Flows as they are walked now: the list, and the picture of one with its callers.

import { get } from "./lib/api.js";
import { $, show, text } from "./lib/dom.js";
import { follow, linkChip } from "./lib/stream.js";
import { exitChips, showTraffic } from "./flow/picture.js";

// Many facts come together: look once for all of them, and not more often than this (ms).
const REFRESH = 500;
// Answers may be so old (ms): asked earlier, one might not tell of what has just happened.
const STALE = 150;

const traffic = $("traffic");
let pending = null;
let last = 0;

const look = traffic ? lookAtOne : lookAtAll;

async function lookAtAll() {
  const { flows } = await get("/api/v1/flows");
  for (const flow of flows) {
    const cell = document.querySelector(`[data-inside="${CSS.escape(flow.flow)}"]`);
    if (cell) text(cell, flow.inside);
  }
}

async function lookAtOne() {
  const { flow, version } = traffic.dataset;
  const found = await get(`/api/v1/flows/${encodeURIComponent(flow)}/traffic?version=${version}`);
  showTraffic($("picture"), found.nodes);
  for (const node of found.nodes) {
    const row = $("nodes").querySelector(`[data-node="${CSS.escape(node.node)}"]`);
    if (!row) continue;
    text(row.querySelector('[data-part="inside"]'), node.inside);
    text(row.querySelector('[data-part="entered"]'), node.entered);
    row.querySelector('[data-part="exits"]').replaceChildren(...exitChips(node));
  }
  text($("inside"), found.nodes.reduce((sum, node) => sum + node.inside, 0));
  text($("elsewhere"), Object.entries(found.elsewhere).map(([other, count]) => `, ${count} on version ${other}`).join(""));
}

async function refresh() {
  pending = null;
  last = Date.now();
  try {
    await look();
    if (traffic) show($("trouble"), false);
  } catch (error) {
    if (traffic) {
      text($("trouble"), error.message);
      show($("trouble"), true);
    }
  }
}

follow(
  // What happens between the two is seen twice, and nothing is missed.
  async () => {
    const { journal } = await get("/api/v1/live");
    await look();
    return journal;
  },
  () => {
    pending ??= setTimeout(refresh, Math.max(STALE, last + REFRESH - Date.now()));
  },
  linkChip($("link")),
);
