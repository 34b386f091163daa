// The picture of a flow: how many callers are at each node, and how broad each way is.

import { el, text } from "../lib/dom.js";

const SVG = "http://www.w3.org/2000/svg";
// A way's width in pixels, from nobody to everybody.
const THIN = 1.2;
const BROAD = 9;

export const percent = (share) => (share === null ? "–" : `${Math.round(100 * share)} %`);

const find = (picture, kind, name) => picture.querySelector(`g.${kind}[data-node="${CSS.escape(name)}"]`);

/** `nodes`: as the API tells the traffic of a flow. */
export function showTraffic(picture, nodes) {
  for (const node of nodes) {
    const group = find(picture, "node", node.node);
    if (!group) continue;
    text(group.querySelector(".callers"), node.inside || "");
    group.classList.toggle("busy", node.inside > 0);
    text(group.querySelector("title"), `${node.node}: ${node.kind}; ${node.inside} there now, ${node.entered} came today`);
    for (const [to, exits] of Map.groupBy(node.exits.filter((exit) => exit.to), (exit) => exit.to)) heat(picture, node, to, exits);
  }
}

function heat(picture, node, to, exits) {
  const edge = picture.querySelector(`g.edge[data-from="${CSS.escape(node.node)}"][data-to="${CSS.escape(to)}"]`);
  if (!edge) return;
  const share = exits.reduce((sum, exit) => sum + (exit.share ?? 0), 0);
  edge.querySelector("path").setAttribute("stroke-width", THIN + Math.min(1, share) * (BROAD - THIN));
  edge.classList.toggle("hot", share > 0);
  let title = edge.querySelector("title");
  if (!title) {
    title = document.createElementNS(SVG, "title");
    edge.prepend(title);
  }
  const label = edge.querySelector(".exit");
  if (label) {
    label.dataset.exits ??= label.textContent;
    text(label, share > 0 ? `${label.dataset.exits} · ${percent(share)}` : label.dataset.exits);
  }
  text(title, exits.map((exit) => `${exit.exit}: ${exit.left} of ${node.entered} (${percent(exit.share)})`).join(", "));
}

/** Mark the node at which a walk is. */
export function showPlace(picture, node) {
  for (const marked of picture.querySelectorAll("g.node.here")) marked.classList.remove("here");
  if (node) find(picture, "node", node)?.classList.add("here");
}

/** The SVG of a flow as it is written, from the API; ours, but parsed as a picture and not as a page. */
export function draw(picture, svg) {
  if (!svg) return;
  picture.replaceChildren(document.adoptNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement));
}

/** A node's exits for the table. */
export function exitChips(node) {
  return node.exits
    .filter((exit) => exit.left > 0)
    .map((exit) => el("span", { class: "chip" }, `${exit.exit}: ${exit.left} (${percent(exit.share)})`));
}
