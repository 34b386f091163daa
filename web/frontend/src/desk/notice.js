// What came of a call that was no conversation: answered by a colleague, hung up, not reached.

import { get } from "../lib/api.js";
import { moment } from "../lib/clock.js";
import { $, show, text } from "../lib/dom.js";
import { CAUSES } from "../lib/words.js";

const titles = new Map(); // of colleagues, by name

/** Nothing for null. `changed` is called once a colleague's title is known. */
export function renderNotice(notice, changed) {
  const words = notice ? sentence(notice, changed) : "";
  text($("notice"), words);
  show($("notice"), Boolean(words));
}

function sentence(notice, changed) {
  switch (notice.kind) {
    case "elsewhere":
      return notice.by ? `Answered by ${title(notice.by, changed)}.` : "A colleague has answered.";
    case "gone":
      return "The caller hung up before you answered.";
    default: {
      const next = notice.retry ? `We try again at ${moment(notice.retry)}.` : "That was the last attempt.";
      return `${notice.number || "The caller"} was not reached: ${CAUSES[notice.outcome] ?? notice.outcome}. ${next}`;
    }
  }
}

function title(name, changed) {
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
