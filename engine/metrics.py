"""What Prometheus asks for: counters from the facts, gauges from the live view."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from acd.statistics import Waits
from calls import facts
from calls.views import LiveView, Published


class Metrics:
    """One registry for one center; `view` gives the gauges when they are asked for."""

    def __init__(self, view: Callable[[], LiveView]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Live(view))
        self._facts = Counter(
            "ringdesk_facts", "Facts committed to the journal", ["kind"], registry=self.registry
        )
        self._offers = Counter(
            "ringdesk_offers",
            "Offers to agents by how they ended (timed_out is RONA)",
            ["queue", "outcome"],
            registry=self.registry,
        )
        self._calls = Counter(
            "ringdesk_calls", "Calls by how they ended", ["outcome"], registry=self.registry
        )
        self._repairs = Counter(
            "ringdesk_repairs",
            "Differences between our state and a switch that were mended",
            ["what"],
            registry=self.registry,
        )
        self._visits = Waits()
        self._waits = Histogram(
            "ringdesk_wait_seconds",
            "Waits of callers on the line who reached an agent",
            ["queue"],
            buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
            registry=self.registry,
        )

    def add(self, published: Published) -> None:
        """Count one committed fact."""
        fact = published.fact
        self._facts.labels(type(fact).__name__).inc()
        match fact:
            case facts.CallQueued(asked_by=""):
                self._visits.go_on(fact, published.at)
            case facts.CallLeftQueue(queue=queue, outcome=left, asked_by=""):
                waited = self._visits.whole(fact, published.at)
                if left == "connected" and not fact.virtual:
                    self._waits.labels(queue).observe(waited)
            case facts.OfferEnded(queue=queue, outcome=outcome):
                self._offers.labels(queue, outcome).inc()
            case facts.CallEnded(outcome=ended):
                self._calls.labels(ended).inc()
            case facts.Repaired(what=what):
                self._repairs.labels(what).inc()
            case _:
                pass

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


class _Live(Collector):
    def __init__(self, view: Callable[[], LiveView]) -> None:
        self._view = view

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: the gauges are known only once there is a center to look at."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        view = self._view()
        waiting = GaugeMetricFamily("ringdesk_waiting", "Callers waiting", labels=["queue"])
        longest = GaugeMetricFamily(
            "ringdesk_longest_wait_seconds",
            "The longest wait of those now waiting",
            labels=["queue"],
        )
        agents = GaugeMetricFamily("ringdesk_agents", "Agents by state", labels=["state"])
        up = GaugeMetricFamily("ringdesk_switch_up", "Links to switches", labels=["switch"])
        hits = GaugeMetricFamily(
            "ringdesk_estimate_hit_ratio",
            "Share of callers whose wait was inside the range expected when they came",
            labels=["queue"],
        )
        expected = GaugeMetricFamily(
            "ringdesk_expected_wait_seconds",
            "The wait a caller who came now should expect, from and to",
            labels=["queue", "end"],
        )
        for queue in view.queues:
            if queue.estimate_hits is not None:
                hits.add_metric([queue.name], queue.estimate_hits)
            for end, seconds in zip(("from", "to"), queue.expected or (), strict=False):
                expected.add_metric([queue.name, end], seconds)
            waiting.add_metric([queue.name], queue.waiting)
            since = queue.longest_since
            longest.add_metric([queue.name], 0.0 if since is None else view.at - since)
        states: dict[str, int] = {}
        for agent in view.agents:
            states[agent.state] = states.get(agent.state, 0) + 1
        for state, count in sorted(states.items()):
            agents.add_metric([state], count)
        for switch, is_up in view.switches.items():
            up.add_metric([switch], is_up)
        calls = GaugeMetricFamily("ringdesk_calls_now", "Calls up now")
        calls.add_metric([], len(view.calls))
        yield from (waiting, longest, hits, expected, agents, up, calls)
