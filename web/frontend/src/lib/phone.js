// A phone in the page: SIP over WebSocket to the switch, one call at a time.

import JsSIP from "jssip";

// The switch is reached directly: no STUN, no TURN.
const PEER = { pcConfig: { iceServers: [] } };

/**
 * Events: `registered`, `unregistered` ({reason}), `ringing` ({caller, auto}: the
 * phone is asked to answer by itself), `progress`, `talking`,
 * `sound` ({stream}), `ended` ({reason, ours}).
 */
export class Phone extends EventTarget {
  #ua = null;
  #session = null;
  #microphone = null;

  /** `login`: {uri, password, websocket, display}. A caller's phone need not register. */
  start(login, microphone, { register }) {
    this.#microphone = microphone;
    this.#ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(login.websocket)],
      uri: login.uri,
      password: login.password,
      display_name: login.display || undefined,
      register,
      register_expires: 120,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
      user_agent: "Ringdesk page",
    });
    this.#ua.on("registered", () => this.#emit("registered"));
    this.#ua.on("connected", () => this.#emit("connected"));
    this.#ua.on("unregistered", () => this.#emit("unregistered", { reason: "The phone is signed off." }));
    this.#ua.on("registrationFailed", ({ cause }) => this.#emit("unregistered", { reason: `The switch refused the phone: ${cause}.` }));
    this.#ua.on("disconnected", () => this.#emit("unregistered", { reason: "The switch cannot be reached." }));
    this.#ua.on("newRTCSession", ({ originator, session, request }) => this.#took(originator, session, request));
    this.#ua.start();
    addEventListener("pagehide", this.#leave);
  }

  stop() {
    removeEventListener("pagehide", this.#leave);
    this.#leave();
    this.#ua = null;
  }

  #leave = () => this.#ua?.stop();

  get inCall() {
    return this.#session !== null;
  }

  call(number) {
    const domain = this.#ua.configuration.uri.host;
    this.#ua.call(`sip:${encodeURIComponent(number)}@${domain}`, { ...PEER, mediaStream: this.#microphone });
  }

  answer() {
    this.#session?.answer({ ...PEER, mediaStream: this.#microphone });
  }

  hangUp() {
    if (this.#session && !this.#session.isEnded()) this.#session.terminate();
  }

  press(digit) {
    this.#session?.sendDTMF(digit, { transportType: "RFC2833", duration: 120 });
  }

  mute(silent) {
    if (silent) this.#session?.mute({ audio: true });
    else this.#session?.unmute({ audio: true });
  }

  #took(originator, session, request) {
    if (this.#session) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.#session = session;
    let found = false;
    session.on("icecandidate", ({ candidate, ready }) => {
      // The first address of ours is enough: the switch is near.
      if (!found && candidate.type === "host") {
        found = true;
        ready();
      }
    });
    session.on("progress", () => this.#emit("progress"));
    session.on("confirmed", () => this.#emit("talking"));
    session.on("ended", (event) => this.#ended(session, event));
    session.on("failed", (event) => this.#ended(session, event));
    const listen = (connection) =>
      connection.addEventListener("track", ({ track, streams }) => this.#emit("sound", { stream: streams[0] ?? new MediaStream([track]) }));
    if (session.connection) listen(session.connection);
    else session.on("peerconnection", ({ peerconnection }) => listen(peerconnection));
    if (originator === "remote") {
      const auto = /answer-after=0/.test(request.getHeader("Call-Info") ?? "");
      this.#emit("ringing", { caller: session.remote_identity.uri.user, auto });
    }
  }

  #ended(session, { originator, cause }) {
    if (session !== this.#session) return;
    this.#session = null;
    this.#emit("ended", { reason: cause, ours: originator === "local" });
  }

  #emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
