from datetime import datetime
from zoneinfo import ZoneInfo

from hub.api.map_view import MapView
from hub.config.load import load
from hub.demo.camera_stories import CAMERAS
from hub.demo.citizens import calls_of
from hub.demo.city_plan import city_document, write_base_map, write_files
from hub.demo.snapshot import snapshot
from tests.browser.conftest import WIDE
from tests.support.stored import batch, raised

PORTS = {c.camera_id: 9000 for c in CAMERAS}


def test_look(console, api, tmp_path):
    api.hub.configuration = load(*write_files(tmp_path, PORTS))
    api.hub.map_view = MapView(base_map=write_base_map(tmp_path))
    api.write(
        batch(
            changes=[
                raised(subject="gas-06", grid="06", second=-300, since=-600),
                raised(rule="water.burst", subject="water-05", grid="05"),
            ]
        )
    )
    noon = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    for call in calls_of(city_document(PORTS), 0):
        files = {"media": ("p.jpg", snapshot(call.photo_of, noon, 100.0), "image/jpeg")} if call.photo_of else None
        r = api.client("reports").post("/open311/v2/requests.json", data=dict(call.fields), files=files)
        assert r.status_code == 201, r.text
    for lang, path, name in (("zh", "/map", "map"), ("zh", "/reports", "reports")):
        page = console("operator", lang, path=path, size=WIDE)
        page.wait_for_timeout(4000)
        page.screenshot(path=f"/tmp/fdemo/{name}.png")
    page.locator("text=燃气异常").first.click()
    page.wait_for_timeout(2000)
    page.screenshot(path="/tmp/fdemo/report.png")
