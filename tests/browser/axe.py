"""A page in, what axe finds wrong with it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import ROOT

AXE = ROOT / "hub" / "console" / "node_modules" / "axe-core" / "axe.min.js"


def serious(page: Page) -> list[str]:
    """Return what axe finds serious or critical on the page, each with where.

    It is looked at without motion: whatever is half faded in has too little contrast, for a fifth of a second.
    """
    page.emulate_media(reduced_motion="reduce")
    try:
        return _found(page)
    finally:
        page.emulate_media(reduced_motion="null")


def _found(page: Page) -> list[str]:
    # Into a world of its own: the page's policy lets no other script in, and shall not for a test.
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})["executionContextId"]
    script = Path(AXE).read_text(encoding="utf-8")
    session.send("Runtime.evaluate", {"expression": script, "contextId": world})
    found: Any = session.send(
        "Runtime.evaluate",
        {
            "expression": "axe.run({resultTypes: ['violations']}).then(found => found.violations)",
            "contextId": world,
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["result"]["value"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
