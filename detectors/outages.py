"""Why a camera gives no pictures: the words that travel, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Outage(StrEnum):
    """Why a stream gives no more pictures; `OUTAGES` says what each means."""

    BAD_ADDRESS = "bad_address"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    NO_VIDEO = "no_video"
    UNREADABLE = "unreadable"
    STALLED = "stalled"
    BEHIND = "behind"  # the network, or this machine, is too slow for it
    CUT = "cut"
    ENDED = "ended"
    CAPTURE_FAILED = "capture_failed"  # what reads it crashed, hung or could not be started: no fault of the camera


OUTAGES: Mapping[str, str] = {
    Outage.BAD_ADDRESS: "its address is wrong",
    Outage.UNKNOWN_HOST: "the network does not know the host in its address",
    Outage.UNREACHABLE: "it cannot be reached",
    Outage.UNAUTHORISED: "it refuses the user name or the password",
    Outage.NOT_FOUND: "it has no such stream",
    Outage.NO_VIDEO: "its stream holds no video",
    Outage.UNREADABLE: "its video cannot be decoded",
    Outage.STALLED: "it is connected but sends no pictures",
    Outage.BEHIND: "its pictures come far too late",
    Outage.CUT: "it closed the connection",
    Outage.ENDED: "the recording is at its end",
    Outage.CAPTURE_FAILED: "the process that reads it fails on the vision machine",
}
