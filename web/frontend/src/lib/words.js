// What people read for the words of the center.

export const STATES = {
  logged_out: { name: "Offline", tone: "" },
  not_ready: { name: "Not ready", tone: "bad" },
  ready: { name: "Ready", tone: "good" },
  reserved: { name: "Call offered", tone: "busy" },
  talking: { name: "Talking", tone: "busy" },
  wrap_up: { name: "After-call work", tone: "warn" },
};

export const LANGUAGES = { en: "English", pl: "Polish", uk: "Ukrainian", de: "German" };

export const OUTCOMES = {
  handled: "handled",
  abandoned_queue: "left the queue",
  abandoned_ringing: "left while ringing",
  abandoned_menu: "left the menu",
  completed_menu: "served by the menu",
  forwarded: "talked with an outside number",
  moved: "called in again",
  failed: "failed",
};

/** How a call that we made was not answered. */
export const CAUSES = {
  no_answer: "no answer",
  busy: "busy",
  declined: "declined",
  hangup: "hung up",
  unreachable: "unreachable",
  withdrawn: "the call back was ended",
  lost: "the line was lost",
  failed: "the call failed",
};

/** How asking somebody ended without the caller being passed on. */
export const CONSULTS = { ...CAUSES, left: "they hung up", hangup: "they hung up", withdrawn: "nobody came" };

/** Why an agent gets no calls, and what to do about it. */
export function notReadyHint(reason) {
  const hints = {
    "no answer": "You did not answer the last call, so the caller went on to somebody else. Press Ready when you are back.",
    declined: "You declined a call. Press Ready to take the next one.",
    busy: "Your phone was busy when a call came. Press Ready when it is free.",
    unreachable: "Your phone could not be reached. Check it, then press Ready.",
    failed: "The call did not reach your phone. Check it, then press Ready.",
    rest: "A short rest before the next call.",
    "phone gone": "Your phone is no longer registered. Go online again.",
  };
  return hints[reason] ?? (reason ? `Not ready: ${reason}.` : "Press Ready to take calls.");
}
