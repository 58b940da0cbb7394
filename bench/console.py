"""The console before ten thousand open alerts and a hundred thousand in history: how soon it paints and answers.

A real Chromium on this machine looks at the real API over a real database. Cold: each load has an empty cache. What
stands beside it is the API's own answer to the board's first page, which no page can be faster than. The hour of
updates is written as an ingest worker writes it.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from playwright.sync_api import Browser, Page, sync_playwright

from bench.parts import fresh, role, until
from detectors.finding import Finding, Phase, Reason, Severity
from hub import clock
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType, follow, raise_alert
from hub.store.audit import COMMAND_LINE
from hub.store.sessions import make_ticket
from hub.store.tokens import create_token
from hub.store.users import Post, create_user
from hub.store.write import Batch, Store
from tests.support.chromium import chromium
from tests.support.databases import Database
from tests.support.servers import Servers

OPEN, HISTORY = 10_000, 100_000
LOADS, ACKNOWLEDGED = 7, 200
UPDATES_A_SECOND = 20
AT_ONCE = 1000

# When the board's first row stands in the page, from the start of the navigation; the next frame shows it.
_PAINTED = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('.row')) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.__painted = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
# From the key until the row shows it: choose the first row that nobody has dealt with, and acknowledge it.
_ACKNOWLEDGE = """
async () => {
  const row = document.querySelector('.row:not(.dealt):not(.group)[data-id]');
  if (!row) return null;
  const id = row.dataset.id;
  row.click();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const shown = () => document.querySelector(`.row[data-id="${id}"] .tag.good`) !== null;
  const began = performance.now();
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}));
  while (!shown()) {
    if (performance.now() - began > 10000) return -1;
    await new Promise((done) => setTimeout(done, 1));
  }
  return performance.now() - began;
}
"""


def console(servers: Servers, city: Path, runs: int) -> tuple[dict[str, Any], list[tuple[str, str, str, str]]]:
    """Return what was measured and how it stands to its aims; LIANQIN_BENCH_CONSOLE_MIN says for how many minutes."""
    minutes = float(os.environ.get("LIANQIN_BENCH_CONSOLE_MIN", "5"))
    with fresh(servers) as (database, broker):
        alerts = fill(database.dsn, clock.now())
        with role("api", database, broker, city, "listening", LIANQIN_HTTP_PORT="0") as log, _browser() as browser:
            address = _address(log)
            api_s = [_first_page_s(address, database) for _ in range(max(runs, 3))]
            paints = [_paint_s(browser, address, database) for _ in range(LOADS)]
            page = _open(browser, address, database)
            answers = _acknowledged_ms(page)
            page.close()
            page = _open(browser, address, database)
            rows, memory = _under_updates(page, database.dsn, alerts, minutes)
            page.close()
    found = {
        "open": OPEN,
        "history": HISTORY,
        "board_answer_s": api_s,
        "first_paint_s": paints,
        "acknowledge_ms": answers,
        "dom_rows": rows,
        "heap_mb": memory,
        "minutes": minutes,
    }
    return found, _told(found)


def fill(dsn: str, now: datetime) -> list[Alert]:
    """Store the history, then what is open; return the open alerts."""
    store = Store(dsn)
    try:
        first = _raised(0, now - timedelta(days=30), 20)
        _write(store, [first, _followed(first.alert, Phase.CLEARED, 10)])
        _multiply(dsn, first.alert)
        open_ones: list[Alert] = []
        for first in range(0, OPEN, AT_ONCE):
            raised = [
                _raised(HISTORY + number, now - timedelta(hours=6), 2) for number in range(first, first + AT_ONCE)
            ]
            _write(store, raised)
            open_ones += [one.alert for one in raised]
    finally:
        store.close()
    return open_ones


def _multiply(dsn: str, alert: Alert) -> None:
    """Make the history out of one alert that is over: the same again and again, each of another device and time."""
    with psycopg.connect(dsn) as connection:
        names = [
            name
            for (name,) in connection.execute(
                """SELECT attname FROM pg_attribute
                   WHERE attrelid = 'alerts'::regclass AND attnum > 0 AND NOT attisdropped"""
            )
        ]
        times = {name: f"{name} + make_interval(secs => 25 * n)" for name in _TIMES}
        values = {"alert_id": "gen_random_uuid()", "subject": "'gas-' || lpad(n::text, 6, '0')", **times}
        connection.execute(
            f"""INSERT INTO alerts ({", ".join(names)})
                SELECT {", ".join(values.get(name, name) for name in names)} FROM alerts, generate_series(1, %s) AS n
                WHERE alert_id = %s""".encode(),
            (HISTORY, alert.alert_id),
        )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE alerts")


_TIMES = ("since", "raised_at", "cleared_at", "updated_at", "judged_at")


def _raised(number: int, begin: datetime, step_s: int) -> AlertChange:
    at = begin + timedelta(seconds=step_s * (number % HISTORY))
    found = _finding(Phase.RAISED, f"gas-{number:06}", f"{number % 12 + 1:02}", at, at, _severity(number))
    return AlertChange(alert=raise_alert(found, config_version="bench"), type=EventType.RAISED, at=at)


def _severity(number: int) -> Severity:
    return (Severity.CRITICAL, Severity.MAJOR, Severity.MINOR, Severity.WARNING)[(number * 7) % 20 // 5]


def _followed(alert: Alert, phase: Phase, after_s: float) -> AlertChange:
    at = alert.raised_at + timedelta(seconds=after_s)
    changed, kind = follow(alert, _finding(phase, alert.subject, alert.grid, alert.since, at, alert.severity))
    return AlertChange(alert=changed, type=kind, at=at)


def _finding(phase: Phase, subject: str, grid: str, since: datetime, at: datetime, severity: Severity) -> Finding:
    level = 25.0 + at.second
    return Finding(
        rule="gas.leak",
        subject=subject,
        grid=grid,
        since=since,
        at=at,
        phase=phase,
        severity=severity,
        reason=Reason(f"methane {level:g} %LEL for 5 s", {"methane_pct_lel": level, "threshold_pct_lel": 25.0}),
    )


def _write(store: Store, changes: list[AlertChange]) -> None:
    store.write(Batch(at=clock.now(), changes=changes))


@contextmanager
def _browser() -> Iterator[Browser]:
    flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield started
        started.close()


def _address(log: Path) -> str:
    (line,) = [line for line in log.read_text().splitlines() if "listening" in line]
    return "http://" + line.split("http://")[1].split('"')[0]


def _first_page_s(address: str, database: Database) -> float:
    with psycopg.connect(database.dsn) as connection:
        token = create_token(connection, f"bench {time.monotonic()}", "operator")
    began = time.monotonic()
    answer = httpx.get(f"{address}/api/v1/board", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    answer.raise_for_status()
    return time.monotonic() - began


def _ticket(database: Database) -> str:
    now = clock.now()
    with psycopg.connect(database.dsn) as connection:
        user = create_user(
            connection,
            name=f"bench-{int(time.monotonic() * 1e6)}",
            post=Post(role="operator"),
            actor=COMMAND_LINE,
            at=now,
            must_change_password=False,
        )
        return make_ticket(connection, user, at=now, valid=timedelta(minutes=5))


def _open(browser: Browser, address: str, database: Database) -> Page:
    """Sign in, and wait until the board stands there."""
    page = browser.new_context(base_url=address, viewport={"width": 1920, "height": 1080}).new_page()
    page.goto(f"/console/board#ticket={_ticket(database)}")
    page.wait_for_selector(".row")
    return page


def _paint_s(browser: Browser, address: str, database: Database) -> float:
    """Return how long a reload of the board takes until its rows are painted, with an empty cache and a session."""
    page = _open(browser, address, database)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.clearBrowserCache")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.add_init_script(_PAINTED)
    page.reload()
    until(lambda: page.evaluate("window.__painted ?? null") is not None, "the board to be painted")
    painted = float(page.evaluate("window.__painted"))
    page.context.close()
    return painted / 1000


def _acknowledged_ms(page: Page) -> list[float]:
    answers = []
    for _ in range(ACKNOWLEDGED):
        took = page.evaluate(_ACKNOWLEDGE)
        if took is None or took < 0:
            raise RuntimeError("an acknowledgement did not show within ten seconds")
        answers.append(float(took))
    return answers


def _under_updates(page: Page, dsn: str, alerts: list[Alert], minutes: float) -> tuple[int, list[float]]:
    """Update alerts for that long; return the most rows that the page ever held, and its heap after each part."""
    devtools = page.context.new_cdp_session(page)
    store = Store(dsn)
    rows, heap, count = 0, [], 0
    end = time.monotonic() + 60 * minutes
    part_s = max(15.0, 60 * minutes / 12)
    next_look = time.monotonic() + 10  # every page of the board is in by then
    began = time.monotonic()
    try:
        while time.monotonic() < end:
            due = int((time.monotonic() - began) * UPDATES_A_SECOND)
            changes = []
            while count < due and len(changes) < UPDATES_A_SECOND:
                place = (count * 7919) % len(alerts)
                change = _followed(alerts[place], Phase.UPDATED, 30 + count % 3600)
                alerts[place] = change.alert
                changes.append(change)
                count += 1
            if changes:
                _write(store, changes)
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + part_s
                rows = max(rows, page.locator(".row").count())
                devtools.send("HeapProfiler.collectGarbage")
                heap.append(devtools.send("Runtime.getHeapUsage")["usedSize"] / 2**20)
                gc.collect()
            time.sleep(0.1)
    finally:
        store.close()
    return rows, heap


def _told(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    paint = statistics.median(found["first_paint_s"])
    answer = statistics.median(found["board_answer_s"])
    p95 = statistics.quantiles(found["acknowledge_ms"], n=20)[-1]
    heap = found["heap_mb"]
    grown = heap[-1] / heap[0] if heap else float("nan")
    return [
        (
            f"console: first paint with {OPEN:,} open alerts, {HISTORY:,} in history (the API's answer {answer:.2f} s)",
            f"{paint:.2f} s",
            "< 1 s",
            _kept(paint < 1),
        ),
        ("console: acknowledge, key to row, p95", f"{p95:.0f} ms", "< 100 ms", _kept(p95 < 100)),
        ("console: rows in the page", str(found["dom_rows"]), "≤ 100", _kept(found["dom_rows"] <= 100)),
        (
            f"console: heap after {found['minutes']:g} min of {UPDATES_A_SECOND} updates/s ÷ at their beginning",
            f"{grown:.2f} ({heap[0]:.0f} → {heap[-1]:.0f} MB)" if heap else "—",
            "steady",
            _kept(grown < 1.15),
        ),
    ]


def _kept(kept: bool) -> str:
    return "kept" if kept else "missed"
