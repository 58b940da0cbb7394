"""Takes endpoints and deliveries, gives the JSON documents that the API and the command line show; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.deliveries.endpoint import Endpoint
from hub.dispatch.document import instant
from hub.store.read_deliveries import Delivery, Load


def endpoint_document(endpoint: Endpoint, load: Load, *, newest: int, at: datetime, known_key: bool) -> dict[str, Any]:
    """Return an endpoint with how it fares; never its secret."""
    settings, fare = endpoint.settings, endpoint.fare
    previous = endpoint.previous_until
    return {
        "id": str(endpoint.endpoint_id),
        "url": settings.url,
        "description": settings.description,
        "types": list(settings.filter.types),
        "rules": list(settings.filter.rules),
        "grids": list(settings.filter.grids),
        "departments": list(settings.filter.departments),
        "private_host": settings.private_host,
        "parallel": settings.parallel,
        "active": endpoint.active,
        "state": state_of(endpoint, at, known_key=known_key),
        "disabled_reason": endpoint.disabled_reason,
        "disabled_at": instant(endpoint.disabled_at),
        "created_at": instant(endpoint.created_at),
        "created_by": endpoint.created_by,
        "rotated_at": instant(endpoint.rotated_at),
        "previous_secret_until": instant(previous) if previous is not None and previous > at else None,
        "cursor": endpoint.cursor,
        "behind": max(0, newest - endpoint.cursor),
        "pending": load.pending,
        "dead": load.dead,
        "oldest_pending_at": instant(load.oldest_pending_at),
        "paused_until": instant(fare.paused_until),
        "failing_since": instant(fare.failing_since),
        "last_success_at": instant(endpoint.last_success_at),
        "last_attempt_at": instant(endpoint.last_attempt_at),
        "last_error": endpoint.last_error,
        "revision": endpoint.revision,
    }


def state_of(endpoint: Endpoint, at: datetime, *, known_key: bool) -> str:
    """Return the one word for how an endpoint stands."""
    if not endpoint.active:
        return "off"
    if not known_key:
        return "unknown_key"
    if endpoint.fare.slowness and endpoint.fare.paused_until is not None and endpoint.fare.paused_until > at:
        return "paused"
    return "failing" if endpoint.fare.failing_since is not None else "on"


def delivery_document(delivery: Delivery) -> dict[str, Any]:
    """Return one delivery."""
    return {
        "id": delivery.delivery_id,
        "endpoint": str(delivery.endpoint_id),
        "seq": delivery.seq,
        "type": delivery.type,
        "subject": delivery.lane,
        "grid": delivery.grid,
        "state": delivery.state,
        "queued_at": instant(delivery.queued_at),
        "attempts": delivery.attempts,
        "first_tried_at": instant(delivery.first_tried_at),
        "last_tried_at": instant(delivery.last_tried_at),
        "next_at": instant(delivery.next_at),
        "ended_at": instant(delivery.ended_at),
        "status_code": delivery.status_code,
        "outcome": delivery.outcome,
        "snippet": delivery.snippet,
        "took_s": None if delivery.took_s is None else round(delivery.took_s, 3),
    }
