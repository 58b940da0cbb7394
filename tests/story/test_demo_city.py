"""The demo city, judged by the shipped detectors with the demo's thresholds: all that it promises, and nothing else."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from detectors.finding import Finding, Phase
from detectors.judge import Judge
from hub.config.load import load
from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import city_document, write_files
from hub.demo.incidents import ROUND_S
from hub.demo.telemetry import Telemetry
from ingest.decode import Decoder
from ingest.observation import Observation, QuarantineReason

PORTS = {camera.camera_id: 9000 for camera in CAMERAS}
PROMISED = Counter(
    {
        "streetlight.circuit_out": 1,
        "streetlight.lamp_out": 1,
        "streetlight.day_burning": 1,
        "water.burst": 1,
        "water.quality": 1,
        "drainage.level": 1,
        "gas.leak": 1,
        "device.silent": 1,
    }
)


class Run:
    """The city from a local hour on, told to the judge second by second."""

    def __init__(self, folder: Path, hour: float, *, without_streets: bool = False) -> None:
        configuration = load(*write_files(folder, PORTS))
        city = replace(configuration.city, cameras={})  # their streams are proved elsewhere
        zone = ZoneInfo(city.timezone)
        self.start = (datetime(2026, 11, 22, tzinfo=zone) + timedelta(hours=hour)).astimezone(UTC)
        document = city_document(PORTS)
        if without_streets:  # nothing happens to street lamps: a long story is told faster with one to a circuit
            streets = {one["id"] for one in document["devices"] if one["id"].startswith("lamp-street")}
            streets -= {name for name in streets if name.endswith("-01")}
            document["devices"] = [one for one in document["devices"] if one["id"] not in streets]
            kept = {one["id"] for one in document["devices"]} | {one["id"] for one in document["gateways"]}
            city = replace(city, devices={name: one for name, one in city.devices.items() if name in kept})
        self._telemetry = Telemetry(document, started_at=self.start)
        self._decoder = Decoder(city)
        self._judge = Judge(city, configuration.thresholds, listening_since=self.start - timedelta(seconds=2))
        self.quarantined: Counter[QuarantineReason] = Counter()

    def findings(self, from_s: int, to_s: int) -> Iterator[Finding]:
        for second in range(from_s, to_s):
            arrived: list[Observation] = []
            for report in self._telemetry.reports(float(second), second + 1.0):
                received_at = self.start + timedelta(seconds=report.at_s + 0.02)
                decoded = self._decoder.decode(report.topic, report.payload, received_at)
                arrived += decoded.observations
                self.quarantined.update(each.reason for each in decoded.quarantined)
            yield from self._judge.observe(arrived).findings
            yield from self._judge.advance(self.start + timedelta(seconds=second + 1))


@pytest.mark.parametrize("hour", [0.0, 6.2, 12.5, 17.2], ids=["midnight", "dawn", "noon", "dusk"])
def test_at_any_hour_everything_promised_is_raised_within_four_minutes_and_nothing_else(tmp_path, hour):
    found = list(Run(tmp_path, hour).findings(0, 240))
    raised = [finding for finding in found if finding.phase is Phase.RAISED]
    assert Counter(finding.rule for finding in raised) == PROMISED
    (dark,) = (finding for finding in raised if finding.rule == "streetlight.circuit_out")
    (lamp,) = (finding for finding in raised if finding.rule == "streetlight.lamp_out")
    assert len(dark.members) >= 20
    assert lamp.subject not in dark.members
    leak = [finding.severity.value for finding in found if finding.rule == "gas.leak"]
    assert leak[-2:] == ["major", "critical"]


def test_everything_clears_and_comes_again_elsewhere(tmp_path):
    run = Run(tmp_path, 14.0, without_streets=True)
    first = list(run.findings(0, 600))
    assert Counter(finding.rule for finding in first if finding.phase is Phase.CLEARED) == PROMISED
    second = list(run.findings(600, int(2 * ROUND_S)))
    again = [finding for finding in second if finding.phase is Phase.RAISED]
    assert Counter(finding.rule for finding in again) == PROMISED
    assert not {finding.subject for finding in again} & {finding.subject for finding in first}
    assert set(run.quarantined) == {
        QuarantineReason.BAD_JSON,
        QuarantineReason.UNKNOWN_QUANTITY,
        QuarantineReason.NO_TIMEZONE,
        QuarantineReason.BAD_VALUE,
        QuarantineReason.BAD_ENCODING,
    }
