// What happens at this desk: a fold of the agent's facts over what /api/v1/me answered. Pure.
//
// Words leave out the fields that have their default, so facts are read with `??`.

export const EMPTY = {
  name: "",
  agent: null, // AgentView
  call: "", // the call that rings, is talked or wrapped up
  offer: null, // OfferMade while it rings
  pop: null, // TicketPopped, with the ticket attached since
  callingBack: false, // the caller kept the place without the line and is being dialled
  notice: null, // what came of the last call, where that was no conversation: {kind, call, ...}
  persistent: false, // the phone stays up in one long call
  autoAnswer: false,
  heldSince: null, // since when the caller hears music
  consult: null, // whom the agent asks before passing the caller on: {to, since, joined, other}
  askedBy: "", // the agent who asks this one about a caller
};

export function fromMe(me) {
  return {
    ...EMPTY,
    name: me.name,
    agent: me.agent,
    call: me.agent?.call ?? "",
    offer: me.offer,
    pop: full(me.pop),
    callingBack: me.calling_back,
    persistent: me.persistent,
    autoAnswer: me.auto_answer,
    heldSince: me.held_since,
    consult: me.consultation,
    askedBy: me.asked_by,
  };
}

export function fold(desk, { at, fact }) {
  const talk = desk.agent && fact.agent === desk.name ? inTalk(desk, fact, at) : null;
  if (talk) return { ...desk, ...talk, agent: { ...desk.agent, ...talk.agent } };
  switch (fact.type) {
    case "AgentStateChanged":
      return stateChanged(desk, fact, at);
    case "NextStateAsked":
      return desk.agent ? { ...desk, agent: { ...desk.agent, next_state: fact.state, next_reason: fact.reason ?? "" } } : desk;
    case "AgentPhoneChanged":
      return desk.agent ? { ...desk, agent: { ...desk.agent, phone_online: fact.online } } : desk;
    case "OfferMade":
      return { ...desk, call: fact.call, offer: fact, notice: null, pop: fact.call === desk.call ? desk.pop : null };
    case "OfferEnded":
      return fact.offer === desk.offer?.offer ? offerEnded(desk, fact) : desk;
    case "CallbackTried":
      return calledBack(desk, fact);
    case "CallConnected":
      // Of a call of somebody else's only because it rang here too.
      if (fact.agent === desk.name || desk.notice?.call !== fact.call) return desk;
      return { ...desk, notice: { ...desk.notice, by: fact.agent } };
    case "ConsultJoined": // of somebody else, who asks this agent
      return { ...desk, askedBy: fact.agent };
    case "TicketPopped":
      return { ...desk, call: fact.call, pop: full(fact) };
    case "TicketAttached":
      return desk.pop?.call === fact.call ? { ...desk, pop: { ...desk.pop, ticket: fact.ticket } } : desk;
    default:
      return desk;
  }
}

/** What a fact changes that is about the conversation; null where it is about something else. */
function inTalk(desk, fact, at) {
  switch (fact.type) {
    case "CallHeld":
      return { agent: { held: true }, heldSince: at };
    case "CallResumed":
      return { agent: { held: false }, heldSince: null };
    case "AgentMuted":
      return { agent: { muted: fact.muted } };
    case "ConsultStarted":
      return { consult: { to: fact.to, since: at, joined: null, other: "" }, notice: null };
    case "ConsultJoined":
      return { consult: { ...desk.consult, joined: at, other: fact.other ?? "" } };
    case "ConsultEnded": {
      const quiet = ["transferred", "cancelled", "caller_gone"].includes(fact.outcome);
      return { consult: null, notice: quiet ? desk.notice : { kind: "not_asked", call: fact.call, to: fact.to, outcome: fact.outcome } };
    }
    case "CallTransferred":
      return { notice: { kind: "passed_on", call: fact.call, to: fact.to } };
    case "RecordingStarted":
      return { agent: { recording: "on" } };
    case "RecordingPaused":
      return { agent: { recording: fact.paused ? "paused" : "on" } };
    case "ConversationRecorded":
      return { agent: { recording: "" } };
    case "SupervisionStarted":
      return { agent: { supervisors: { ...desk.agent.supervisors, [fact.supervisor]: fact.mode } } };
    case "SupervisionEnded": {
      const { [fact.supervisor]: _, ...others } = desk.agent.supervisors ?? {};
      return { agent: { supervisors: others } };
    }
    case "ConversationEnded":
      return { agent: { held: false, muted: false, recording: "" }, heldSince: null, consult: null };
    default:
      return null;
  }
}

function offerEnded(desk, fact) {
  const ended = { ...desk, offer: null };
  switch (fact.outcome) {
    case "accepted":
      return { ...ended, callingBack: Boolean(desk.offer.virtual) };
    case "answered_elsewhere":
      return { ...ended, notice: { kind: "elsewhere", call: fact.call, by: "" } };
    case "rescinded":
      return { ...ended, notice: { kind: "gone", call: fact.call } };
    default:
      return ended;
  }
}

function calledBack(desk, fact) {
  if (fact.agent !== desk.name) return desk;
  const reached = fact.outcome === "answered";
  const notice = { kind: "unreached", call: fact.call, number: desk.pop?.caller ?? "", outcome: fact.outcome, retry: fact.retry ?? null };
  return { ...desk, callingBack: false, notice: reached ? null : notice };
}

function stateChanged(desk, fact, at) {
  const call = fact.call ?? "";
  const before = desk.agent;
  const longer = before?.state === "wrap_up" && fact.state === "wrap_up" && before.call === call;
  const busy = ["talking", "wrap_up", "reserved"].includes(fact.state);
  const agent = {
    ...before,
    state: fact.state,
    reason: fact.reason ?? "",
    since: longer ? before.since : at,
    until: fact.until ?? null,
    call: fact.call ?? null,
    next_state: busy ? (before?.next_state ?? "") : "",
    next_reason: busy ? (before?.next_reason ?? "") : "",
  };
  const idle = { call: "", offer: null, pop: null, callingBack: false };
  const askedBy = fact.state === "talking" && call === desk.call ? desk.askedBy : "";
  return { ...desk, agent, askedBy, ...(call ? { call } : idle) };
}

const full = (pop) => pop && { path: [], earlier: [], ticket: null, caller: "", asked_for: false, passed_by: "", ...pop };
