"""A shift: a leak is seen, acknowledged, filed, dispatched, sent back once, verified, closed and evaluated.

The desks are worked by keys alone, the department's part on a phone; in both languages, each page looked over by axe.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from detectors.finding import Phase, Severity
from hub.store.chain import verify
from tests.browser.axe import serious
from tests.browser.conftest import PHONE, ROOT, Console
from tests.browser.filled import incident, leaking, write
from tests.browser.pictures import png
from tests.support.api import Api
from tests.support.stored import batch, followed

_LINE = re.compile(r'^\s*"([\w.-]+)":\s*"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
_MOST_TABS = 60


@cache
def _catalogue(language: str) -> dict[str, str]:
    folder = ROOT / "hub" / "console" / "src" / "i18n" / language
    return {key: text for path in folder.glob("*.ts") for key, text in _LINE.findall(path.read_text(encoding="utf-8"))}


class Desk:
    """A page worked by keys alone."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.words = page, _catalogue(language)
        page.evaluate("window.pressed = 0; addEventListener('pointerdown', () => { window.pressed += 1 }, true)")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, wanted: Locator) -> None:
        """Go on with Tab until what is wanted has the focus."""
        expect(wanted).to_be_visible()
        for _ in range(_MOST_TABS):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not reach {wanted}")

    def order(self, key: str, button: str, *, note: str = "", score: str = "") -> None:
        """Give an order on a case's page by its key, and send its dialog off."""
        offered = self.page.locator(".case-actions").get_by_role("button", name=self.words[button], exact=True)
        expect(offered).to_be_visible()  # the page follows what others did
        self.press(key)
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        assert serious(self.page) == [], button
        if score:
            self.tab_to(dialog.get_by_role("button", name=self.words["cases.score-of"].replace("{n}", score)))
            self.press("Space")
        if note:
            self.tab_to(dialog.get_by_label(self.words["cases.note"]))
            self.page.keyboard.insert_text(note)
        self.tab_to(dialog.get_by_role("button", name=self.words[button], exact=True))
        self.press("Enter")
        expect(dialog).to_have_count(0)

    def stage(self, name: str) -> None:
        """Wait until the case's page shows that stage."""
        expect(self.page.locator(".case-head .tag").first).to_have_text(self.words[f"cases.stage.{name}"])

    def check(self) -> None:
        """Look over the page, and see that no pointer was used on it."""
        assert serious(self.page) == []
        assert self.page.evaluate("window.pressed") == 0


