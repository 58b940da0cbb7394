"""MPEG-TS packets in, the same with all their time stamps moved out: PTS, DTS and PCR, 33 bits that wrap."""

from __future__ import annotations

PACKET_BYTES = 188
TICKS_A_SECOND = 90_000
WRAP = 1 << 33


def moved(packets: bytes, by_s: float) -> bytes:
    """Return whole MPEG-TS `packets` with their stamps moved by `by_s`."""
    if not by_s:
        return packets
    ticks, out = round(by_s * TICKS_A_SECOND), bytearray(packets)
    assert len(out) % PACKET_BYTES == 0, "only whole packets can be moved"
    for start in range(0, len(out), PACKET_BYTES):
        _move_packet(memoryview(out)[start : start + PACKET_BYTES], ticks)
    return bytes(out)


def _move_packet(packet: memoryview, ticks: int) -> None:
    assert packet[0] == 0x47
    payload = 4
    if packet[3] & 0x20:  # an adaptation field
        length = packet[4]
        payload = 5 + length
        if length >= 7 and packet[5] & 0x10:
            _move_pcr(packet[6:12], ticks)
    begins, carries = packet[1] & 0x40, packet[3] & 0x10
    if begins and carries and payload + 14 <= PACKET_BYTES and bytes(packet[payload : payload + 3]) == b"\0\0\1":
        flags = packet[payload + 7]
        if flags & 0x80:
            _move_stamp(packet[payload + 9 : payload + 14], ticks)
        if flags & 0x40 and payload + 19 <= PACKET_BYTES:
            _move_stamp(packet[payload + 14 : payload + 19], ticks)


def _move_pcr(field: memoryview, ticks: int) -> None:
    value = int.from_bytes(field, "big")
    base = ((value >> 15) + ticks) % WRAP
    field[:] = (base << 15 | value & 0x7FFF).to_bytes(6, "big")


def _move_stamp(field: memoryview, ticks: int) -> None:
    a, b, c = field[0], int.from_bytes(field[1:3], "big"), int.from_bytes(field[3:5], "big")
    value = (((a >> 1) & 7) << 30 | (b >> 1) << 15 | c >> 1) + ticks
    value %= WRAP
    field[0] = a & 0xF0 | (value >> 30) << 1 | 1
    field[1:3] = (((value >> 15) & 0x7FFF) << 1 | 1).to_bytes(2, "big")
    field[3:5] = ((value & 0x7FFF) << 1 | 1).to_bytes(2, "big")
