// The public page: a phone that calls the center.

import { meter, microphone, silence } from "./lib/audio.js";
import { duration } from "./lib/clock.js";
import { $, show, text } from "./lib/dom.js";
import { Phone } from "./lib/phone.js";

const REASONS = {
  "Not Found": "This number does not exist.",
  Busy: "The line is busy.",
  Rejected: "The call was not taken.",
  "User Denied Media Access": "The microphone is blocked.",
  "Connection Error": "The switch cannot be reached.",
};

let phone = null;
let stopMeters = [];
let began = null;
let muted = false;

function state(name, words) {
  $("phone").dataset.state = name;
  text($("state"), words);
  show($("call"), name === "idle");
  show($("hang-up"), name !== "idle");
  show($("mute"), name === "talking");
  show($("timer"), name === "talking");
}

function trouble(words) {
  text($("trouble"), words);
  show($("trouble"), Boolean(words));
}

async function call() {
  const number = $("number").value.trim();
  if (!number) return trouble("Type a number first.");
  trouble("");
  state("connecting", "Connecting…");
  try {
    const sound = await microphone();
    stopMeters = [meter(sound, $("spoken")), () => silence(sound)];
    const answer = await fetch("/call/phone");
    if (!answer.ok) throw new Error("The center has no line for this page now.");
    start(await answer.json(), sound, number);
  } catch (error) {
    finish();
    trouble(error.message);
  }
}

function start(login, sound, number) {
  phone = new Phone();
  phone.addEventListener("connected", () => !phone.inCall && phone.call(number), { once: true });
  phone.addEventListener("unregistered", ({ detail }) => {
    if (phone?.inCall) return;
    trouble(detail.reason);
    finish();
  });
  phone.addEventListener("progress", () => state("ringing", "Ringing…"));
  phone.addEventListener("talking", () => {
    began = Date.now();
    state("talking", "Connected");
  });
  phone.addEventListener("sound", ({ detail }) => {
    const player = new Audio();
    player.srcObject = detail.stream;
    player.play();
    stopMeters.push(meter(detail.stream, $("heard")), () => player.pause());
  });
  phone.addEventListener("ended", ({ detail }) => {
    const failed = began === null && !detail.ours;
    finish();
    text($("state"), "The call has ended");
    if (failed) trouble(REASONS[detail.reason] ?? `The call failed: ${detail.reason}.`);
  });
  phone.start(login, sound, { register: false });
}

function finish() {
  stopMeters.forEach((stop) => stop());
  stopMeters = [];
  const ended = phone;
  phone = null;
  ended?.stop();
  began = null;
  setMuted(false);
  state("idle", "Ready to call");
}

function setMuted(silent) {
  muted = silent;
  phone?.mute(silent);
  $("mute").setAttribute("aria-pressed", String(silent));
  text($("mute"), silent ? "Muted" : "Mute");
}

function press(digit) {
  if (phone?.inCall) phone.press(digit);
  else if (!phone) $("number").value += digit;
}

$("call").addEventListener("click", call);
$("hang-up").addEventListener("click", () => (phone?.inCall ? phone.hangUp() : finish()));
$("mute").addEventListener("click", () => setMuted(!muted));
for (const key of document.querySelectorAll("[data-digit]")) {
  key.addEventListener("click", () => press(key.dataset.digit));
}
addEventListener("keydown", (event) => {
  if (event.target === $("number")) {
    if (event.key === "Enter" && !phone) call();
    return;
  }
  if (/^[0-9*#]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) press(event.key);
});
// Until here nobody would have heard a click.
for (const button of document.querySelectorAll("#phone button")) button.disabled = false;
setInterval(() => text($("timer"), duration(began ? (Date.now() - began) / 1000 : 0)), 250);
