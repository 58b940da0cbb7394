"""Old and new weights held against each other in the console, and verdicts made into a dataset with its pictures."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest
import yaml
from playwright.sync_api import Page, expect

from detectors.vision.pictures import jpeg
from hub.vision_settings import SHIPPED_MODEL
from ingest.observation import Box
from tests.browser.axe import serious
from tests.browser.conftest import PHONE, Console, comes_true
from tests.support import kerb
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.stored import NOW, batch, frame, picture, raised
from tests.support.tuning_role import tuning
from tests.support.video import street, with_square

RECORDING = "cam-01_20261122T090000.mp4"
BLIND = "blind_openvino_model"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording, the shipped weights, the same blind to cars, and a file that is no weights."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "recordings").mkdir()
    kerb.write_recording(folder / "recordings" / RECORDING)
    for name in ("shipped_openvino_model", BLIND):
        shutil.copytree(SHIPPED_MODEL, folder / "weights" / name)
    about = folder / "weights" / BLIND / "metadata.yaml"
    about.write_text(about.read_text(encoding="utf-8").replace("0: car", "0: shed"), encoding="utf-8")
    (folder / "weights" / "broken.pt").write_bytes(b"")
    return folder


@pytest.fixture
def api(plain_database: Database, tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A served hub over the street's city, with the tuning role beside it."""
    monkeypatch.setenv("LIANQIN_CITY", str(tmp_path / "city.yaml"))
    monkeypatch.setenv("LIANQIN_DATA", str(tmp_path))
    monkeypatch.setenv("LIANQIN_TUNING_FILES", str(shelf))
    thresholds = yaml.safe_dump(kerb.THRESHOLDS)
    with serving_over(plain_database.dsn, tmp_path, thresholds, city_text=kerb.city_text()) as api, tuning(api):
        yield api


def verdict(api: Api, said: str, second: int) -> None:
    """Store an alert of the street with its picture and frame, and an operator's word on it."""
    found = raised(rule="parking.illegal", subject=f"kerb@0.{second},0.40", grid="02", second=second)
    car = Box("car", 0.75, 7, 0.1, 0.2, 0.3, 0.4)
    alert = replace(found.alert, camera_id="cam-01", box=car)
    seen = replace(frame(second), camera_id="cam-01", boxes=(car,))
    api.write(batch(frames=[seen], changes=[replace(found, alert=alert)], grid="02"))
    shot = picture(
        alert, kind="confirmation", jpeg=jpeg(with_square(street(), second / 100, 0.4, side=60), 80), second=second
    )
    api.write(batch(pictures=[shot], grid="02"))
    word = {"is": said, "by": "ops", "at": NOW.isoformat(), "reason": "a van"}
    with psycopg.connect(api.dsn, autocommit=True) as connection:
        connection.execute("UPDATE alerts SET verdict = %s WHERE alert_id = %s", (json.dumps(word), alert.alert_id))


def is_drawn(page: Page, selector: str) -> bool:
    return bool(page.eval_on_selector(selector, "(image) => image.complete && image.naturalWidth > 100"))


def labels(api: Api) -> list[tuple[str, str]]:
    return [(verdict, rule) for verdict, rule in api.rows("SELECT verdict, rule FROM labels")]


