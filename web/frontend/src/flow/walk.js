// A keypad without a telephone. What was done is kept here; the server does all of it again.

import { post } from "../lib/api.js";
import { $, el, show, text } from "../lib/dom.js";
import { LANGUAGES } from "../lib/words.js";

const STATES = { keys: "The menu waits for a key.", voice: "Something is recorded.", queue: "The menu is over for now.", over: "The call is over." };

export class Walk {
  #address;
  #source;
  #onPlace;
  #steps = [];
  #typed = "";
  #shown = null; // the last answer
  #asked = 0;
  #sounds = [];
  #audio = null;

  /** `source()`: the flow as it is written; `onPlace(node)`: where the caller is now. */
  constructor(flow, source, onPlace) {
    this.#address = `/api/v1/flows/${encodeURIComponent(flow)}/walk`;
    this.#source = source;
    this.#onPlace = onPlace;
    this.sound = `/admin/flows/${encodeURIComponent(flow)}/sound`;
    $("keypad").addEventListener("click", ({ target }) => target.dataset.press && this.#press(target.dataset.press));
    $("deeds").addEventListener("click", ({ target }) => target.dataset.step && this.#do(target.dataset.step));
    $("ways").addEventListener("click", ({ target }) => target.dataset.step && this.#do(target.dataset.step));
    $("again").addEventListener("click", () => this.begin());
    $("aloud").addEventListener("change", () => this.#hush());
    for (const id of ["walk-caller", "walk-language", "walk-at"]) $(id).addEventListener("change", () => this.begin());
  }

  /** From the beginning. */
  begin() {
    this.#steps = [];
    this.#typed = "";
    this.#shown = null;
    return this.#go();
  }

  /** The text has changed: do the same in the new one, as far as it leads. */
  again() {
    return this.#go();
  }

  #press(key) {
    if (this.#shown?.waits === "keys" && this.#shown.most_keys > 1) {
      const ends = this.#shown.terminators.includes(key);
      this.#typed += key;
      if (!ends && this.#typed.length < this.#shown.most_keys) {
        this.#tellTyped();
        return;
      }
      key = this.#typed;
    }
    this.#do(`press ${key}`);
  }

  /** Waiting after some keys sends them. */
  #do(step) {
    const wanted = step === "silence" && this.#typed ? `press ${this.#typed}` : step;
    this.#typed = "";
    this.#steps.push(wanted);
    return this.#go();
  }

  async #go() {
    const number = ++this.#asked;
    const fields = { caller: $("walk-caller").value.trim(), language: $("walk-language").value.trim(), at: $("walk-at").value.replace("T", " ") };
    try {
      const found = await post(this.#address, { source: this.#source(), steps: this.#steps, ...fields });
      if (number !== this.#asked) return;
      if (found.wrong) this.#steps.length = found.lines.filter((line) => line.kind === "did").length;
      this.#show(found);
    } catch (error) {
      if (number === this.#asked) this.#refused(error.message);
    }
  }

  #refused(words) {
    this.#shown = null;
    $("transcript").replaceChildren();
    text($("walk-state"), words);
    this.#onPlace("");
  }

  #show(found) {
    const before = this.#shown?.lines.length ?? 0;
    this.#shown = found;
    $("transcript").replaceChildren(...found.lines.map((line) => this.#row(line)));
    $("transcript").scrollTop = $("transcript").scrollHeight;
    text($("walk-state"), found.wrong ? `${found.wrong}.` : STATES[found.waits] + (found.contact ? ` The caller is ${found.contact}.` : ""));
    show($("deeds").querySelector('[data-step^="speak"]'), found.waits === "voice");
    $("ways").replaceChildren(...found.exits.map((exit) => el("button", { type: "button", class: "small", "data-step": `leave by ${exit}` }, exit === "after" ? "The agent hangs up" : `Leave by ${exit.replaceAll("_", " ")}`)));
    this.#tellTyped();
    this.#onPlace(found.waits === "over" || found.waits === "queue" ? "" : found.node, found);
    if ($("aloud").checked) this.#play(found.lines.slice(before).filter((line) => line.kind === "said"));
  }

  #row(line) {
    const language = line.language ? { lang: line.language, title: LANGUAGES[line.language] ?? line.language } : {};
    const listen = line.kind === "said" ? el("button", { type: "button", class: "quiet small", "aria-label": `Listen to ${line.name}`, onclick: () => this.#play([line]) }, "▶") : null;
    return el("li", { "data-kind": line.kind }, el("span", language, line.text), listen);
  }

  #tellTyped() {
    text($("typed"), this.#typed);
    show($("typed"), Boolean(this.#typed));
  }

  #play(lines) {
    this.#hush();
    this.#sounds = [...lines];
    this.#next();
  }

  #next() {
    const line = this.#sounds.shift();
    if (!line) return;
    const query = new URLSearchParams({ name: line.name, language: line.language, text: line.text });
    this.#audio = new Audio(`${this.sound}?${query}`);
    this.#audio.onended = () => this.#next();
    this.#audio.play().catch(() => text($("walk-state"), "This prompt cannot be heard here."));
  }

  #hush() {
    this.#sounds = [];
    this.#audio?.pause();
  }
}
