"""Looks at deliveries: settings in, one check out that names what does not get through, and what would help."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub import clock
from hub.deliveries.endpoint import Endpoint
from hub.deliveries.key_file import hub_key
from hub.deliveries.serve import allowed_of
from hub.settings import Settings, SettingsError
from hub.store.doctor import Check
from hub.store.endpoints import list_endpoints
from hub.store.read_deliveries import Load, first_not_handed_on, loads
from hub.store.session import StoreUnavailable, open_session

WAITS_LONG = timedelta(minutes=15)
HANDED_ON_WITHIN = timedelta(minutes=2)


def look_at_deliveries(settings: Settings) -> Check:
    """Say whether every endpoint takes what it is sent, and somebody sends."""
    try:
        allowed_of(settings)
        with open_session(settings.database_url) as connection:
            endpoints, waiting = list_endpoints(connection), loads(connection)
            behind = {each.endpoint_id: first_not_handed_on(connection, each.cursor) for each in endpoints}
    except (StoreUnavailable, SettingsError) as error:
        return Check(name="deliveries", ok=False, detail=str(error))
    if not endpoints:
        return Check(name="deliveries", ok=True, detail="no endpoint wants the feed sent")
    try:
        key = hub_key(settings)
    except SettingsError as error:
        return Check(name="deliveries", ok=False, detail=str(error))
    problems = []
    for endpoint in endpoints:
        load = waiting.get(endpoint.endpoint_id, Load())
        known_key = endpoint.key_check == key.check(endpoint.endpoint_id)
        problem = _problem(endpoint, load, behind[endpoint.endpoint_id], known_key=known_key)
        if problem:
            problems.append(f"{endpoint.settings.description or endpoint.endpoint_id}: {problem}")
    if problems:
        return Check(name="deliveries", ok=False, detail="; ".join(problems))
    dead = sum(load.dead for load in waiting.values())
    on = sum(endpoint.active for endpoint in endpoints)
    more = f"; {dead} dead deliveries on record: `lianqin deliveries list --state dead`" if dead else ""
    return Check(name="deliveries", ok=True, detail=f"{on} of {len(endpoints)} endpoints are on{more}")


def _problem(endpoint: Endpoint, load: Load, behind: datetime | None, *, known_key: bool) -> str | None:
    now = clock.now()
    if not known_key:
        return (
            "its secret comes from another key than this machine has (LIANQIN_SECRET_KEY, or LIANQIN_DATA/secret.key)"
        )
    if not endpoint.active:
        # Who switched it off knows; the hub switching it off is what nobody may overlook.
        by_hand = (endpoint.disabled_reason or "").startswith("switched off")
        return (
            None if by_hand else f"disabled: {endpoint.disabled_reason}; `lianqin deliveries enable` when it is mended"
        )
    failing_since = endpoint.fare.failing_since
    if failing_since is not None and now - failing_since > WAITS_LONG:
        return f"nothing was taken since {failing_since:%Y-%m-%d %H:%M} UTC: {endpoint.last_error}"
    untried = load.pending and endpoint.last_attempt_at is None
    if (behind is not None and now - behind > HANDED_ON_WITHIN) or untried:
        return "the feed is not handed on: does a role that delivers run (`lianqin api`, or `lianqin deliver`)?"
    return None
