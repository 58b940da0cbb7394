"""The page of one alert: why, evidence and its proof, readings with their limits, what to do, and who did what."""

from __future__ import annotations

import re

import cv2
import numpy as np
from playwright.sync_api import expect

from detectors.finding import Phase
from tests.browser.conftest import Console
from tests.browser.filled import fill, incident, write
from tests.support.api import Api
from tests.support.stored import batch, followed, picture


def _jpeg(shade: int) -> bytes:
    painted = np.full((90, 160, 3), shade, np.uint8)
    return bytes(cv2.imencode(".jpg", painted)[1])


def test_it_says_why_what_to_do_and_draws_the_readings_with_the_threshold(console: Console, api: Api) -> None:
    leak = fill(api)["gas-1"]
    page = console("operator", "zh", path=f"/alerts/{leak.alert_id}")
    expect(page.get_by_role("heading", name="燃气泄漏")).to_be_visible()
    expect(page.locator(".alert-why")).to_contain_text("甲烷浓度 31.5 %LEL，达到阈值 25 %LEL")
    expect(page.locator(".guidance")).to_contain_text("燃气公司")
    expect(page.locator(".numbers .limit")).to_contain_text("25 %LEL")
    expect(page.locator(".plot-limit.threshold")).to_contain_text("25")
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.locator(".alert-facts")).to_contain_text("c0ffee")
    expect(page.locator(".timeline li")).to_have_count(1)


def test_evidence_is_proved_in_the_browser_and_by_the_record(console: Console, api: Api) -> None:
    parked = fill(api)["zone-1@0.42,0.55"]
    api.write(
        batch(
            pictures=[
                picture(parked, kind="first_sight", jpeg=_jpeg(60), second=-1500),
                picture(parked, kind="confirmation", jpeg=_jpeg(120), second=-900),
                picture(parked, kind="clear", missing="gap", second=-600),
            ]
        )
    )
    page = console("operator", "en", path=f"/alerts/{parked.alert_id}")
    expect(page.locator(".picture")).to_have_count(2)
    expect(page.locator(".picture .tag.good")).to_have_count(2)
    expect(page.locator(".picture rect")).to_have_count(2)
    page.get_by_label("Show boxes").uncheck()
    expect(page.locator(".picture rect")).to_have_count(0)
    expect(page.locator(".pictures")).to_contain_text("there was no picture at that time")
    expect(page.locator(".tag.good", has_text="whole and unchanged")).to_be_visible()

    api.rows(f"UPDATE alerts SET owner = 'nobody you know' WHERE alert_id = '{parked.alert_id}' RETURNING 1")
    page.reload()
    expect(page.locator(".tag.bad", has_text="changed or is incomplete")).to_be_visible()


def test_what_is_done_elsewhere_appears_without_loading_again(console: Console, api: Api) -> None:
    leak = fill(api)["gas-1"]
    page = console("operator", "en", path=f"/alerts/{leak.alert_id}")
    expect(page.locator(".timeline li")).to_have_count(1)
    with api.client("admin") as client:
        client.post(f"/api/v1/alerts/{leak.alert_id}/shelve", json={"for_s": 3600, "reason": "works"})
    expect(page.locator(".alert-title")).to_contain_text("shelved until")
    expect(page.locator(".timeline li").first).to_contain_text("the admin")
    expect(page.locator(".timeline li").first).to_contain_text("works")
    api.write(batch(changes=[followed(leak, Phase.CLEARED, second=-5)]))
    expect(page.locator(".timeline li").first).to_contain_text("Cleared")
    expect(page.get_by_role("button", name="Shelve")).to_have_count(0)


def test_what_happened_at_the_same_place_before_is_told(console: Console, api: Api) -> None:
    (first,) = write(api, incident("gas-1", second=-90_000))
    api.write(batch(changes=[followed(first, Phase.CLEARED, second=-88_000)]))
    (again,) = write(api, incident("gas-1", second=-60))
    page = console("operator", "en", path=f"/alerts/{again.alert_id}")
    expect(page.locator(".history li")).to_have_count(1)
    page.locator(".history a").click()
    expect(page).to_have_url(re.compile(f"{first.alert_id}$"))
    expect(page.locator(".alert-facts")).not_to_contain_text("still active")


def test_an_alert_that_is_not_there_says_so(console: Console) -> None:
    page = console("operator", "en", path="/alerts/0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11")
    expect(page.get_by_text("There is no such alert")).to_be_visible()
    page.get_by_role("link", name="Back to the board").click()
    expect(page.get_by_text("Nothing is open")).to_be_visible()
