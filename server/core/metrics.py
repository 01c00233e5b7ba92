"""Counters and gauges for the administrator's monitoring. No account, no text, no address becomes a label.

Gauges are measured in the process that runs the upkeep, all at once; a process that measures nothing exports none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Measures = Mapping[str, Mapping[str, float]]
"""By gauge and by the value of its label; of a gauge without a label by the empty word."""

GAUGES: dict[str, tuple[str, str]] = {
    "consilium_waiting": ("Rows that wait, by kind and state", "kind"),
    "consilium_oldest_due_seconds": ("How long the oldest work is due that nobody has taken", "kind"),
    "consilium_breakers_open": ("Connected instances that did not answer the last delivery", ""),
    "consilium_decisions_today": ("Decisions at the boundary that were sealed since midnight UTC", "effect"),
    "consilium_purges": ("Removals that others have not confirmed, by state", "state"),
    "consilium_agreements": ("Agreements of partners that end within 60 days, or have ended", "state"),
    "consilium_credentials_ending": ("Members whose verification ends within 30 days", ""),
    "consilium_unsealed": ("Rows of a log that are not sealed yet", "log"),
    "consilium_backup_timestamp_seconds": ("When the last backup was finished; 0: never", ""),
    "consilium_measured_timestamp_seconds": ("When these gauges were measured", ""),
}
"""What each says, and the name of its label."""


class _Gauges(Collector):
    def __init__(self) -> None:
        self.measures: Measures = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (words, label) in GAUGES.items():
            family = GaugeMetricFamily(name, words, labels=[label] if label else [])
            for value, number in self.measures.get(name, {}).items():
                family.add_metric([value] if label else [], number)
            yield family


class Metrics:
    """Everything that is counted, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "consilium_http_answers", "HTTP answers", ["method", "route", "status"], registry=self.registry
        )
        self._answers_of: dict[tuple[str, str, int], Counter] = {}
        self._inbound = Counter(
            "consilium_inbound", "Activities received, by outcome", ["outcome"], registry=self.registry
        )
        self._outbound = Counter(
            "consilium_deliveries", "Delivery attempts, by outcome", ["outcome"], registry=self.registry
        )
        self._knocks = Counter(
            "consilium_knocks", "Requests of origins that are not connected", registry=self.registry
        )
        self._gauges = _Gauges()
        self.registry.register(self._gauges)

    def answered(self, method: str, route: str, status: int) -> None:
        key = method, route, status
        counter = self._answers_of.get(key)
        if counter is None:
            counter = self._answers_of[key] = self._answers.labels(method, route, str(status))
        counter.inc()

    def received(self, outcome: str) -> None:
        self._inbound.labels(outcome).inc()

    def delivered(self, outcome: str) -> None:
        self._outbound.labels(outcome).inc()

    def knocked(self) -> None:
        self._knocks.inc()

    def measured(self, measures: Measures) -> None:
        """All gauges at once; what is not in it is not exported any more."""
        self._gauges.measures = measures

    def text(self) -> bytes:
        return generate_latest(self.registry)
