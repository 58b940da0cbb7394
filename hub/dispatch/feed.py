"""Takes one entry of the feed, gives the document that every reader of it gets, by pull, by stream or by webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from hub.dispatch.document import instant


class Entry(Protocol):
    """What the feed holds."""

    @property
    def seq(self) -> int:
        """Number the entry; later ones have higher numbers."""
        ...

    @property
    def type(self) -> str:
        """Name what happened."""
        ...

    @property
    def at(self) -> datetime:
        """Tell when it happened, in event time."""
        ...

    @property
    def alert(self) -> dict[str, Any]:
        """Return the alert as it was after it."""
        ...


def item_document(entry: Entry) -> dict[str, Any]:
    """Return `entry` as JSON-ready data."""
    return {"seq": entry.seq, "type": entry.type, "at": instant(entry.at), "alert": entry.alert}
