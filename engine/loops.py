"""Queues whose rules send callers on at once, round and round."""

from collections.abc import Mapping

from calls.base import QueueId
from calls.config import Overflow, Queue
from calls.errors import InputInvalid


def refuse_loop(queue: Queue, queues: Mapping[QueueId, Queue]) -> None:
    """Raises `InputInvalid` if a caller whom no agent is free for goes from this queue from one to
    the next and comes back, without waiting anywhere. `queues` are the others."""
    way, here = [queue.name], queue
    while (found := _at_once(here)) is not None:
        number, rule = found
        if way == [queue.name]:
            first = number
        if rule.target == queue.name:
            raise InputInvalid(
                f"overflow.{first}: callers would go round and round without waiting, "
                f"{' to '.join((*way, queue.name))}; give one of the rules a limit"
            )
        if rule.target in way or rule.target not in queues:
            return
        here = queues[rule.target]
        way.append(here.name)


def _at_once(queue: Queue) -> tuple[int, Overflow] | None:
    """The rule that sends everybody to another queue who would have to wait, with its number."""
    for number, rule in enumerate(queue.overflow, 1):
        if rule.when in ("waited", "length") and rule.limit <= 0:
            return (number, rule) if rule.to == "queue" else None
    return None
