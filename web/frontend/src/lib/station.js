// The phone of a page: its microphone, the log-in, and that one page at a time has it.

import { get } from "./api.js";
import { meter, microphone, silence } from "./audio.js";
import { Phone } from "./phone.js";

export class Station {
  /** The phone while it is on (`Phone` or `TwilioPhone`), else null. */
  phone = null;

  #sound = null;
  #release = () => {}; // lets another tab have the phone
  #stopMeter = () => {};

  /** Registers; `level` (a <meter>) shows how loud the microphone is. Throws an Error whose message
   * says what to do, and leaves the phone off. */
  async open(level) {
    try {
      this.#sound = await microphone();
      this.#release = await onlyHere();
      this.#stopMeter = meter(this.#sound, level);
      const { browser } = await get("/api/v1/me/phone");
      const phone = await phoneFor(browser);
      this.phone = phone;
      const registered = new Promise((resolve, reject) => {
        phone.addEventListener("registered", resolve, { once: true });
        phone.addEventListener("unregistered", ({ detail }) => reject(new Error(detail.reason)), { once: true });
      });
      phone.start(browser, this.#sound, { register: true });
      await registered;
      return phone;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close() {
    this.#release();
    this.#release = () => {};
    this.#stopMeter();
    this.#stopMeter = () => {};
    this.phone?.stop();
    this.phone = null;
    silence(this.#sound);
    this.#sound = null;
  }
}

/** One page at a time has the phone: two would take it from each other. Resolves to a release. */
function onlyHere() {
  return new Promise((resolve, reject) => {
    navigator.locks.request("ringdesk:phone", { ifAvailable: true }, (lock) => {
      if (!lock) return reject(new Error("Your phone is online in another tab. Use that one, or close it."));
      return new Promise((free) => resolve(free));
    });
  });
}

/** A center on Twilio gives a token, one with a switch of its own a WebSocket. */
async function phoneFor(login) {
  if (login.token) return new (await import("./twilio-phone.js")).TwilioPhone();
  if (login.websocket) return new Phone();
  throw new Error("This center has no phones in the browser. Calls ring at the phone that is set for you.");
}
