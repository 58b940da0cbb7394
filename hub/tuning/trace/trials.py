"""What is explained in, whether other thresholds turn the answer out: each is judged, and the judging is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.tuning.candidate import with_thresholds
from hub.tuning.trace.knobs import Knob
from hub.tuning.trace.material import Material
from hub.tuning.trace.watching import judged

WORK = 2_000_000  # observations judged for single thresholds, and again for pairs: 10 to 20 s of one core each
LEAST, MOST = 40, 600  # judgings, however much or little there is: each costs some 5 ms before its first observation


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether other thresholds turn the answer, and when they raise; None where they do not."""

    turns: bool
    raised_at: datetime | None


class Trials:
    """Judges one stretch again and again. `left` is how often it still may."""

    def __init__(self, material: Material, configuration: Configuration, span: tuple[datetime, datetime]) -> None:
        """Judge it once as it is: `before` tells whether anything is raised within `span`."""
        self._material, self._configuration, self._span = material, configuration, span
        self.before = self._raised_at(configuration) is not None
        self.left = 0
        self.allow()

    def allow(self) -> None:
        """Allow as many judgings as fit into WORK."""
        count = len(self._material.received) + len(self._material.past)
        self.left = min(MOST, max(LEAST, WORK // max(count, 1)))

    def tried(self, values: Mapping[Knob, float]) -> Outcome | None:
        """Return what these values do; None where they make no sense together."""
        changes = {knob.path: int(value) if knob.whole else value for knob, value in values.items()}
        try:
            changed = with_thresholds(self._configuration, changes)
        except ConfigError:
            return None
        self.left -= 1
        raised_at = self._raised_at(changed)
        return Outcome((raised_at is not None) is not self.before, raised_at)

    def makes_sense(self, values: Mapping[Knob, float]) -> bool:
        """Tell whether these values may stand together, without judging."""
        changes = {knob.path: int(value) if knob.whole else value for knob, value in values.items()}
        try:
            with_thresholds(self._configuration, changes)
        except ConfigError:
            return False
        return True

    def _raised_at(self, configuration: Configuration) -> datetime | None:
        begin, end = self._span
        found = (one.raised_at for one in judged(self._material, configuration) if begin <= one.raised_at < end)
        return min(found, default=None)
