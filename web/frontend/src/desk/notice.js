// What came of a call that was no conversation, or of asking somebody: answered by a colleague, hung
// up, not reached, passed on.

import { moment } from "../lib/clock.js";
import { $, show, text } from "../lib/dom.js";
import { CAUSES, CONSULTS } from "../lib/words.js";
import { target, title } from "./people.js";

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
    case "passed_on":
      return `The caller was passed on to ${target(notice.to, changed)}.`;
    case "not_asked":
      return `${capital(target(notice.to, changed))}: ${CONSULTS[notice.outcome] ?? notice.outcome}. You are back with the caller.`;
    default: {
      const next = notice.retry ? `We try again at ${moment(notice.retry)}.` : "That was the last attempt.";
      return `${notice.number || "The caller"} was not reached: ${CAUSES[notice.outcome] ?? notice.outcome}. ${next}`;
    }
  }
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);
