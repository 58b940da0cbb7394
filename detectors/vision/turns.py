"""Cameras that have a picture in, those to be asked for it now out: whoever was served longest ago comes first.

A picture that waits grows old, so it waits where a newer one can still take its place: in its camera's own process.
It is asked for only when the model will soon be free, and no more are asked for than the model looks through in
`BATCH_S`. Where there are more pictures than the model can take, every camera gets fewer of them, all alike, and a
quiet camera's heartbeat is not lost among the busy ones. Pure: names and seconds in, names out.
"""

from __future__ import annotations

BATCH_S = 0.2  # a batch takes about this long, and the next one is fetched meanwhile
MOST = 64  # pictures in one batch: more gain nothing on a GPU, and take its memory
PATIENCE_S = 1.0  # a camera that was asked and sends nothing holds up the others for no longer than this
_FIRST_GUESS_S = 0.05


class Turns:
    """Which cameras have a picture, which were asked for theirs, and when each was last served."""

    def __init__(self) -> None:
        self._ready: set[str] = set()
        self._asked_s: dict[str, float] = {}
        self._served_s: dict[str, float] = {}
        self._picture_s = _FIRST_GUESS_S

    @property
    def batch(self) -> int:
        """Return how many pictures the model looks through in `BATCH_S`, as far as is known."""
        return min(MOST, max(1, int(BATCH_S / self._picture_s)))

    def ready(self, camera_id: str) -> None:
        """Note that the camera has a picture."""
        self._ready.add(camera_id)

    def came(self, camera_id: str, now_s: float) -> None:
        """Note that the camera's picture is here."""
        self._asked_s.pop(camera_id, None)
        self._ready.discard(camera_id)
        self._served_s[camera_id] = now_s

    def gone(self, camera_id: str) -> None:
        """Note that whatever the camera had is lost: its process ended."""
        self._asked_s.pop(camera_id, None)
        self._ready.discard(camera_id)

    def took(self, pictures: int, seconds: float) -> None:
        """Learn how fast the model is."""
        self._picture_s += 0.2 * (max(seconds, 1e-6) / pictures - self._picture_s)

    def next(self, now_s: float, at_work: bool = False) -> list[str]:
        """Return the cameras that are to be asked now; they count as asked from here on.

        `at_work`: the model is about to look at others. For a slow one none is fetched ahead: to fetch a picture takes
        next to no time, and while it waits for the model it grows old.
        """
        if at_work and self.batch == 1:
            return []
        room = self.batch - sum(now_s - asked_s < PATIENCE_S for asked_s in self._asked_s.values())
        if room <= 0:
            return []
        chosen = sorted(self._ready, key=lambda camera_id: (self._served_s.get(camera_id, float("-inf")), camera_id))
        for camera_id in chosen[:room]:
            self._ready.discard(camera_id)
            self._asked_s[camera_id] = now_s
        return chosen[:room]
