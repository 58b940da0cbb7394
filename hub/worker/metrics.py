"""What the ingest role tells Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from hub.store.write import Batch, Written
from ingest.health import Health


class Metrics:
    """Counters and gauges of one worker, in a registry of their own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register everything in `registry`, by default a new one."""
        self.registry = registry or CollectorRegistry()
        self.messages = Counter("lianqin_messages_total", "Messages stored and acknowledged", registry=self.registry)
        self.observations = Counter(
            "lianqin_observations_total", "Observations by what became of them", ["outcome"], registry=self.registry
        )
        self.alerts = Counter(
            "lianqin_alert_changes_total", "Alert changes by rule and type", ["rule", "type"], registry=self.registry
        )
        self.batch_messages = Histogram(
            "lianqin_batch_messages",
            "Messages in one transaction",
            buckets=(1, 3, 10, 30, 100, 300, 1000, 3000),
            registry=self.registry,
        )
        self.store_retries = Counter(
            "lianqin_store_retries_total", "Batches that had to wait for the database", registry=self.registry
        )
        self.broker_connected = Gauge(
            "lianqin_broker_connected", "1 while the broker's connection stands", registry=self.registry
        )
        self.held = Gauge("lianqin_messages_held", "Messages received and not yet acknowledged", registry=self.registry)

    def observe(self, batch: Batch, written: Written, messages: int, health: Health) -> None:
        """Record one committed batch."""
        self.messages.inc(messages)
        for outcome in ("stored", "duplicate", "quarantined"):
            self.observations.labels(outcome).inc(getattr(written, outcome))
        for change in batch.changes:
            self.alerts.labels(change.alert.rule, change.type.value).inc()
        if messages:
            self.batch_messages.observe(messages)
        self.broker_connected.set(health.connected)
        self.held.set(health.held)