def test_an_engineer_sees_what_other_weights_would_miss_and_says_that_it_was_real(console: Console, api: Api) -> None:
    page = console("engineer", "en", path="/tuning/weights")
    compare = page.get_by_role("region", name="Old and new weights")
    expect(compare.get_by_label("Recording")).to_have_value(RECORDING)
    expect(compare.get_by_label("Camera", exact=True)).to_have_value("cam-01")
    expect(compare.get_by_label("It begins at")).to_have_value("2026-11-22T09:00")
    expect(compare.get_by_label("New weights").locator("option", has_text="broken.pt")).to_contain_text(
        "cannot be used"
    )
    compare.get_by_role("button", name="Compare").click()
    expect(compare.get_by_role("alert")).to_have_text("Choose the new weights.")

    compare.get_by_label("New weights").select_option("shipped_openvino_model")
    compare.get_by_role("button", name="Compare").click()
    expect(compare.get_by_text("The same alerts")).to_be_visible(timeout=60_000)

    compare.get_by_label("New weights").select_option(BLIND)
    compare.get_by_role("button", name="Compare").click()
    change = compare.locator(".weights-change")
    expect(change).to_have_count(1, timeout=60_000)
    expect(change).to_contain_text("vanished")
    expect(change).to_contain_text("kerb@")
    expect(change.get_by_text("not raised")).to_be_visible()
    comes_true(page, partial(is_drawn, page, ".weights-change img"))
    sides = compare.get_by_role("region", name="Both sets of weights")
    expect(sides.locator("thead th")).to_have_text(["Score", "the camera's own weights", BLIND])
    expect(sides.locator("tbody tr").first.locator("td")).to_have_text(["Alerts", "1", "0"])
    assert serious(page) == []

    change.get_by_role("button", name="True").click()
    comes_true(page, lambda: labels(api) == [("true", "parking.illegal")])
    page.reload()  # the run stands in the address
    expect(compare.locator(".weights-change")).to_have_count(1)
    compare.get_by_label("New weights").select_option(BLIND)
    compare.get_by_role("button", name="Compare").click()
    expect(change.get_by_role("button", name="True")).to_have_attribute("aria-pressed", "true", timeout=60_000)
    expect(compare.get_by_text("of the 10 that are needed").first).to_be_visible()
    earlier = page.get_by_role("region", name="Earlier comparisons")
    expect(earlier.locator("li")).to_have_count(3)
    page.goto("/console/tuning")
    expect(page.locator(".runs")).to_contain_text("Comparison of weights")
    expect(page.locator(".runs li")).to_have_count(3)  # what the page asked by itself is not listed


def test_what_people_said_becomes_a_dataset_that_is_looked_at_and_downloaded(console: Console, api: Api) -> None:
    verdict(api, "real", 30)
    verdict(api, "false_alarm", 50)
    page = console("engineer", "en", path="/tuning/weights")
    made = page.get_by_role("region", name="Dataset from labels")
    made.get_by_label("From", exact=True).fill("2026-12-24T00:00")
    made.get_by_role("button", name="Make the dataset").click()
    expect(made.get_by_role("alert")).to_have_text("The end must lie after the beginning.")
    made.get_by_label("From", exact=True).fill("2026-11-01T00:00")
    made.get_by_label("To", exact=True).fill("2026-12-24T00:00")
    made.get_by_label("Blur people").uncheck()
    made.get_by_role("button", name="Make the dataset").click()
    expect(made.get_by_role("heading", name=re.compile("^Pictures: 2"))).to_be_visible()
    counts = made.locator(".weights-counts")
    expect(counts.locator("div", has_text="Boxes confirmed").locator("dd")).to_have_text("1")
    expect(counts.locator("div", has_text="Without a box").locator("dd")).to_have_text("1")
    expect(made.get_by_text("nothing to validate with")).to_be_visible()
    comes_true(page, partial(is_drawn, page, ".weights-pictures img"))
    expect(made.locator(".weights-pictures rect.confirmed")).to_have_count(1)
    with page.expect_download() as waiting:
        made.get_by_role("link", name="Download the ZIP").click()
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        assert {"data.yaml", "manifest.json", "README.txt"} <= set(archive.namelist())
    assert serious(page) == []


def test_a_phone_in_chinese_and_a_reader_who_may_not_start_anything(console: Console, api: Api) -> None:
    page = console("engineer", "zh", path="/tuning/weights", size=PHONE, theme="light")
    expect(page.get_by_role("button", name="开始比较")).to_be_visible()
    assert serious(page) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]
    reader = console("supervisor", "en", path="/tuning/weights")
    expect(reader.get_by_role("heading", name="Old and new weights")).to_be_visible()
    expect(reader.get_by_role("button", name="Compare")).to_have_count(0)
