// The place where a flow is written: what is wrong with it, how it walks, and the way to publish it.

import { get, post, put } from "./lib/api.js";
import { $, el, show, text } from "./lib/dom.js";
import { Editor } from "./flow/editor.js";
import { draw, showPlace } from "./flow/picture.js";
import { Walk } from "./flow/walk.js";

// After so many ms without a key the text is checked.
const PAUSE = 400;

const page = $("write").dataset;
const address = `/api/v1/flows/${encodeURIComponent(page.flow)}`;
// What this page has seen: the newest version and when the draft was saved.
let seen = { seen_version: Number(page.version), seen_draft: Number(page.draft) };
let review = null;
let checked = 0;
let timer = null;
let theirs = null; // of a conflict: {source, scenarios, seen}

const editors = {
  source: new Editor(document.querySelector('[data-editor="source"]'), changed),
  scenarios: new Editor(document.querySelector('[data-editor="scenarios"]'), changed),
};
const texts = () => ({ source: editors.source.text, scenarios: editors.scenarios.text });
const walk = new Walk(page.flow, () => editors.source.text, (node) => showPlace($("picture"), node));
let kept = JSON.stringify(texts());

function changed() {
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE);
}

// --- findings

async function check() {
  const number = ++checked;
  clearTimeout(timer);
  tell($("verdict"), "checking", "wait");
  try {
    const found = await post(`${address}/check`, texts());
    if (number !== checked) return;
    review = found;
    trouble("");
    showReview();
  } catch (error) {
    trouble(error.message);
  }
}

function showReview() {
  const { findings, scenario_findings: unread, scenarios } = review;
  const failing = scenarios.flatMap((one) => one.problems);
  editors.source.mark(findings);
  editors.scenarios.mark([...unread, ...failing]);
  $("findings").replaceChildren(
    ...findings.map((one) => findingRow("source", one)),
    ...unread.map((one) => findingRow("scenarios", one, "Scenarios ")),
    ...failing.map((one) => findingRow("scenarios", { ...one, severity: "fails" }, "Scenarios ")),
  );
  const errors = findings.filter((one) => one.severity === "error").length;
  const failed = scenarios.filter((one) => one.problems.length).length;
  if (errors) tell($("verdict"), plural(errors, "error"), "bad");
  else if (unread.length) tell($("verdict"), "scenarios cannot be read", "warn");
  else if (failed) tell($("verdict"), `${plural(failed, "scenario")} of ${scenarios.length} fail${failed === 1 ? "s" : ""}`, "warn");
  else tell($("verdict"), scenarios.length ? `sound; ${plural(scenarios.length, "scenario")} passed` : "sound", "good");
  text($("covered"), review.exits && scenarios.length ? `Scenarios take ${review.exits_taken} of ${review.exits} exits.${review.not_taken.length ? ` Nobody takes ${review.not_taken.join(", ")}.` : ""}` : "");
  show($("covered"), Boolean($("covered").textContent));
  draw($("picture"), review.picture);
  if (!errors) walk.again();
}

function findingRow(editor, finding, where = "") {
  const go = () => {
    choose(editor);
    editors[editor].go(finding.line, finding.column);
  };
  return el("li", { "data-severity": finding.severity }, el("button", { type: "button", class: "plain", onclick: go }, `${where}${finding.line}:${finding.column}`), ` ${finding.message}`);
}

// --- texts

