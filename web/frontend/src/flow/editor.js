// A textarea with line numbers, marks at the lines with findings, and indents that go on.

import { el } from "../lib/dom.js";

export class Editor {
  #area;
  #numbers;
  #marks = new Map(); // line -> severity

  /** `onChange()` after each change of the text. */
  constructor(root, onChange) {
    this.#area = root.querySelector("textarea");
    this.#numbers = root.querySelector(".numbers");
    this.#area.addEventListener("input", () => {
      this.#number();
      onChange();
    });
    this.#area.addEventListener("scroll", () => this.#follow());
    this.#area.addEventListener("keydown", (event) => this.#indent(event));
    this.#number();
  }

  get text() {
    return this.#area.value;
  }

  set text(value) {
    this.#area.value = value;
    this.#number();
  }

  /** Mark the lines of findings. */
  mark(findings) {
    this.#marks.clear();
    for (const { line, severity } of findings) {
      if (this.#marks.get(line) !== "error") this.#marks.set(line, severity);
    }
    this.#number();
  }

  /** Put the cursor at a place, and bring it into sight. */
  go(line, column) {
    const lines = this.text.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
    const end = start + Math.max(0, (lines[line - 1] ?? "").length - column + 1);
    this.#area.focus();
    this.#area.setSelectionRange(start, end);
    const height = this.#area.scrollHeight / lines.length;
    this.#area.scrollTop = Math.max(0, (line - 4) * height);
  }

  #number() {
    const count = this.text.split("\n").length;
    const old = this.#numbers.children;
    while (old.length > count) old[old.length - 1].remove();
    while (old.length < count) this.#numbers.append(el("span", {}, String(old.length + 1)));
    for (const [index, number] of [...old].entries()) {
      const severity = this.#marks.get(index + 1);
      if (severity) number.dataset.severity = severity;
      else delete number.dataset.severity;
    }
    this.#follow();
  }

  #follow() {
    this.#numbers.scrollTop = this.#area.scrollTop;
  }

  #indent(event) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    const before = this.text.slice(0, this.#area.selectionStart).split("\n").at(-1);
    const indent = before.match(/^ */)[0] + (/:\s*$/.test(before) ? "  " : "");
    event.preventDefault();
    // The only way that leaves the browser's undo in order.
    document.execCommand("insertText", false, `\n${indent}`);
  }
}
