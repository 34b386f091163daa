// Follows the event stream. The browser resumes it by itself after the last number it got.

const RETRY = 2000;

/**
 * `start()` loads the state and answers the journal's number to go on from; it is called again
 * whenever the stream cannot be resumed. `onEvent({number, at, fact})`, `onLink(connected)`.
 */
export function follow(start, onEvent, onLink) {
  let source = null;
  const open = async () => {
    let after;
    try {
      after = await start();
    } catch {
      onLink(false);
      setTimeout(open, RETRY);
      return;
    }
    source = new EventSource(`/api/v1/events?after=${after}`);
    source.onopen = () => onLink(true);
    source.onmessage = (event) => onEvent(JSON.parse(event.data));
    source.onerror = () => {
      onLink(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, RETRY);
    };
  };
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}

/** The chip in the page's head that says whether what is shown is live. */
export function linkChip(element) {
  return (connected) => {
    element.textContent = connected ? "live" : "reconnecting";
    element.dataset.tone = connected ? "good" : "wait";
  };
}
