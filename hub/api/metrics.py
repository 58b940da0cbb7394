"""What the API tells Prometheus: its own requests and streams, and what the database knows at the time of asking."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one API process, in a registry of their own."""

    def __init__(self) -> None:
        """Register everything."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "lianqin_http_requests_total",
            "Requests by route, method and status",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "lianqin_http_request_seconds",
            "Time until the answer was complete; streams are left out",
            ["route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.failed_tokens = Counter(
            "lianqin_failed_tokens_total", "Requests with a token that is not valid", registry=self.registry
        )
        self.streams = Gauge("lianqin_feed_streams", "Open streams of the feed", registry=self.registry)
        self.feed_seq = Gauge("lianqin_feed_seq", "The feed's newest sequence number", registry=self.registry)
        self.active = Gauge(
            "lianqin_alerts_active", "Active alerts by rule and severity", ["rule", "severity"], registry=self.registry
        )
        self.cases = Gauge(
            "lianqin_cases_open",
            "Open cases by stage, and whether they are overdue",
            ["stage", "overdue"],
            registry=self.registry,
        )
        self.ledger = Gauge(
            "lianqin_ledger_observations", "Observations since the beginning", ["outcome"], registry=self.registry
        )
        self.unbalanced = Gauge(
            "lianqin_ledger_unbalanced_hours", "Ledger rows that do not add up", registry=self.registry
        )
        self.observation_age = Gauge(
            "lianqin_observation_age_seconds", "Age of the newest stored observation", registry=self.registry
        )
        self.camera_age = Gauge(
            "lianqin_camera_age_seconds", "Age of each camera's newest frame", ["camera"], registry=self.registry
        )
        self.attempts = Counter(
            "lianqin_delivery_attempts_total",
            "Webhooks sent by this process, by what came of it",
            ["outcome"],
            registry=self.registry,
        )
        self.deliveries = Gauge(
            "lianqin_deliveries", "Deliveries that wait, and dead ones", ["endpoint", "state"], registry=self.registry
        )
        self.delivery_age = Gauge(
            "lianqin_delivery_oldest_seconds",
            "Age of the oldest delivery that waits",
            ["endpoint"],
            registry=self.registry,
        )
        self.endpoint_up = Gauge(
            "lianqin_endpoint_up", "1 while an endpoint takes what it is sent", ["endpoint"], registry=self.registry
        )
        self.up = Gauge("lianqin_database_up", "1 while the database answers", registry=self.registry)

    def replace(self, gauge: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
        """Set a gauge's labelled values to exactly `values`: what is gone must not keep its last number."""
        gauge.clear()
        for labels, value in values.items():
            gauge.labels(*labels).set(value)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
