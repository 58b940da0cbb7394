"""`python -m dispatch_client pull|stream|webhook`: follows the feed one way, and sends what follows from it."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from dispatch_client.crew import Crew
from dispatch_client.hub import Gone, Hub, Later
from dispatch_client.store import Decide, Store
from dispatch_client.webhook import server

LONGEST_WAIT_S = 30.0


def main() -> int:
    """Run until SIGINT or SIGTERM; being killed costs nothing either."""
    parser = argparse.ArgumentParser(prog="dispatch_client", description=__doc__)
    parser.add_argument("how", choices=["pull", "stream", "webhook"])
    parser.add_argument("--hub", default="http://127.0.0.1:8600", help="the hub's address")
    parser.add_argument("--database", type=Path, default=Path("dispatch.sqlite"), help="where everything is kept")
    parser.add_argument("--departments", default="", help="whose cases are ours, parted by commas; all by default")
    parser.add_argument("--listen", default="127.0.0.1:8700", help="for webhooks: host:port")
    given = parser.parse_args()
    token = os.environ.get("DISPATCH_TOKEN", "")
    secrets = os.environ.get("DISPATCH_SECRETS", "").split()
    if not token or (given.how == "webhook" and not secrets):
        parser.error("set DISPATCH_TOKEN, and for webhooks DISPATCH_SECRETS (two during a rotation, parted by a space)")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))  # wherever it is: what was not committed did not happen

    hub = Hub(given.hub, token)
    departments = frozenset(filter(None, (part.strip() for part in given.departments.split(","))))
    Store(given.database).close()
    crew = Crew(_patiently(hub.name), departments)
    threading.Thread(target=send, args=(hub, given.database), daemon=True).start()
    try:
        if given.how == "webhook":
            receive(given.listen, secrets, given.database, crew.decide)
        else:
            follow(hub, given.database, crew.decide, streaming=given.how == "stream")
    except Gone as error:
        print(f"dispatch_client: {error}", file=sys.stderr)
        return 1
    return 0


def follow(hub: Hub, database: Path, decide: Decide, *, streaming: bool) -> None:
    """Take the feed in from where we are, pulled or streamed, for ever. A lost connection begins where it ended."""
    store, waits = Store(database), _Waits()
    while True:
        try:
            if streaming:
                for item in hub.stream(store.cursor()):
                    store.take_in([item], decide, cursor=item["seq"])
                    waits.reset()
            else:
                items, after = hub.pull(store.cursor())
                if items or after != store.cursor():
                    store.take_in(items, decide, cursor=after)
                waits.reset()
        except Later as later:
            time.sleep(waits.next_s(later))


def receive(listen: str, secrets: list[str], database: Path, decide: Decide) -> None:
    """Take webhooks in. The hub sends each until it is taken, so there is no place to remember."""

    def handle(event: Any) -> None:
        if event["type"] == "lianqin.ping":
            return
        store = Store(database)  # each request has its own thread
        try:
            store.take_in([event["data"]], decide)
        finally:
            store.close()

    host, _, port = listen.rpartition(":")
    made = server(host, int(port), secrets, handle)
    print(f"listening on {made.server_address[0]}:{made.server_address[1]}", flush=True)
    made.serve_forever()


def send(hub: Hub, database: Path) -> None:
    """Send what waits in the outbox until the hub has answered, each case's one after the other."""
    store, waits = Store(database), _Waits()
    while True:
        waiting = store.waiting()
        try:
            for each in waiting:
                done, answer = hub.send(each)
                store.answered(each.row, done=done, answer=answer)
                if not done:
                    print(f"refused: {each.order.command} of {each.order.case_id}: {answer}", file=sys.stderr)
                waits.reset()
        except Later as later:
            time.sleep(waits.next_s(later))
        if not waiting:
            time.sleep(0.2)


class _Waits:
    """Waits that grow while nothing succeeds, drawn at random so that many clients do not come back together."""

    def __init__(self) -> None:
        self._wait_s = 0.2

    def reset(self) -> None:
        self._wait_s = 0.2

    def next_s(self, later: Later) -> float:
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
        return max(later.wait_s or 0.0, self._wait_s * random.uniform(0.5, 1.0))


def _patiently(work: Callable[[], str]) -> str:
    waits = _Waits()
    while True:
        try:
            return work()
        except Later as later:
            print(f"the hub cannot be asked yet: {later}", file=sys.stderr)
            time.sleep(waits.next_s(later))
        except httpx.HTTPStatusError as error:
            raise SystemExit(f"dispatch_client: {error}") from None


if __name__ == "__main__":
    raise SystemExit(main())
