// A phone in the page that registers at Twilio. The same to the page as `Phone`.

import { Device } from "@twilio/voice-sdk";

import { get } from "./api.js";

/** Events: those of `Phone`, but `sound`: Twilio's own code plays what is heard. */
export class TwilioPhone extends EventTarget {
  #device = null;
  #call = null;

  /** `login`: {token}, which says who registers and is renewed in time. */
  start(login, microphone) {
    this.#device = new Device(login.token, {
      codecPreferences: ["opus", "pcmu"],
      // The page has asked for the microphone already, and shows its level.
      getUserMedia: async () => microphone.clone(),
      logLevel: "error",
    });
    this.#device.audio?.incoming(false); // the page rings by itself
    this.#device.on("registered", () => this.#emit("registered"));
    this.#device.on("unregistered", () => this.#emit("unregistered", { reason: "The phone is signed off." }));
    this.#device.on("error", ({ message }) => this.#failed(message));
    this.#device.on("incoming", (call) => this.#took(call));
    this.#device.on("tokenWillExpire", async () => this.#device?.updateToken((await get("/api/v1/me/phone")).browser.token));
    this.#device.register().catch(({ message }) => this.#failed(message));
    addEventListener("pagehide", this.#leave);
  }

  stop() {
    removeEventListener("pagehide", this.#leave);
    this.#leave();
    this.#device = null;
  }

  #leave = () => this.#device?.destroy();

  get inCall() {
    return this.#call !== null;
  }

  answer() {
    this.#call?.accept();
  }

  hangUp() {
    if (this.#call?.status() === "pending") this.#call.reject();
    else this.#call?.disconnect();
  }

  press(digit) {
    this.#call?.sendDigits(digit);
  }

  mute(silent) {
    this.#call?.mute(silent);
  }

  #took(call) {
    if (this.#call) {
      call.reject();
      return;
    }
    this.#call = call;
    const ended = (reason, ours) => {
      if (call !== this.#call) return;
      this.#call = null;
      this.#emit("ended", { reason, ours });
    };
    call.on("accept", () => this.#emit("talking"));
    call.on("cancel", () => ended("Canceled", false));
    call.on("reject", () => ended("Rejected", true));
    call.on("disconnect", () => ended("Terminated", false));
    call.on("error", ({ message }) => ended(message, false));
    const auto = call.customParameters.get("auto_answer") === "1";
    this.#emit("ringing", { caller: call.parameters.From ?? "", auto });
  }

  #failed(message) {
    this.#emit("unregistered", { reason: `Twilio refused the phone: ${message.replace(/\.$/, "")}.` });
  }

  #emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
