"""What the queue's page says about its fields: names, explanations, and a line for each group."""

from calls.config import Queue
from web.admin.queue_form import QueueForm

#: How it is called, and what it does.
STRATEGIES: dict[str, tuple[str, str]] = {
    "longest_idle": ("Longest idle", "whoever has waited longest for a call"),
    "least_occupied": ("Least occupied", "whoever was busy for the smallest share of time lately"),
    "best_skill": ("Best skill", "whoever is best at what the call needs"),
    "fewest_calls": ("Fewest calls", "whoever has taken the fewest since signing in"),
    "round_robin": ("In turn", "one after the other, whatever they did meanwhile"),
    "in_order": ("In fixed order", "always the first of the list who is free"),
    "ring_all": ("Ring all", "all their phones ring; who answers first has the call"),
}

#: How it is called, and what its limit counts; empty where there is none.
OVERFLOWS: dict[str, tuple[str, str]] = {
    "waited": ("The caller has waited for", "seconds"),
    "length": ("Callers ahead are at least", "callers"),
    "expected_wait": ("The expected wait is above", "seconds"),
    "nobody_signed_in": ("No agent is signed in, after", "seconds"),
    "nobody_ready": ("No agent is ready, after", "seconds"),
    "closed": ("The queue is closed", ""),
    "full": ("The queue is full", ""),
}

SERVICE_LEVELS: dict[str, str] = {
    "standard": "answered in time, of all but those who gave up at once",
    "answered": "answered in time, of those answered",
    "offered": "answered in time, of all",
    "abandoned_late": "answered in time, of all but those who gave up in time",
    "abandoned_well": "answered or given up in time, of all",
}

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}

#: The fields of each group that is folded on the page.
_GROUPS = {
    "choosing": ("strategy", "ring", "ring_limit", "last_agent", "last_agent_within"),
    "relaxation": ("relaxation",),
    "overflow": ("overflow", "limit"),
    "hours": ("hours",),
    "waiting": (
        "music",
        "music_by_language",
        "messages",
        "announce_every",
        "announce_position",
        "announce_wait",
    ),
    "order": ("priority", "vip_priority", "slope", "overdue"),
    "after": ("wrap_up_manual", "wrap_up_extension", "wrap_up_extensions", "rest"),
    "back": ("reconnect", "callback_attempts", "callback_retry", "callback_detect"),
    "level": ("service_level_variant",),
}


def group_of(place: str) -> str:
    """The group that holds a field, such as ``overflow.2.target``; empty for the others."""
    field = place.partition(".")[0]
    return next((group for group, fields in _GROUPS.items() if field in fields), "")


def rules(queue: Queue) -> list[str]:
    """What is special about a queue, in a few words each."""
    said = ["closed"] if queue.closed else []
    said += ["opening hours"] if queue.hours else []
    said += ["recorded"] if queue.record else []
    said += [_counted(len(queue.relaxation), "relaxation step")] if queue.relaxation else []
    said += [_counted(len(queue.overflow), "overflow rule")] if queue.overflow else []
    return said


def summaries(form: QueueForm) -> dict[str, str]:
    """One line about each group, so that it need not be opened to be understood."""
    fields = form.fields

    def number(name: str) -> str:
        return fields.get(name, "")

    strategy = STRATEGIES.get(fields.get("strategy", ""), ("", ""))
    ring = f", first those with preference up to {number('ring')}" * (number("ring") != "0")
    last = f", last agent first for {number('last_agent')} s" * (number("last_agent") != "0")
    every = number("announce_every")
    manual = "wrap_up_manual" in form.checked
    return {
        "choosing": f"{strategy[0]}{ring}{last}",
        "relaxation": _counted(len(form.steps), "step", "needs stay as they are"),
        "overflow": _counted(len(form.rules), "rule", "callers wait until they are served")
        + f", at most {number('limit')} callers" * (number("limit") != "0"),
        "hours": f"by the clock of {form.opening.zone}" if form.opening.limited else "always open",
        "waiting": "no announcements" if every == "0" else f"an announcement every {every} s",
        "order": f"head start {number('priority')} s, ageing {number('slope')}",
        "after": ("until the agent ends it" if manual else "timed")
        + f", then {number('rest')} s of rest" * (number("rest") != "0"),
        "back": f"old place for {number('reconnect')} min, "
        f"called back {number('callback_attempts')} times at most",
        "level": SERVICE_LEVELS.get(fields.get("service_level_variant", ""), ""),
    }


def _counted(count: int, what: str, none: str = "none") -> str:
    return none if count == 0 else f"{count} {what}" + "s" * (count != 1)
