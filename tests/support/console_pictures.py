"""The console's pictures for the README: nothing in, docs/pictures/console-*.png out, taken of a demo of their own.

    .venv/bin/python -m tests.support.console_pictures [FOLDER [NAME ...]]

All of them, or those that are named, such as `tuning`. It starts `lianqin demo` in a folder that goes away, waits until
its city has come into trouble, does what a shift does, over the API as the demo's people, and photographs the pages. It
takes about four minutes.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.chromium import chromium

ROOT = Path(__file__).parents[2]
DESK, TALL, BENCH, PHONE = (1366, 768), (1366, 1060), (1366, 1340), (390, 760)
TROUBLE_S, SETTLE_MS = 300.0, 2500
AWAITED = frozenset({"gas.leak", "water.burst", "streetlight.circuit_out", "parking.illegal", "drainage.level"})


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: where it is, and what its people sign in with."""

    address: str
    password: str

    def client(self, name: str) -> httpx.Client:
        """Return a client signed in as one of its people."""
        client = httpx.Client(base_url=f"{self.address}/api/v1", timeout=30, trust_env=False)
        answer = client.post("/session", json={"name": name, "password": self.password}).raise_for_status()
        client.headers.update({"X-CSRF-Token": answer.json()["csrf_token"], "Origin": self.address})
        return client


@contextmanager
def demo() -> Iterator[Demo]:
    """Run a demo in a folder of its own."""
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LIANQIN_DATA": folder, "LIANQIN_HTTP_PORT": str(port), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "hub.cli", "demo", "--no-open"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "comes to life" in line:
                    break
            else:
                raise SystemExit("the demo did not start")
            yield Demo(f"http://127.0.0.1:{port}", (Path(folder) / "demo" / "password").read_text().strip())
        finally:
            process.terminate()
            process.communicate(timeout=60)


def await_trouble(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """Wait until the alerts that the pictures are of are there; return them by rule."""
    deadline = time.monotonic() + TROUBLE_S
    while True:
        alerts = client.get("/alerts", params={"limit": 200}).raise_for_status().json()["items"]
        found = {alert["rule"]: alert for alert in reversed(alerts) if alert["inhibited_by"] is None}
        if found.keys() >= AWAITED:
            return found
        if time.monotonic() > deadline:
            raise SystemExit(f"these did not come: {', '.join(sorted(AWAITED - found.keys()))}")
        time.sleep(2)


def work(running: Demo, alerts: dict[str, dict[str, Any]]) -> str:
    """Do what a shift does; return the id of the case that is being handled."""
    operator, dispatcher = running.client("operator"), running.client("dispatcher")
    for rule in ("streetlight.circuit_out", "drainage.level"):
        operator.post(f"/alerts/{alerts[rule]['id']}/acknowledge").raise_for_status()
    cases = []
    for rule in ("water.burst", "parking.illegal", "streetlight.circuit_out"):
        case = operator.post("/cases", json={"alerts": [alerts[rule]["id"]]}).raise_for_status().json()["id"]
        operator.post(f"/cases/{case}/file", json={}).raise_for_status()
        dispatcher.post(f"/cases/{case}/dispatch", json={}).raise_for_status()
        cases.append(case)
    admin = running.client("admin")
    admin.post(f"/cases/{cases[0]}/take", json={}).raise_for_status()
    admin.post(f"/cases/{cases[0]}/progress", json={"note": "已关阀, 正在开挖"}).raise_for_status()
    found: str = cases[0]
    return found


def photograph(
    running: Demo, browser: Browser, alerts: dict[str, dict[str, Any]], case: str, folder: Path, names: Sequence[str]
) -> None:
    """Write the pictures of those names, of all where there is none, in both languages."""
    for language in ("en", "zh"):
        page = signed_in(running, browser, language, DESK)
        for name, path in (
            ("board", "/board"),
            ("alert", f"/alerts/{alerts['gas.leak']['id']}"),
            ("evidence", f"/alerts/{alerts['parking.illegal']['id']}"),
            ("map", "/map"),
            ("case", f"/cases/{case}"),
            ("tuning", workbench(alerts["parking.illegal"])),
        ):
            if names and name not in names:
                continue
            size = TALL if path.startswith("/alerts/") else BENCH if name == "tuning" else DESK
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.goto(f"{running.address}/console{path}")
            page.wait_for_timeout(SETTLE_MS)
            if name == "tuning":
                page.wait_for_selector(".diff-row")
                page.wait_for_timeout(SETTLE_MS)
            if name == "board":
                page.keyboard.press("j")
                page.wait_for_timeout(SETTLE_MS)
            else:
                put_away(page)
            take(page, folder / f"console-{name}-{language}.png")
        page.context.close()
        if names and "inbox" not in names:
            continue
        phone = signed_in(running, browser, language, PHONE)
        phone.goto(f"{running.address}/console/inbox")
        phone.wait_for_timeout(SETTLE_MS)
        take(phone, folder / f"console-inbox-{language}.png")
        phone.context.close()


def workbench(alert: dict[str, Any]) -> str:
    """Return the address of the workbench on the minutes around an alert, with a longer stay tried: it comes later."""
    raised = datetime.fromisoformat(alert["raised_at"])
    asked = {
        "rule": alert["rule"],
        "subject": alert["subject"],
        "since": (raised - timedelta(minutes=2)).isoformat(),
        "until": (raised + timedelta(minutes=3)).isoformat(),
        "set": f"{alert['rule']}.dwell_s=90",
    }
    return f"/tuning/work?{urlencode(asked)}"


def signed_in(running: Demo, browser: Browser, language: str, size: tuple[int, int]) -> Page:
    """Return a page of the console, signed in as the demo's administrator."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN" if language == "zh" else "en-GB",
        has_touch=size == PHONE,
    )
    context.add_init_script(f"localStorage.setItem('lianqin.language', '{language}')")
    page = context.new_page()
    page.goto(f"{running.address}/console/board")
    fields = page.locator("form input")
    fields.nth(0).fill("admin")
    fields.nth(1).fill(running.password)
    fields.nth(1).press("Enter")
    page.wait_for_selector(".console")
    return page


def put_away(page: Page) -> None:
    """Put the tour away, so that the page has the whole window."""
    button = page.locator(".tour header button")
    if button.count():
        button.click()
        page.wait_for_timeout(SETTLE_MS)


def take(page: Page, path: Path) -> None:
    """Photograph the page, in few colours; where a street is in it as well, few are not enough."""
    page.screenshot(path=path)
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    if not page.locator(".diff-one img").count():
        # The kind of quantising that keeps the few pixels of a warning's own colour.
        whole = whole.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    whole.save(path, optimize=True)
    print(f"{path}  {path.stat().st_size / 1024:.0f} KiB", flush=True)


def main(argv: list[str]) -> None:
    """Take pictures into the folder that is named, docs/pictures by default; all of them, or those that are named."""
    folder = Path(argv[0]) if argv else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with demo() as running, sync_playwright() as playwright:
        alerts = await_trouble(running.client("admin"))
        case = work(running, alerts)
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        photograph(running, browser, alerts, case, folder, argv[1:])
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
