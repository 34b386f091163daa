// An agent's skills and queues, changed while calls wait.

import { patch } from "../lib/api.js";
import { $, el, show, text } from "../lib/dom.js";

/** `agent`: AgentView; `queues`: QueueViews; `skills`: all that there are; `saved()` follows. */
export function openAgent(dialog, agent, queues, skills, saved) {
  text($("agent-title"), agent.title || agent.name);
  show($("agent-wrong"), false);
  const named = queues.map((queue) => [queue.name, queue.title || queue.name]);
  $("agent-queues").replaceChildren(...named.map(([name, title]) => level(name, title, agent.queues[name], 99)));
  $("agent-skills").replaceChildren(...skills.map((skill) => level(skill, skill, agent.skills[skill], 10)));
  $("agent-cancel").onclick = () => dialog.close();
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await patch(`/api/v1/agents/${encodeURIComponent(agent.name)}/settings`, {
        queues: levels($("agent-queues")),
        skills: levels($("agent-skills")),
      });
    } catch (error) {
      text($("agent-wrong"), error.message);
      return show($("agent-wrong"), true);
    }
    dialog.close();
    saved();
  };
  dialog.showModal();
}

const level = (name, title, value, max) =>
  el("label", {}, title, el("input", { type: "number", min: 1, max, placeholder: "–", value, "data-name": name }));

const levels = (parent) =>
  Object.fromEntries(
    [...parent.querySelectorAll("input")].filter((input) => input.value).map((input) => [input.dataset.name, Number(input.value)]),
  );
