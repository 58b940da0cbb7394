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
    def alert(self) -> dict[str, Any] | None:
        """Return the alert as it was after it; None where it happened to a case."""
        ...

    @property
    def case(self) -> dict[str, Any] | None:
        """Return the case as it was after it; None where it happened to an alert."""
        ...


def item_document(entry: Entry) -> dict[str, Any]:
    """Return `entry` as JSON-ready data: it has an `alert` or a `case`, whichever it tells of."""
    about = {"alert": entry.alert} if entry.case is None else {"case": entry.case}
    return {"seq": entry.seq, "type": entry.type, "at": instant(entry.at), **about}
