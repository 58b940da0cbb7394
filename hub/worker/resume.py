"""A stored past goes in, a fold that stands where the last worker's stood comes out."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.alerts.change import AlertChange
from hub.alerts.intake import REMEMBERED
from hub.config.load import Configuration
from hub.store.write import Store
from hub.worker.fold import Fold


def resume(
    store: Store, configuration: Configuration, *, grids: frozenset[str] | None, now: datetime, changed: bool = False
) -> tuple[Fold, list[AlertChange]]:
    """Return the fold of `grids` (None: all) after everything stored, and the changes that are still to be stored.

    What is stored was judged, but for what a killed worker still held back for reordering. The second half of the
    memory is therefore judged aloud: identity makes a repeat harmless. The first half is not, because a condition that
    began before the memory would get a wrong `since` there; the memory is at least twice the longest duration.

    Where the configuration has `changed` since it was judged, nothing of the past is judged aloud: other thresholds
    give other beginnings, so what was raised and cleared long ago would be raised again. What holds now is raised.
    """
    names = sorted(grids if grids is not None else configuration.city.grids)
    fold = Fold(configuration, grids=grids, recent=store.recent_alerts(names, now - REMEMBERED), listening_since=now)
    heard_until = store.heard_until(names) or now
    # Where the machine's clock was stepped back since, the last worker received in what is now the future.
    begin, end = min(now, heard_until), max(now, heard_until + timedelta(seconds=1))
    begin -= timedelta(seconds=fold.memory_s)
    fold.recall(store, begin)
    changes = fold.rebuild(
        store.recorded(names, begin, end, nights_of=configuration),
        emit_from=now if changed else begin + timedelta(seconds=fold.memory_s / 2),
    )
    return fold, changes
