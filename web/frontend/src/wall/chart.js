// How many callers waited over the last minutes, as one stepped line.

const MINUTES = 15;
const [WIDTH, HEIGHT] = [900, 100];
const SVG = "http://www.w3.org/2000/svg";

/** `steps`: [moment, count] where the count changed, oldest first; trimmed in place. */
export function draw(svg, label, steps, now) {
  const from = now - MINUTES * 60;
  while (steps.length > 1 && steps[1][0] <= from) steps.shift();
  const most = Math.max(4, ...steps.map(([, count]) => count));
  const x = (at) => Math.max(0, ((at - from) / (now - from)) * WIDTH).toFixed(1);
  const y = (count) => (HEIGHT - (count / most) * (HEIGHT - 6) - 2).toFixed(1);
  let count = steps.length && steps[0][0] <= from ? steps[0][1] : 0;
  let line = `M0,${y(count)}`;
  for (const [at, next] of steps) {
    line += `H${x(at)}V${y(next)}`;
    count = next;
  }
  line += `H${WIDTH}`;
  svg.replaceChildren(
    shape("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1 }),
    shape("line", { x1: 0, x2: WIDTH, y1: 4, y2: 4 }),
    shape("path", { class: "area", d: `${line}V${HEIGHT}H0Z` }),
    shape("path", { class: "line", d: line }),
  );
  const top = steps.reduce((highest, [, value]) => Math.max(highest, value), 0);
  label.textContent = `most at once: ${top}`;
}

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
