// The center's clock, and durations for people. Times are seconds since the epoch.

let offset = 0;

/** Learn how far this machine's clock is from the center's. */
export function setClock(serverNow) {
  offset = serverNow - Date.now() / 1000;
}

export const now = () => Date.now() / 1000 + offset;

/** 0:07, 12:30, 1:02:03 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export const since = (at) => duration(now() - at);

/** 22 Nov, 14:05 */
export function moment(at) {
  return new Date(at * 1000).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** 14:05:09 */
export const clock = (at) => new Date(at * 1000).toLocaleTimeString();
