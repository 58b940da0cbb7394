"""An alert's record in, the messages that the public gets of it out, after the Common Alerting Protocol 1.2; pure.

A measurement alone tells the public nothing: the first message goes out when somebody in the centre has acknowledged
the alert while it is active. Another severity makes an update; the end of the condition, or the word that it was a
false alarm, makes a cancellation. Each message names those before it, so that a receiver can tell that they belong
together. The same record always gives the same messages, with the same identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from hub.dispatch.cap_words import Words, words_of
from hub.dispatch.document import FALSE_ALARM
from hub.dispatch.plain_xml import element, leaf
from hub.distance import Position

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
_FALSE_ALARM = "经核实为误报 / looked into: it was a false alarm"
AROUND_KM = 0.3  # around a device, where the grid's boundary is not known
_SEVERITY = {"critical": "Extreme", "major": "Severe", "minor": "Moderate", "warning": "Minor"}
_URGENCY = {"critical": "Immediate", "major": "Immediate", "minor": "Expected", "warning": "Expected"}


class MessageType(StrEnum):
    """What a message does."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One item of an alert's record: when it happened, and the alert's document after it."""

    at: datetime
    alert: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The area that a message is for: the names of the place, the rings of its ground, and the spot itself."""

    grid: str
    name: str
    city: str
    rings: tuple[tuple[Position, ...], ...] = ()
    spot: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, or the draft of one that nobody has let out yet."""

    alert_id: UUID
    rule: str
    grid: str
    severity: str
    type: MessageType
    sent: datetime
    since: datetime
    revision: int
    is_draft: bool = False
    is_false_alarm: bool = False
    before: tuple[tuple[str, datetime], ...] = ()

    @property
    def identifier(self) -> str:
        """Return what names this message, and never another."""
        return f"{self.alert_id}-{self.revision}"


def messages(record: Sequence[Event]) -> list[Message]:
    """Return the messages that the public gets of an alert, in order; none where nobody acknowledged it in time."""
    found: list[Message] = []
    for event in record:
        document = event.alert
        active = document["condition"] == "active"
        false_alarm = is_false_alarm(document)
        if not found:
            if document["acknowledged"] and active and not false_alarm:
                found.append(_message(event, MessageType.ALERT, found))
        elif found[-1].type is MessageType.CANCEL:
            break
        elif not active or false_alarm:
            found.append(_message(event, MessageType.CANCEL, found))
        elif document["severity"] != found[-1].severity:
            found.append(_message(event, MessageType.UPDATE, found))
    return found


def draft(record: Sequence[Event]) -> Message | None:
    """Return what would go out if somebody acknowledged the alert now; None where it is over."""
    if not record or record[-1].alert["condition"] != "active" or is_false_alarm(record[-1].alert):
        return None
    return replace(_message(record[-1], MessageType.ALERT, []), is_draft=True)


def is_false_alarm(document: Mapping[str, Any]) -> bool:
    """Tell whether somebody in the centre said that there is nothing."""
    verdict = document.get("verdict")  # older items of the feed have none
    return verdict is not None and verdict["is"] == FALSE_ALARM


def _message(event: Event, kind: MessageType, before: Sequence[Message]) -> Message:
    document = event.alert
    return Message(
        alert_id=UUID(document["id"]),
        rule=document["rule"],
        grid=document["grid"],
        severity=document["severity"],
        type=kind,
        # An acknowledgement has the hub's time, a measurement its own: no message is older than the one before it.
        sent=max([event.at, *(one.sent for one in before)]),
        since=datetime.fromisoformat(document["since"]),
        revision=document["revision"],
        is_false_alarm=is_false_alarm(document),
        before=tuple((one.identifier, one.sent) for one in before),
    )


def cap_document(message: Message, where: Where, *, sender: str, zone: ZoneInfo) -> Element:
    """Return a message as CAP 1.2, with one block in Chinese and one in English."""
    references = " ".join(f"{sender},{identifier},{stamp(sent, zone)}" for identifier, sent in message.before)
    infos = (_info(message, where, words_of(message.rule, language), zone) for language in ("zh-CN", "en-US"))
    return element(
        "alert",
        leaf("identifier", message.identifier),
        leaf("sender", sender),
        leaf("sent", stamp(message.sent, zone)),
        leaf("status", "Draft" if message.is_draft else "Actual"),
        leaf("msgType", message.type.value),
        leaf("scope", "Public"),
        leaf("note", _FALSE_ALARM) if message.is_false_alarm else None,
        leaf("references", references) if references else None,
        *infos,
        xmlns=NAMESPACE,
    )


def headline(message: Message, where: Where, language: str) -> str:
    """Return one line that says what is where."""
    words = words_of(message.rule, language)
    over = message.type is MessageType.CANCEL
    return words.over(where.name) if over else words.headline(where.name)


def _info(message: Message, where: Where, words: Words, zone: ZoneInfo) -> Element:
    over = message.type is MessageType.CANCEL
    return element(
        "info",
        leaf("language", words.language),
        *(leaf("category", each) for each in words.categories),
        leaf("event", words.event),
        leaf("responseType", "AllClear" if over else words.response),
        leaf("urgency", "Past" if over else _URGENCY[message.severity]),
        leaf("severity", _SEVERITY[message.severity]),
        leaf("certainty", "Observed"),
        leaf("onset", stamp(message.since, zone)),
        leaf("senderName", where.city),
        leaf("headline", words.over(where.name) if over else words.headline(where.name)),
        leaf("description", words.description),
        leaf("instruction", words.all_clear if over else words.instruction),
        _parameter("lianqin:rule", message.rule),
        _parameter("lianqin:alert", str(message.alert_id)),
        _area(where),
    )


def _area(where: Where) -> Element:
    # A polygon is closed, latitude before longitude: the other way round than everywhere else.
    polygons = (" ".join(f"{north:.5f},{east:.5f}" for east, north in ring) for ring in where.rings)
    circle = None
    if not where.rings and where.spot is not None:
        circle = leaf("circle", f"{where.spot[1]:.5f},{where.spot[0]:.5f} {AROUND_KM:g}")
    code = element("geocode", leaf("valueName", "lianqin:grid"), leaf("value", where.grid))
    named = f"{where.city} {where.name}"
    return element("area", leaf("areaDesc", named), *(leaf("polygon", each) for each in polygons), circle, code)


def _parameter(name: str, value: str) -> Element:
    return element("parameter", leaf("valueName", name), leaf("value", value))


def stamp(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as CAP writes it: to the second, with the offset in hours and minutes, never a Z."""
    text = at.astimezone(zone).replace(microsecond=0).isoformat()
    return text if not text.endswith("+00:00") else text[:-6] + "-00:00"