def on_phone(crew: Page, words: dict[str, str], button: str, *, note: str = "", photo: Path | None = None) -> None:
    """Give an order in the department's inbox by tapping."""
    assert serious(crew) == []
    assert crew.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    crew.locator(".inbox-offers").get_by_role("button", name=words[button], exact=True).tap()
    dialog = crew.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if note:
        dialog.get_by_label(words["cases.note"]).fill(note)
    if photo:
        dialog.locator("input[type=file]").set_input_files(photo)
        expect(dialog.locator(".photos img")).to_have_count(1)
    assert serious(crew) == [], button
    dialog.get_by_role("button", name=words[button], exact=True).tap()
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_a_leak_from_its_discovery_to_a_verified_end(
    console: Console, api: Api, tmp_path: Path, language: str, theme: str
) -> None:
    words = _catalogue(language)
    operator = Desk(console("operator", language, theme=theme), language)
    expect(operator.page.locator(".live")).to_have_text(words["shell.feed-live"])
    operator.check()

    # A leak arrives: it is seen and heard, and the operator takes it upon themselves.
    (leak,) = write(api, incident("gas-1", severity=Severity.CRITICAL, second=-10, value=41.2, limit=25))
    api.write(batch(readings=leaking()))
    row = operator.page.locator(".row", has_text="gas-1")
    expect(row).to_contain_text(words["ui.severity.critical"])
    expect(operator.page.locator(".sound-tool")).to_have_attribute("data-sounded", "critical")
    operator.press("j", "a")
    expect(row).to_contain_text(words["board.me"])
    operator.check()
    operator.press("Enter")
    expect(operator.page.locator(".plot canvas")).to_be_visible()
    operator.check()
    operator.page.go_back()
    expect(row).to_be_visible()

    # They file it.
    operator.press("j", "d")
    dialog = operator.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=words["board.file-only"])).to_be_visible()
    assert serious(operator.page) == []
    operator.tab_to(dialog.get_by_role("button", name=words["board.file-only"]))
    operator.press("Enter")
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text(words["cases.stage.filed"])
    operator.check()

    # The dispatcher sends it where the plan says.
    dispatcher = Desk(console("dispatcher", language, theme=theme), language)
    expect(dispatcher.page.locator(".row", has_text="gas-1")).to_be_visible()
    dispatcher.press("j", "d")
    dialog = dispatcher.page.get_by_role("dialog")
    dispatcher.tab_to(dialog.get_by_role("button", name=words["board.dispatch"], exact=True))
    dispatcher.press("Enter")
    expect(dialog).to_have_count(0)
    expect(dispatcher.page.locator(".row", has_text="gas-1")).to_contain_text(words["cases.stage.dispatched"])
    dispatcher.check()
    (case,) = api.client("admin").get("/api/v1/cases").json()["items"]
    dispatcher.page.goto(f"/console/cases/{case['id']}")
    dispatcher = Desk(dispatcher.page, language)
    dispatcher.stage("dispatched")
    dispatcher.check()

    # The department takes it on a phone and reports it done, with a photo.
    crew = console("department", language, path="/inbox", size=PHONE, theme=theme, department=case["department"])
    on_phone(crew, words, "cases.do.take")
    on_phone(crew, words, "cases.do.report-done", note="Flange tightened", photo=png(tmp_path))
    dispatcher.stage("done")

    # It was not: sent back, done again, and this time it holds.
    photo = dispatcher.page.locator(".timeline .photos img").first
    expect(photo).to_be_visible()
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 32
    dispatcher.order("r", "cases.do.rework", note="Still 12 %LEL at the kerb")
    expect(crew.get_by_text("Still 12 %LEL at the kerb")).to_be_visible()
    on_phone(crew, words, "cases.do.take")
    on_phone(crew, words, "cases.do.report-done", note="Joint replaced, no gas for an hour")
    api.write(batch(changes=[followed(leak, Phase.CLEARED, second=-1)]))
    dispatcher.stage("done")
    dispatcher.order("v", "cases.do.verify")
    dispatcher.stage("verified")
    dispatcher.order("c", "cases.do.close")
    dispatcher.stage("closed")
    dispatcher.check()
    expect(row).to_contain_text(words["board.over"])  # under the operator's cursor nothing goes away
    operator.press("Escape")
    expect(row).to_have_count(0)
    operator.check()

    # The supervisor evaluates it, and it counts.
    supervisor = Desk(console("supervisor", language, path=f"/cases/{case['id']}", theme=theme), language)
    supervisor.order("e", "cases.do.evaluate", score="4")
    expect(supervisor.page.locator(".facts")).to_contain_text(
        words["cases.evaluated-by"].format(score=4, by="supervisor-one")
    )
    supervisor.check()
    supervisor.page.goto("/console/supervision")
    expect(supervisor.page.locator(".supervision tbody tr")).to_have_count(1)
    assert serious(supervisor.page) == []

    ended = api.client("admin").get(f"/api/v1/cases/{case['id']}").json()
    assert (ended["stage"], ended["reworks"], ended["evaluation"]["score"]) == ("closed", 1, 4)
    steps = api.client("admin").get(f"/api/v1/cases/{case['id']}/timeline").json()["items"]
    told = [step["type"].removeprefix("case.") for step in steps]
    once = ["taken", "reported_done"]
    assert told == ["collected", "filed", "dispatched", *once, "reworked", *once, "verified", "closed", "evaluated"]
    people = ["operator"] * 2 + ["dispatcher"] + ["department"] * 2 + ["dispatcher"] + ["department"] * 2
    people += ["dispatcher"] * 2 + ["supervisor"]
    assert [step["by"] for step in steps] == [f"{role}-one" for role in people]
    with psycopg.connect(api.dsn) as connection:
        assert verify(connection).problems == []
