"""MQTT topic text becomes grid, kind, device and channel, and back again; pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ingest.city import DeviceKind

ROOT = "city"
# Pictures for whoever watches now travel beside the city's topics, so that no ingest worker is sent any of them, nor
# takes them for something unreadable (docs/decisions/live-pictures.md).
LIVE_ROOT = "live"
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Channel(StrEnum):
    """What a topic carries; also its last segment."""

    TELEMETRY = "telemetry"
    STATUS = "status"
    BATCH = "batch"
    DETECTIONS = "detections"
    EVIDENCE = "evidence"


# Channels that only one kind of device has; every other channel belongs to every kind.
_ONLY = {
    Channel.BATCH: DeviceKind.GATEWAY,
    Channel.DETECTIONS: DeviceKind.CAMERA,
    Channel.EVIDENCE: DeviceKind.CAMERA,
}


class BadTopic(ValueError):
    """A topic that says nothing to the hub; the message says which part of it is wrong."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Where a message comes from and what it carries."""

    grid: str
    kind: DeviceKind
    device_id: str
    channel: Channel


def is_identifier(text: str) -> bool:
    """Say whether `text` may name a grid or a device in a topic: 1–64 letters, digits, `-`, `_` or `.`."""
    return _IDENTIFIER.fullmatch(text) is not None


def parse(topic: str) -> Topic:
    """Return what `topic` says, or raise BadTopic with the reason."""
    parts = topic.split("/")
    if parts[0] != ROOT or len(parts) < 5:
        raise BadTopic(f"expected {ROOT}/<grid>/<kind>/<device>/<channel>")
    grid, kind_text, device_id = parts[1:4]
    channel_text = "/".join(parts[4:])
    if not is_identifier(grid):
        raise BadTopic(f"the grid {ascii(grid)[:80]} is not 1–64 letters, digits, '-', '_' or '.'")
    if not is_identifier(device_id):
        raise BadTopic(f"the device {ascii(device_id)[:80]} is not 1–64 letters, digits, '-', '_' or '.'")
    try:
        kind = DeviceKind(kind_text)
    except ValueError:
        raise BadTopic(f"the kind {ascii(kind_text)[:80]} is none of {', '.join(DeviceKind)}") from None
    try:
        channel = Channel(channel_text)
    except ValueError:
        raise BadTopic(f"the channel {ascii(channel_text)[:80]} is none of {', '.join(Channel)}") from None
    if channel in _ONLY and kind is not _ONLY[channel]:
        raise BadTopic(f"only a {_ONLY[channel]} has the channel {channel}, not a {kind}")
    return Topic(grid, kind, device_id, channel)


def is_hubs_own(topic: str) -> bool:
    """Say whether the hub itself publishes on `topic`: what its own wildcard brings back is not news."""
    return topic.endswith(("/command", "/evidence/request")) and topic.startswith(ROOT + "/")


def subscriptions(grids: Collection[str] | None) -> list[str]:
    """Return the filters that bring everything of `grids`, or of the whole city when None."""
    if grids is None:
        return [f"{ROOT}/#"]
    return [f"{ROOT}/{_checked(grid)}/#" for grid in sorted(grids)]


def telemetry(grid: str, kind: DeviceKind, device_id: str) -> str:
    """Return the topic of one device's readings."""
    return _topic(grid, kind, device_id, Channel.TELEMETRY)


def status(grid: str, kind: DeviceKind, device_id: str) -> str:
    """Return the topic on which a device says that it is online, and its last will that it is not."""
    return _topic(grid, kind, device_id, Channel.STATUS)


def batch(grid: str, gateway_id: str) -> str:
    """Return the topic of a gateway's batches."""
    return _topic(grid, DeviceKind.GATEWAY, gateway_id, Channel.BATCH)


def detections(grid: str, camera_id: str) -> str:
    """Return the topic of a camera's processed frames."""
    return _topic(grid, DeviceKind.CAMERA, camera_id, Channel.DETECTIONS)


def evidence(grid: str, camera_id: str) -> str:
    """Return the topic on which a camera sends the pictures it was asked for."""
    return _topic(grid, DeviceKind.CAMERA, camera_id, Channel.EVIDENCE)


def evidence_request(grid: str, camera_id: str) -> str:
    """Return the topic on which the hub asks a camera for pictures."""
    return f"{_topic(grid, DeviceKind.CAMERA, camera_id, Channel.EVIDENCE)}/request"


def picture(grid: str, camera_id: str) -> str:
    """Return the topic on which a camera's live pictures come while somebody watches."""
    return f"{LIVE_ROOT}/{_checked(grid)}/{DeviceKind.CAMERA}/{_checked(camera_id)}/picture"


def picture_request(grid: str, camera_id: str) -> str:
    """Return the topic on which a camera hears that somebody watches."""
    return f"{picture(grid, camera_id)}/request"


def every_picture() -> str:
    """Return the filter that brings every live picture, and nothing else."""
    return f"{LIVE_ROOT}/+/{DeviceKind.CAMERA}/+/picture"


def camera_of_picture(topic: str) -> tuple[str, str] | None:
    """Return grid and camera of a live picture's topic, or None for any other topic."""
    parts = topic.split("/")
    if len(parts) != 5 or (parts[0], parts[2], parts[4]) != (LIVE_ROOT, DeviceKind.CAMERA, "picture"):
        return None
    return (parts[1], parts[3]) if is_identifier(parts[1]) and is_identifier(parts[3]) else None


def command(grid: str, kind: DeviceKind, device_id: str) -> str:
    """Return the topic on which the hub commands a device."""
    return f"{ROOT}/{_checked(grid)}/{kind}/{_checked(device_id)}/command"


def _topic(grid: str, kind: DeviceKind, device_id: str, channel: Channel) -> str:
    return f"{ROOT}/{_checked(grid)}/{kind}/{_checked(device_id)}/{channel}"


def _checked(identifier: str) -> str:
    if not is_identifier(identifier):
        raise BadTopic(f"{ascii(identifier)[:80]} cannot stand in a topic: 1–64 letters, digits, '-', '_' or '.'")
    return identifier
