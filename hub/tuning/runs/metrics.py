"""What the tuning role tells Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class RunMetrics:
    """Counts of one tuning role, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._runs = Counter(
            "lianqin_tuning_runs_total", "Runs by what came of them", ["kind", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "lianqin_tuning_run_seconds",
            "How long runs took",
            ["kind"],
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000),
            registry=self.registry,
        )
        self._bytes = Gauge("lianqin_tuning_loaded_bytes", "Recordings kept in memory", registry=self.registry)

    def told(self, kind: str, outcome: str, took_s: float, loaded_bytes: int) -> None:
        """Count a run that ended."""
        self._runs.labels(kind, outcome).inc()
        self._seconds.labels(kind).observe(took_s)
        self._bytes.set(loaded_bytes)
