"""Why a camera gives no pictures: the words that travel, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Outage(StrEnum):
    """Why a stream gives no more pictures."""

    BAD_ADDRESS = "bad_address"
    UNKNOWN_HOST = "unknown_host"  # its name cannot be looked up
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    NO_VIDEO = "no_video"
    UNREADABLE = "unreadable"  # it is not video that can be decoded
    STALLED = "stalled"  # connected, but no picture for too long
    BEHIND = "behind"  # what comes is old: the network, or this machine, is too slow for it
    CUT = "cut"  # the other side closed the connection
    ENDED = "ended"  # a file is at its end
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
