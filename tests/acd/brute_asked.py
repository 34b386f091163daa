"""What people and the configuration ask of the brute-force router."""

from acd.messages import AcdMessage
from calls import actions, facts
from calls.config import Agent, Queue
from tests.acd.brute_moves import Moves
from tests.acd.brute_world import Person


class Asked(Moves):
    """Each says what came of it, or refuses."""

    # Configuration

    def configure_queue(self, queue: Queue) -> None:
        self.queues[queue.name] = queue
        self.say(facts.ConfigurationChanged(kind="queue", name=queue.name, value=queue))
        line = [self.callers[name] for name in self.line(queue.name)]
        for caller in line:
            waited = self.now - caller.since
            self.relax_to(caller, sum(step.after <= waited for step in queue.relaxation))
        for caller in line:
            self.look(caller)
            self.overflow_later(caller)

    def configure_agent(self, agent: Agent) -> None:
        if agent.name not in self.people:
            self.people[agent.name] = Person(agent, self.next_order(), self.now)
        person = self.people[agent.name]
        person.config, person.leaving = agent, False
        self.say(facts.ConfigurationChanged(kind="agent", name=agent.name, value=agent))
        self.seek(person)

    def remove_queue(self, name: str) -> None:
        if name not in self.queues:
            self.refuse("unknown")
        elif self.line(name):
            self.refuse("wrong_state")
        else:
            del self.queues[name]
            self.say(facts.ConfigurationChanged(kind="queue", name=name, removed=True))

    # What people ask

    def asked_by(self, message: AcdMessage) -> None:
        person = self.people.get(message.agent)  # type: ignore[union-attr, arg-type]
        if person is None:
            self.refuse("unknown")
            return
        match message:
            case actions.SetAgentState():
                self.set_state(person, message)
            case actions.DeclineOffer():
                mine = [offer for offer, bid in self.bids.items() if bid.agent == person.name]
                self.lost(mine[0], "declined") if mine else self.refuse("wrong_state")
            case actions.FinishWrapUp(code=code, note=note):
                item = next(
                    (
                        item
                        for item in person.items.values()
                        if item.phase == "wrap_up" and item.call == message.call
                    ),
                    None,
                )
                if item is not None:
                    lasted = self.now - item.since
                    self.say_wrapped(person, item.call, item.queue, lasted, "agent", code, note)
                    self.item_gone(person, item)
                elif message.call not in ("", person.call):
                    self.refuse("wrong_state")
                elif person.state == "wrap_up":
                    self.done(person, "agent", code, note)
                elif person.state == "talking":
                    person.disposition = code, note
                else:
                    self.refuse("wrong_state")
            case actions.ExtendWrapUp():
                self.extend(person)
            case actions.RemoveAgent():
                self.remove(person)
            case _:
                raise AssertionError(message)

    def set_state(self, person: Person, asked: actions.SetAgentState) -> None:
        reason = asked.reason if asked.state == "not_ready" else ""
        if asked.state == "not_ready" and not reason.strip():
            self.refuse("invalid")
        elif asked.state == "ready" and person.name not in self.phones:
            self.refuse("wrong_state")
        elif person.state in ("talking", "wrap_up"):
            person.wish = asked.state, asked.reason
            self.say(
                facts.NextStateAsked(agent=person.name, state=asked.state, reason=asked.reason)
            )
        elif person.leaving:
            self.refuse("wrong_state")
        elif asked.state == "ready":
            if person.rests > self.now:
                self.refuse("wrong_state")
            elif person.state in ("logged_out", "not_ready"):
                self.get_ready(person)
        elif person.resting or (person.state, person.reason) != (asked.state, reason):
            self.leave_post(person, "declined", asked.state, reason)

    def extend(self, person: Person) -> None:
        queue = self.queues.get(person.queue)
        if (
            person.state != "wrap_up"
            or person.until is None
            or queue is None
            or not queue.wrap_up_extension
            or person.extended >= queue.wrap_up_extensions
        ):
            self.refuse("wrong_state")
            return
        person.extended += 1
        person.until += queue.wrap_up_extension
        self.say(
            facts.AgentStateChanged(
                agent=person.name, state="wrap_up", call=person.call, until=person.until
            )
        )

    def remove(self, person: Person) -> None:
        if person.state == "talking":
            person.leaving = True
            self.free_bound(person)
        elif person.state == "wrap_up":
            person.leaving = True
            self.done(person, "timeout")
        else:
            for item in list(person.items.values()):
                if item.phase == "wrap_up":
                    lasted = self.now - item.since
                    self.say_wrapped(person, item.call, item.queue, lasted, "timeout")
                    del person.items[item.offer]
            if person.state != "logged_out":
                self.leave_post(person, "rescinded", "logged_out", "")
            person.leaving = True
            if not person.items:
                self.depart(person)
