"""Takes an item of the feed, gives the CloudEvents 1.0 document that is sent for it, and its ids; pure.

Everything in it follows from the item and the hub's id: sent again after days, it is the same to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from hub.dispatch.document import instant

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TYPE_PREFIX = "lianqin."
SCHEMA = "urn:lianqin:schema:feed-item:1"
PING = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent: the message's id, the same at every attempt, and the body."""

    message_id: str
    body: bytes


def source(hub_id: UUID) -> str:
    """Return what the events of this hub have as their source; with the event's id it names an event for ever."""
    return f"urn:lianqin:hub:{hub_id}"


def event_id(seq: int, item_hash: str) -> str:
    """Return the id of the event made of an item.

    The item's hash is in it: a database restored from a backup gives the numbers after it out again, to other items.
    """
    return f"{seq}-{item_hash[:16]}"


def message_id(endpoint_id: UUID, event: str) -> str:
    """Return the id of the one message by which `event` reaches an endpoint."""
    return f"msg_{uuid5(endpoint_id, event).hex}"


def item_message(endpoint_id: UUID, hub_id: UUID, item: Mapping[str, Any], item_hash: str) -> Message:
    """Return the message for an item of the feed, given as the document that every reader of the feed gets."""
    event = event_id(item["seq"], item_hash)
    about = "case" if "case" in item else "alert"
    document = {
        "specversion": "1.0",
        "id": event,
        "source": source(hub_id),
        "type": TYPE_PREFIX + item["type"],
        "subject": f"{about}/{item[about]['id']}",
        "time": item["at"],
        "datacontenttype": "application/json",
        "dataschema": SCHEMA,
        "sequence": f"{item['seq']:020d}",  # CloudEvents' sequence extension compares as text
        "data": item,
    }
    return Message(message_id=message_id(endpoint_id, event), body=_written(document))


def ping_message(endpoint_id: UUID, hub_id: UUID, ping_id: UUID, at: datetime) -> Message:
    """Return a message that only says that this endpoint is known; it is no item of the feed."""
    event = f"{PING}-{ping_id.hex}"
    document = {
        "specversion": "1.0",
        "id": event,
        "source": source(hub_id),
        "type": TYPE_PREFIX + PING,
        "subject": f"endpoint/{endpoint_id}",
        "time": instant(at),
        "datacontenttype": "application/json",
        "data": {"type": PING, "endpoint": str(endpoint_id)},
    }
    return Message(message_id=message_id(endpoint_id, event), body=_written(document))


def _written(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
