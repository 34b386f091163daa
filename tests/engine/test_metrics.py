"""What Prometheus is told."""

import msgspec

from calls.facts import CallLeftQueue, CallQueued
from calls.views import LiveView, Published, QueueFigures, QueueView
from engine.metrics import Metrics

QUEUE = QueueView(
    name="support",
    title="Support",
    waiting=3,
    longest_since=90.0,
    ready=0,
    reserved=0,
    talking=2,
    wrap_up=0,
    not_ready=0,
    service_level_seconds=20.0,
    today=QueueFigures(),
)


def metrics(queue: QueueView = QUEUE) -> Metrics:
    view = LiveView(at=100.0, journal=1, queues=(queue,), agents=(), calls=(), switches={})
    return Metrics(lambda: view)


def told(queue: QueueView) -> str:
    return metrics(queue).text().decode()


def test_the_hit_rate_of_the_expected_wait_is_told_once_it_is_known() -> None:
    assert "estimate_hit_ratio{" not in told(QUEUE)
    known = msgspec.structs.replace(QUEUE, estimate_hits=0.75, expected=(60.0, 180.0))
    text = told(known)
    assert 'ringdesk_estimate_hit_ratio{queue="support"} 0.75' in text
    assert 'ringdesk_expected_wait_seconds{end="to",queue="support"} 180.0' in text
    assert 'ringdesk_longest_wait_seconds{queue="support"} 10.0' in text


def test_the_waits_of_callers_who_reached_an_agent_count_and_no_others() -> None:
    counted = metrics()
    left = CallLeftQueue(call="c1", queue="support", outcome="connected", waited=4.0)
    given_up = msgspec.structs.replace(left, call="c2", outcome="abandoned")
    consultation = msgspec.structs.replace(left, call="c3", asked_by="ann")
    at_home = msgspec.structs.replace(left, call="c4", waited=600.0, virtual=True)
    for number, fact in enumerate((left, given_up, consultation, at_home)):
        counted.add(Published(seq=number, at=100.0, fact=fact))
    assert 'ringdesk_wait_seconds_sum{queue="support"} 4.0' in counted.text().decode()
    assert 'ringdesk_wait_seconds_count{queue="support"} 1.0' in counted.text().decode()


def test_who_is_queued_again_for_who_they_are_has_waited_once() -> None:
    counted = metrics()
    queued = CallQueued(call="c1", queue="support", position=2)
    left = CallLeftQueue(call="c1", queue="support", outcome="moved", waited=3.0)
    again = msgspec.structs.replace(queued, credit=3.0, position=1)
    answered = msgspec.structs.replace(left, outcome="connected", waited=5.0)
    for at, fact in ((100.0, queued), (103.0, left), (103.0, again), (108.0, answered)):
        counted.add(Published(seq=int(at), at=at, fact=fact))
    assert 'ringdesk_wait_seconds_sum{queue="support"} 8.0' in counted.text().decode()
    assert 'ringdesk_wait_seconds_count{queue="support"} 1.0' in counted.text().decode()
