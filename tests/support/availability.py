"""Why a test cannot run here: a missing thing in, a skip that is named loudly at the end of the run out."""

from dataclasses import dataclass, field

import pytest

PREFIX = "NEEDS "


class Unavailable(RuntimeError):
    """A real server cannot be had here; the message says what would help."""


def skip_for(error: Unavailable) -> None:
    """Skip the running test because of `error`."""
    pytest.skip(PREFIX + str(error))


@dataclass(slots=True)
class Missed:
    """The tests that were skipped for want of a server, by what they needed."""

    by_need: dict[str, list[str]] = field(default_factory=dict)

    def note(self, test: str, reason: str) -> None:
        """Remember `test` if `reason` is one of ours."""
        _, found, need = reason.partition(PREFIX)
        if found:
            self.by_need.setdefault(need, []).append(test)

    def lines(self) -> list[str]:
        """Return what to print last, most tests first; nothing if nothing was missed."""
        if not self.by_need:
            return []
        total = sum(len(tests) for tests in self.by_need.values())
        said = [f"ATTENTION: {total} tests did NOT run, because a real server they need cannot be had here:"]
        for need, tests in sorted(self.by_need.items(), key=lambda pair: -len(pair[1])):
            said.append(f"  {len(tests)} tests need {need}")
            said += [f"      {test}" for test in tests[:5]]
            if len(tests) > 5:
                said.append(f"      … and {len(tests) - 5} more")
        return said
