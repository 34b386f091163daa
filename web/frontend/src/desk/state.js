// What happens at this desk: a fold of the agent's facts over what /api/v1/me answered. Pure.
//
// Words leave out the fields that have their default, so facts are read with `??`.

export const EMPTY = {
  agent: null, // AgentView
  call: "", // the call that rings, is talked or wrapped up
  offer: null, // OfferMade while it rings
  pop: null, // TicketPopped, with the ticket attached since
};

export function fromMe(me) {
  return { agent: me.agent, call: me.agent?.call ?? "", offer: null, pop: full(me.pop) };
}

export function fold(desk, { at, fact }) {
  switch (fact.type) {
    case "AgentStateChanged":
      return stateChanged(desk, fact, at);
    case "AgentPhoneChanged":
      return desk.agent ? { ...desk, agent: { ...desk.agent, phone_online: fact.online } } : desk;
    case "OfferMade":
      return { ...desk, call: fact.call, offer: fact, pop: fact.call === desk.call ? desk.pop : null };
    case "OfferEnded":
      return fact.offer === desk.offer?.offer ? { ...desk, offer: null } : desk;
    case "TicketPopped":
      return { ...desk, call: fact.call, pop: full(fact) };
    case "TicketAttached":
      return desk.pop?.call === fact.call ? { ...desk, pop: { ...desk.pop, ticket: fact.ticket } } : desk;
    default:
      return desk;
  }
}

function stateChanged(desk, fact, at) {
  const call = fact.call ?? "";
  const agent = {
    ...desk.agent,
    state: fact.state,
    reason: fact.reason ?? "",
    since: at,
    until: fact.until ?? null,
    call: fact.call ?? null,
    next_state: ["talking", "wrap_up", "reserved"].includes(fact.state) ? (desk.agent?.next_state ?? "") : "",
  };
  const idle = { call: "", offer: null, pop: null };
  return { ...desk, agent, ...(call ? { call } : idle) };
}

const full = (pop) => pop && { path: [], earlier: [], ticket: null, caller: "", ...pop };
