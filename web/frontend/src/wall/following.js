// Listening in: the supervisor's phone in the page, and whom it follows in which way.

import { del, get, post } from "../lib/api.js";
import { $, el, show, text } from "../lib/dom.js";
import { Station } from "../lib/station.js";

export const MODES = { monitor: "Listen", whisper: "Whisper", barge: "Join in" };
const WHO_HEARS = {
  monitor: () => "Nobody hears you.",
  whisper: (agent) => `${agent} hears you, the caller does not.`,
  barge: () => "Everybody hears you.",
};
// How long the switch may take to tell the center of the registered phone (ms), and between tries.
const PATIENCE = 6000;
const AGAIN = 400;

const me = $("following").dataset.me;
const station = new Station();
let line = "idle"; // of the phone in the page: "idle", "ringing", "talking"
let failed = () => {}; // shows what could not be done
let looked = () => {}; // looks at what is so now

/** `trouble(words)` shows what could not be done; `refresh()` looks at what came of it. */
export function connectFollowing(trouble, refresh) {
  [failed, looked] = [trouble, refresh];
  $("own-phone").checked = sessionStorage.getItem("phone") === "sip";
  $("own-phone").disabled = false; // until here nobody would have heard the click
  $("own-phone").addEventListener("change", ownPhone);
  $("stop-following").addEventListener("click", stop);
  $("following-modes").replaceChildren(...Object.entries(MODES).map(([mode, words]) => el("button", { type: "button", class: "small", "data-mode": mode, onclick: () => follow($("following").dataset.follows, mode) }, words)));
}

/** How my SIP phone registers is shown when I choose it. */
async function ownPhone() {
  const own = $("own-phone").checked;
  sessionStorage.setItem("phone", own ? "sip" : "");
  try {
    const { sip } = own ? await get("/api/v1/me/phone") : { sip: {} };
    for (const part of ["server", "user", "password"]) text($(`sip-${part}`), sip[part]);
    show($("sip-login"), own);
  } catch (error) {
    failed(error.message);
  }
}

/** Hear an agent's conversation from now on; given again, in another way. */
export async function follow(agent, mode) {
  failed("");
  try {
    const fresh = await phoneOn();
    await ask(agent, mode, fresh ? PATIENCE : 0);
  } catch (error) {
    if (line === "idle") station.close();
    failed(error.message);
  }
  looked();
}

/** Resolves to whether the phone has just been switched on. */
async function phoneOn() {
  if ($("own-phone").checked || station.phone) return false;
  const phone = await station.open($("spoken"));
  phone.addEventListener("ringing", () => {
    line = "ringing"; // it was asked for
    phone.answer();
  });
  phone.addEventListener("talking", () => setLine("talking"));
  phone.addEventListener("ended", () => {
    station.close();
    setLine("idle");
    looked();
  });
  phone.addEventListener("sound", ({ detail }) => {
    $("heard").srcObject = detail.stream;
  });
  return true;
}

/** The center hears of a registration from the switch, a moment after the page does. */
async function ask(agent, mode, patience) {
  const limit = performance.now() + patience;
  for (;;) {
    try {
      return await post(`/api/v1/agents/${encodeURIComponent(agent)}/supervision`, { mode });
    } catch (error) {
      if (error.status !== 409 || performance.now() > limit) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}

async function stop() {
  failed("");
  try {
    await del("/api/v1/me/supervision");
  } catch (error) {
    failed(error.message);
  }
  station.close();
  setLine("idle");
  looked();
}

function setLine(name) {
  line = name;
  $("following").dataset.line = name;
}

export const modeOf = (agent) => agent.supervisors[me] ?? "";

/** Who else listens to an agent, for people. */
export const others = (agent) => Object.entries(agent.supervisors).filter(([name]) => name !== me);

/** The bar that says whom I follow. */
export function renderFollowing(agents) {
  const agent = agents.find(modeOf);
  show($("following"), Boolean(agent));
  if (!agent) return;
  const [name, mode] = [agent.title || agent.name, modeOf(agent)];
  $("following").dataset.follows = agent.name;
  const what = agent.state === "talking" ? `You follow ${name}. ${WHO_HEARS[mode](name)}` : `You follow ${name}, who is in no conversation now.`;
  text($("following-what"), what);
  for (const button of $("following-modes").children) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  show($("following-spoken"), station.phone !== null);
}
