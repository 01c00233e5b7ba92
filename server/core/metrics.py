"""Counters for the administrator's monitoring. No account, no text, no address becomes a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


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
        self._waiting = Gauge(
            "consilium_waiting", "Rows that wait, by kind and state", ["kind"], registry=self.registry
        )

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

    def waiting(self, counts: dict[str, int]) -> None:
        self._waiting.clear()
        for kind, number in counts.items():
            self._waiting.labels(kind).set(number)

    def text(self) -> bytes:
        return generate_latest(self.registry)
