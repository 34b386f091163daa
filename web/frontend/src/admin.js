// The queue's form: rows that are added, removed and moved, and fields that follow others.

const form = document.getElementById("queue");
let made = 0;

function add(kind) {
  const template = form.querySelector(`template[data-for="${kind}"]`);
  const row = template.content.firstElementChild.cloneNode(true);
  made += 1;
  for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace(":NEW:", `:new${made}:`);
  form.querySelector(`[data-rows="${kind}"]`).append(row);
  follow(row);
  row.querySelector("input, select").focus();
}

/** One more of the inputs before the button, empty. */
function again(button) {
  const pair = button.previousElementSibling.cloneNode(true);
  for (const field of pair.querySelectorAll("input")) field.value = "";
  button.before(pair);
  pair.querySelector("input").focus();
}

/** The limit of an overflow rule is in seconds or callers, or there is none. */
function follow(row) {
  const when = row.querySelector('[name$=":when"]');
  if (!when) return;
  const { unit } = when.selectedOptions[0].dataset;
  row.querySelector("[data-limit]").hidden = !unit;
  row.querySelector("span[data-unit]").textContent = unit;
}

function copyDays() {
  const [monday, ...others] = ["mon", "tue", "wed", "thu", "fri"].map((day) => form.elements[`day:${day}`]);
  for (const other of others) other.value = monday.value;
}

form.addEventListener("click", ({ target }) => {
  const button = target.closest("button[type=button]");
  if (!button) return;
  const row = button.closest("[data-row]");
  if (button.dataset.add) add(button.dataset.add);
  else if ("again" in button.dataset) again(button);
  else if ("copyDays" in button.dataset) copyDays();
  else if ("remove" in button.dataset) row.remove();
  else if ("up" in button.dataset) row.previousElementSibling?.before(row);
  else if ("down" in button.dataset) row.nextElementSibling?.after(row);
});
form.addEventListener("change", ({ target }) => {
  const row = target.closest("[data-row]");
  if (row) follow(row);
});
// A folded group cannot show what the browser finds wrong in it.
form.addEventListener("invalid", ({ target }) => target.closest("details")?.setAttribute("open", ""), true);
for (const row of form.querySelectorAll("[data-row]")) follow(row);
// Until here nobody would have heard a click.
for (const part of [form, ...[...form.querySelectorAll("template")].map(({ content }) => content)]) {
  for (const button of part.querySelectorAll("button[type=button]")) button.disabled = false;
}
