"""A candidate beside what is in force: an ingest worker without its servers, the follower, orders and a flood."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from detectors.thresholds import Thresholds
from hub.config.apply import settle as put_on_record
from hub.config.load import Configuration, config_version, load
from hub.store.session import connect, open_session
from hub.store.stored_configurations import stored_thresholds
from hub.store.write import Store
from hub.tuning.shadow.role import Shadows
from hub.worker.fold import Fold
from ingest.window import Message
from tests.support.api import Api
from tests.support.stored import batch, raised
from tests.support.town import telemetry

QUIETER = {"gas.leak.rise_pct_lel": 40.0}


@dataclass
class Live:
    """An ingest worker without its servers, and a tuning role's shadows, on the API's clock."""

    api: Api
    store: Store = field(init=False)
    fold: Fold = field(init=False)
    begun: datetime = field(init=False)
    following: Shadows = field(init=False)

    def __post_init__(self) -> None:
        self.store, self.begun = Store(self.api.dsn), self.api.hub.now()
        self.fold = Fold(self.configuration(None), grids=None, recent=(), listening_since=self.begun)
        self.following = self.role()

    def role(self) -> Shadows:
        """Return another follower."""
        return Shadows(
            dsn=self.api.dsn, configuration=self.configuration, now=self.api.hub.now, keep=timedelta(days=30)
        )

    def configuration(self, version: str | None) -> Configuration:
        """Return a kept version over the present city; None: what is in force."""
        city_file, detectors = self.api.hub.files
        assert city_file is not None
        now = load(city_file, detectors)
        if version is None:
            return now
        with open_session(self.api.dsn) as connection:
            thresholds = Thresholds.model_validate(stored_thresholds(connection, version))
        return Configuration(now.city, thresholds, config_version(now.city, thresholds))

    def pass_time(self, seconds: int, **methane: float) -> None:
        """Let every gas device report every five seconds, at the level given for it, or at half a percent."""
        for second in range(0, seconds, 5):
            self.api.pass_time(timedelta(seconds=5))
            now = self.api.hub.now()
            messages = [
                Message(
                    f"city/{grid}/gas/{name}/telemetry",
                    telemetry(now, methane_pct_lel=methane.get(name.replace("-", "_"), 0.5) + second * 1e-4),
                    0,
                    1,
                    False,
                    now - timedelta(milliseconds=1),
                )
                for name, grid in (("gas-1", "01"), ("gas-2", "02"))
            ]
            written = self.fold.judge(self.fold.decode(messages), now=now)
            written.changes += self.fold.tick(now)
            written.listening = ("worker", ["01", "02"], self.begun, now)
            self.store.write(written)

    def follow(self) -> None:
        """Follow until there is nothing more."""
        while self.following.look():
            pass

    def close(self) -> None:
        """Leave the database."""
        self.following.close()
        self.store.close()


def candidate(api: Api, **changes: Any) -> str:
    """Keep a version with these changes (QUIETER by default) over what is in force; return it."""
    order = {"note": "try", "changes": changes or QUIETER, "base": settle(api)}
    answer = api.client("engineer").post("/api/v1/configurations", json=order)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["version"])


def settle(api: Api) -> str:
    """Put what stands in the file on record, as the API role does by itself."""
    with connect(api.dsn) as connection:
        return put_on_record(connection, api.hub.files, at=api.hub.now()).version


def flood(api: Api, alarms: int, *, grid: str = "02") -> None:
    """Raise so many alarms in a grid at once."""
    api.pass_time(timedelta(seconds=1))
    now = api.hub.now()
    for number in range(alarms):
        subject = f"gas-{grid}-{number}-{now.timestamp()}"
        api.write(batch(changes=[raised(subject=subject, grid=grid)], at=now))
