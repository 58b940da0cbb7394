"""What axe-core has against a page: a page in, its serious findings as lines out."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "hub" / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = "() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"


def findings(page: Page) -> list[str]:
    """Return each serious or critical finding with the elements it is about."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in page.evaluate(_RUN)
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
