"""A publisher that costs next to nothing: an address and what to publish in, QoS 1 messages on the wire out.

It speaks just enough MQTT 3.1.1 on a bare socket, with packets made beforehand, so that what is measured is the broker
and whoever receives. `python -m bench.flood HOST PORT KIND COUNT BEGIN [RATE]` says "ready", waits for a line,
publishes (at most RATE a second, 0: as fast as the broker takes them) and says when it began and ended, in monotonic
seconds.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time
from collections.abc import Iterator
from datetime import datetime

from bench.town import batches, singles

IN_FLIGHT = 500
CHUNK = 50
PUBACK = 4  # bytes


def main() -> None:
    host, port, kind, count, begin, *rate = sys.argv[1:]
    made = (batches if kind == "batches" else singles)(int(count), datetime.fromisoformat(begin))
    packets = [publication(number % 65535 + 1, *message) for number, message in enumerate(made)]
    with socket.create_connection((host, int(port))) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(connection("bench-flood"))
        if sock.recv(4)[:1] != b"\x20":
            raise SystemExit("the broker refused the publisher")
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.monotonic()
        send(sock, packets, float(rate[0]) if rate else 0.0)
        print(began, time.monotonic(), flush=True)
        sock.sendall(b"\xe0\x00")


def send(sock: socket.socket, packets: list[bytes], rate: float) -> None:
    """Publish all of `packets` and wait for the broker's word on each; never more than IN_FLIGHT without it."""
    sock.setblocking(False)
    began, sent, answered = time.monotonic(), 0, 0  # the last in bytes
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        while answered < PUBACK * len(packets):
            allowed = len(packets) if not rate else int((time.monotonic() - began) * rate)
            if not pending and sent < min(allowed, len(packets), answered // PUBACK + IN_FLIGHT):
                upto = min(sent + CHUNK, allowed, len(packets))
                pending, sent = b"".join(packets[sent:upto]), upto
            if pending:
                try:
                    pending = pending[sock.send(pending) :]
                except BlockingIOError:
                    selector.modify(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            if selector.select(0 if pending else 0.002):
                try:
                    received = sock.recv(65536)
                    if not received:
                        raise SystemExit("the broker closed the connection")
                    answered += len(received)
                except BlockingIOError:
                    selector.modify(sock, selectors.EVENT_READ)


def connection(name: str) -> bytes:
    """Return the packet that opens a clean session."""
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + _text(name)
    return b"\x10" + _length(len(body)) + body


def publication(mid: int, topic: str, payload: bytes) -> bytes:
    """Return the packet that publishes at QoS 1."""
    body = _text(topic) + mid.to_bytes(2, "big") + payload
    return b"\x32" + _length(len(body)) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _length(size: int) -> bytes:
    return bytes(_septets(size))


def _septets(size: int) -> Iterator[int]:
    while True:
        size, septet = divmod(size, 128)
        yield septet | (0x80 if size else 0)
        if not size:
            return


if __name__ == "__main__":
    main()
