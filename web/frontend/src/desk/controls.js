// What the agent does with the conversation: the buttons, why some cannot be pressed now, and what
// they ask of the center. Hold and mute are the center's, so they work with any phone.

import { since } from "../lib/clock.js";
import { $, allow, el, show, text } from "../lib/dom.js";
import { target, title } from "./people.js";

const HEARD = { whisper: "is on the line with you. The caller does not hear them.", barge: "is in the conversation. The caller hears them too." };

/** Is there a caller to hold, pass on or record? */
export const inConversation = (desk) => desk.agent?.state === "talking" && !desk.callingBack && !desk.askedBy;

/** Why something cannot be done now; empty where it can. */
export function reasons(desk) {
  const nobody = inConversation(desk) ? "" : desk.askedBy ? "You are only asked; the caller is not yours yet." : "There is nobody in the conversation yet.";
  const asking = desk.consult ? "You are asking somebody already." : "";
  return {
    hold: nobody,
    mute: nobody,
    transfer: nobody || asking,
    record: nobody,
    complete: desk.consult?.joined ? "" : "They have not answered yet.",
    "hang-up": desk.consult ? "Pass the caller on, or go back to them first." : "",
  };
}

export function renderControls(desk, changed) {
  const agent = desk.agent ?? {};
  const why = reasons(desk);
  for (const [name, words] of Object.entries(why)) allow($(name), words);
  press($("hold"), agent.held, !agent.held ? " Hold" : desk.consult?.joined ? " Talk together" : " Take back");
  press($("mute"), agent.muted, agent.muted ? " Unmute" : " Mute");
  text($("record").lastChild, { on: " Pause recording", paused: " Go on recording" }[agent.recording] ?? " Record");
  show($("stop-recording"), Boolean(agent.recording));
  show($("recording"), Boolean(agent.recording));
  text($("recording"), agent.recording === "paused" ? "recording paused" : "recording");
  $("recording").dataset.tone = agent.recording === "paused" ? "warn" : "bad";
  show($("muted"), Boolean(agent.muted));
  renderConsult(desk.consult, changed);
  const followers = agent.state === "talking" ? Object.entries(agent.supervisors ?? {}) : [];
  show($("followers"), followers.length > 0);
  $("followers").replaceChildren(...followers.map(([name, mode]) => el("span", {}, `${title(name, changed)} ${HEARD[mode]}`)));
}

function renderConsult(consult, changed) {
  show($("consult"), Boolean(consult));
  if (!consult) return;
  const asked = target(consult.to, changed);
  const who = consult.other && consult.to !== `agent:${consult.other}` ? `${title(consult.other, changed)} (${asked})` : asked;
  text($("consult-who"), consult.joined ? `You talk with ${who}` : `Calling ${who}…`);
}

function press(button, on, words) {
  button.classList.toggle("on", Boolean(on));
  text(button.lastChild, words);
}

/** What changes with the time alone. */
export function tickControls(desk) {
  const held = Boolean(desk.agent?.held && desk.heldSince);
  show($("held"), held);
  if (held) text($("held"), `on hold ${since(desk.heldSince)}`);
  if (desk.consult) text($("consult-for"), since(desk.consult.joined ?? desk.consult.since));
}

/** Listens to the buttons. `ask(path, body)` posts; `desk()` is what is so now; `passOn()` opens the
 * dialog; `hangUp()` ends the call; `refuse(words)` says why something is not done. Returns the
 * actions by key. */
export function connectControls({ ask, desk, passOn, hangUp, refuse }) {
  const actions = {
    hold: () => ask("hold", { hold: !desk().agent.held }),
    mute: () => ask("mute", { muted: !desk().agent.muted }),
    transfer: passOn,
    record: () => ask("recording", { do: { on: "pause", paused: "resume" }[desk().agent.recording] ?? "start" }),
    complete: () => ask("transfer/complete"),
    "hang-up": hangUp,
  };
  const attempt = (name) => () => {
    const why = reasons(desk())[name];
    return why ? refuse(why) : actions[name]();
  };
  for (const name of Object.keys(actions)) $(name).addEventListener("click", attempt(name));
  const giveUp = () => desk().consult && ask("transfer/cancel");
  $("give-up").addEventListener("click", giveUp);
  $("stop-recording").addEventListener("click", () => ask("recording", { do: "stop" }));
  const whileAsking = (action) => () => (desk().consult ? action() : null);
  return {
    o: attempt("hold"),
    m: attempt("mute"),
    t: attempt("transfer"),
    r: attempt("record"),
    h: attempt("hang-up"),
    c: whileAsking(attempt("complete")),
    x: giveUp,
  };
}
