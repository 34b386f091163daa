// What colleagues, queues and numbers are called on the page.

import { get } from "../lib/api.js";

const titles = new Map(); // of colleagues and supervisors, by name

/** A colleague's title; their name until it is known, and then `changed` is called. */
export function title(name, changed) {
  if (!titles.has(name)) {
    titles.set(name, name);
    get(`/api/v1/colleagues/${encodeURIComponent(name)}`).then(
      (colleague) => {
        titles.set(name, colleague.title);
        changed();
      },
      () => {}, // the name says enough
    );
  }
  return titles.get(name);
}

/** Where a caller is passed on to (`queue:support`, `agent:anna`, `tel:...`, `ext:...`). */
export function target(to, changed) {
  const [kind, name] = [to.slice(0, to.indexOf(":")), to.slice(to.indexOf(":") + 1)];
  if (kind === "agent") return title(name, changed);
  if (kind === "queue") return `queue ${name}`;
  return kind === "ext" ? `extension ${name}` : name;
}
