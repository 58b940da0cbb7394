"""What the demo says in the terminal: alerts as they come, one living summary line, and a closing table."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

_MARKS = {"critical": "◆", "major": "▲", "minor": "●", "warning": "·"}
_COLOURS = {"critical": "1;31", "major": "31", "minor": "33", "warning": "36"}


@dataclass(slots=True)
class Show:
    """Prints to `out`; colours and the living line only on a terminal."""

    timezone: str
    out: TextIO = field(default_factory=lambda: sys.stdout)
    raised: Counter[str] = field(default_factory=Counter)
    cleared: Counter[str] = field(default_factory=Counter)
    _line: str = ""

    @property
    def _terminal(self) -> bool:
        return self.out.isatty()

    def say(self, text: str) -> None:
        """Print a line above the summary line."""
        self._wipe()
        print(text, file=self.out, flush=True)
        self._draw()

    def item(self, item: dict[str, Any]) -> None:
        """Print a feed item that an operator would care for, and count it."""
        if "case" in item:
            self._case(item)
            return
        alert, kind = item["alert"], item["type"]
        if alert["inhibited_by"] is not None:
            return
        if kind == "alert.raised":
            self.raised[alert["rule"]] += 1
            self.say(self._raised(alert))
        elif kind == "alert.cleared":
            self.cleared[alert["rule"]] += 1
            self.say(f"{self._time(alert['cleared_at'])}  ✓ {alert['rule']:<24} {alert['subject']:<22} cleared")
        elif kind == "alert.updated":
            self.say(
                f"{self._time(item['at'])}  ↑ {alert['rule']:<24} {alert['subject']:<22} {alert['reason']['text']}"
            )

    def summary(self, text: str) -> None:
        """Replace the living summary line; without a terminal nothing is printed."""
        if self._terminal:
            self._wipe()
            self._line = text
            self._draw()

    def closing(self, seconds: float) -> None:
        """Print what was raised and cleared."""
        self._wipe()
        self._line = ""
        print(f"\nIn {seconds:.0f} s the demo city raised {self.raised.total()} alerts:", file=self.out)
        for rule, count in sorted(self.raised.items()):
            print(f"  {rule:<26} raised {count:>3}   cleared {self.cleared[rule]:>3}", file=self.out)
        if not self.raised:
            print("  none", file=self.out)
        self.out.flush()

    def _raised(self, alert: dict[str, Any]) -> str:
        mark = _MARKS[alert["severity"]]
        head = f"{mark} {alert['rule']:<24}"
        if self._terminal:
            head = f"\x1b[{_COLOURS[alert['severity']]}m{head}\x1b[0m"
        pictures = f"  [{len(alert['evidence'])} pictures]" if alert["evidence"] else ""
        return (
            f"{self._time(alert['raised_at'])}  {head} {alert['subject']:<22} grid {alert['grid']}  "
            f"{alert['reason']['text']}{pictures}"
        )

    def _case(self, item: dict[str, Any]) -> None:
        case, kind = item["case"], item["type"].removeprefix("case.").replace("_", " ")
        who = case["department"] or ""
        self.say(f"{self._time(item['at'])}  ▣ case {case['number']:<19} {kind:<22} {case['title']}  {who}".rstrip())

    def _time(self, text: str) -> str:
        return datetime.fromisoformat(text).astimezone(ZoneInfo(self.timezone)).strftime("%H:%M:%S")

    def _wipe(self) -> None:
        if self._terminal and self._line:
            self.out.write("\r\x1b[2K")

    def _draw(self) -> None:
        if self._terminal and self._line:
            self.out.write(self._line)
            self.out.flush()
