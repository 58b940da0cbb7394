"""What a decoder says of packets and pictures in, whether a picture may be shown out.

Video is coded as differences. After a packet was lost or torn the decoder patches the hole with what it has and goes
on, and every picture built on that one is smeared too, although nothing marks it: such boxes are made of nothing. So
after damage no picture is shown before the next key frame, which stands alone. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_HIDDEN = 250  # pictures in a row; a recording without key frames is shown as it is rather than not at all


@dataclass(slots=True)
class Damage:
    """Whether what comes is built on something torn, and how many pictures were left out for it."""

    torn: bool = False
    hidden: int = 0

    def note(self) -> None:
        """Say that a packet was lost, torn or could not be decoded."""
        self.torn = True

    def shows(self, *, key: bool, whole: bool) -> bool:
        """Return whether the next picture may be shown: is it a key frame, and did the decoder get all of it?"""
        if not whole:
            self.torn = True
        elif key or self.hidden >= MOST_HIDDEN:
            self.torn = False
        self.hidden = self.hidden + 1 if self.torn else 0
        return not self.torn