function choose(name) {
  for (const one of Object.keys(editors)) {
    $(`tab-${one}`).setAttribute("aria-selected", String(one === name));
    $(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    show($(`panel-${one}`), one === name);
  }
}

for (const name of Object.keys(editors)) $(`tab-${name}`).addEventListener("click", () => choose(name));
document.querySelector('[role="tablist"]').addEventListener("keydown", ({ key }) => {
  if (key !== "ArrowLeft" && key !== "ArrowRight") return;
  const other = $("tab-source").getAttribute("aria-selected") === "true" ? "scenarios" : "source";
  choose(other);
  $(`tab-${other}`).focus();
});

// --- keeping

async function save() {
  await attempt(async () => {
    const draft = await put(`${address}/draft`, { ...texts(), ...seen });
    seen = { ...seen, seen_draft: draft.at };
    kept = JSON.stringify({ source: draft.source, scenarios: draft.scenarios });
    text($("kept"), "Draft saved.");
    show($("discard"), seen.seen_version > 0);
  });
}

async function discard() {
  if (!confirm("Throw the draft away? What is in use stays.")) return;
  await attempt(async () => {
    await post(`${address}/discard`, seen);
    kept = JSON.stringify(texts());
    location.reload();
  });
}

async function openPublishing() {
  await check();
  if (!review) return;
  const errors = review.findings.filter((one) => one.severity === "error");
  const failing = failingNames();
  text($("publishing-what"), errors.length ? `It has ${plural(errors.length, "error")}: mend that first.` : failing.length ? "These scenarios fail:" : "The checker finds nothing against it.");
  $("publishing-failing").replaceChildren(...failing.map((name) => el("li", { "data-severity": "fails" }, name)));
  text($("publish-now"), failing.length ? "Publish anyway" : "Publish");
  $("publish-now").disabled = errors.length > 0;
  $("publishing").showModal();
}

function failingNames() {
  const unread = review.scenario_findings.length ? ["the scenarios cannot be read"] : [];
  return [...unread, ...review.scenarios.filter((one) => one.problems.length).map((one) => one.name)];
}

async function publish() {
  const despite = failingNames().length > 0;
  $("publishing").close();
  await attempt(async () => {
    await post(`${address}/publish`, { ...texts(), ...seen, comment: $("comment").value, despite_failures: despite });
    kept = JSON.stringify(texts());
    location.assign(`/admin/flows/${encodeURIComponent(page.flow)}`);
  });
}

async function attempt(deed) {
  trouble("");
  try {
    await deed();
  } catch (error) {
    if (error.status === 409) await compare(error.message);
    else trouble(error.message);
  }
}

// --- somebody else was faster

async function compare(words) {
  trouble(`Not kept: ${words}.`);
  const story = await get(address);
  const other = story.draft ?? story;
  theirs = { source: other.source, scenarios: other.scenarios, seen: { seen_version: story.version, seen_draft: story.draft?.at ?? 0 } };
  const lines = [];
  for (const name of Object.keys(editors)) {
    const found = await post(`${address}/compare`, { before: theirs[name], after: editors[name].text });
    lines.push(...found.lines);
  }
  text($("conflict-what"), `${words}. Nothing is lost: your text is still in the editor.`);
  $("conflict-lines").replaceChildren(...lines.map(diffRow));
  $("conflict").showModal();
}

function diffRow(line) {
  if (line.kind === "gap") return el("tr", { class: "gap" }, el("td", { colspan: 4 }, "⋯"));
  const mark = { added: "+", removed: "−", same: "" }[line.kind];
  return el("tr", { class: line.kind }, el("td", { class: "number" }, line.before ?? ""), el("td", { class: "number" }, line.after ?? ""), el("td", {}, mark), el("td", {}, el("code", {}, line.text)));
}

function keepMine() {
  seen = theirs.seen;
  $("conflict").close();
  trouble("");
  text($("kept"), "Yours is not saved yet.");
}

function takeTheirs() {
  seen = theirs.seen;
  for (const name of Object.keys(editors)) editors[name].text = theirs[name];
  kept = JSON.stringify(texts());
  $("conflict").close();
  check();
}

// --- small tools

function trouble(words) {
  text($("trouble"), words);
  show($("trouble"), Boolean(words));
}

function tell(element, words, tone) {
  text(element, words);
  element.dataset.tone = tone;
}

const plural = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

$("save").addEventListener("click", save);
$("discard").addEventListener("click", discard);
$("publish").addEventListener("click", openPublishing);
$("publish-now").addEventListener("click", publish);
$("keep-mine").addEventListener("click", keepMine);
$("take-theirs").addEventListener("click", takeTheirs);
addEventListener("beforeunload", (event) => {
  if (JSON.stringify(texts()) !== kept) event.preventDefault();
});
choose("source");
check();
