"""What Prometheus is told."""

import msgspec

from calls.views import LiveView, QueueFigures, QueueView
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


def told(queue: QueueView) -> str:
    view = LiveView(at=100.0, journal=1, queues=(queue,), agents=(), calls=(), switches={})
    return Metrics(lambda: view).text().decode()


def test_the_hit_rate_of_the_expected_wait_is_told_once_it_is_known() -> None:
    assert "estimate_hit_ratio{" not in told(QUEUE)
    known = msgspec.structs.replace(QUEUE, estimate_hits=0.75, expected=(60.0, 180.0))
    text = told(known)
    assert 'ringdesk_estimate_hit_ratio{queue="support"} 0.75' in text
    assert 'ringdesk_expected_wait_seconds{end="to",queue="support"} 180.0' in text
    assert 'ringdesk_longest_wait_seconds{queue="support"} 10.0' in text
