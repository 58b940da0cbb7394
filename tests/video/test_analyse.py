"""A recording watched like a camera: what is raised, what is said, what it costs, and what is refused."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.alerts.alert import Alert
from hub.cli.app import main
from hub.config.load import load
from hub.demo.camera_stories import CAMERAS, scene_in
from hub.demo.scenes.description import Light, Waypoint
from hub.demo.scenes.description import Path as Way
from hub.demo.scenes.render import Renderer
from hub.vision_settings import SHIPPED_MODEL
from hub.worker.fold import Fold
from ingest import topics
from ingest.city import DeviceKind
from ingest.window import Message
from tests.support.video import crossing, write_clip

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LIANQIN_TEST_DATA") or ROOT.parent / "shared" / "data")
COCO = DATA / "models" / "yolo11n_coco_int8_openvino_model"
TRAFFIC = DATA / "footage" / "traffic.mp4"
START = "2026-11-23T09:00:00+08:00"
BEGAN = datetime(2026, 11, 23, 1, tzinfo=UTC)
KERB = next(camera for camera in CAMERAS if camera.camera_id == "cam-01")
ARRIVES_S, LEAVES_S, DWELL_S, CLEAR_S = 5.0, 24.0, 10.0, 4.0
WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 s of a rendered street: a car comes at 5 s, stands where it must not, and drives off at 24 s."""
    way = Way(
        waypoints=(
            Waypoint(0.5, 5.3, -10.0),
            Waypoint(ARRIVES_S, 5.7, 16.5),
            Waypoint(LEAVES_S, 5.7, 16.5),
            Waypoint(LEAVES_S + 6, 5.3, 90.0),
        )
    )
    scene = scene_in(KERB, Light(daylight=1.0, lamps_on=False))
    actors = tuple(replace(one, path=way) if one.actor_id == "parked" else one for one in scene.actors)
    renderer = Renderer(replace(scene, actors=actors))
    return write_clip(tmp_path_factory.mktemp("clip") / "street.mp4", renderer.frame, 40, fps=7)


def write_city(folder: Path, *zones: dict[str, Any]) -> Path:
    city = {
        "name": "Testtown",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "One"}],
        "devices": [{"id": "gas-1", "kind": "gas", "grid": "01", "interval_s": 5}],
        "cameras": [
            {"id": "cam-01", "grid": "01", "url": "tcp://127.0.0.1:9", "zones": list(zones)},
            {"id": "cam-02", "grid": "01", "url": "tcp://127.0.0.1:9"},
        ],
    }
    path = folder / "city.yaml"
    path.write_text(yaml.safe_dump(city), encoding="utf-8")
    return path


def no_parking(polygon: Any, **also: Any) -> dict[str, Any]:
    return {"id": "kerb", "kind": "no_parking", "polygon": [list(corner) for corner in polygon], **also}


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city that has the clip's street, a detectors file with a short dwell, and neither a database nor a broker."""
    detectors = tmp_path / "detectors.yaml"
    rule = {"dwell_s": DWELL_S, "clear_after_s": CLEAR_S}
    detectors.write_text(yaml.safe_dump({"parking": {"illegal": rule}}), encoding="utf-8")
    for name, value in {
        "LIANQIN_CITY": str(write_city(tmp_path, no_parking(KERB.zones[0][2]))),
        "LIANQIN_DETECTORS": str(detectors),
        "LIANQIN_DATA": str(tmp_path),
        "LIANQIN_MODEL": "",
        "LIANQIN_DATABASE_URL": "postgresql://hub:geheim@127.0.0.1:1/lianqin",
        "LIANQIN_MQTT_URL": "mqtt://hub:geheim@127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def analyse(surroundings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    def run(video: Path | str, *words: str, camera: str = "cam-01", start: str = START) -> tuple[int, str, str]:
        asked = ["lianqin", "analyse", str(video), "--camera", camera, "--start", start, *words]
        monkeypatch.setattr(sys, "argv", asked)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def second(text: str) -> float:
    return (datetime.fromisoformat(text) - BEGAN).total_seconds()


def judged_again(saved: Path, folder: Path) -> list[Alert]:
    """Return the alerts of saved detections, decoded and folded as a worker of the whole city does."""
    configuration = load(folder / "city.yaml", folder / "detectors.yaml")
    fold = Fold(configuration, grids=None, recent=(), listening_since=BEGAN)
    frames_on, looks_on = topics.detections("01", "cam-01"), topics.telemetry("01", DeviceKind.CAMERA, "cam-01")
    alerts: dict[Any, Alert] = {}
    for line in saved.read_bytes().splitlines():
        said = json.loads(line)
        at, topic = datetime.fromisoformat(said["at"]), looks_on if "values" in said else frames_on
        decoded = fold.decode([Message(topic, line, 0, 1, False, at)])
        assert decoded.quarantined == []
        for change in fold.again(decoded.observations):
            alerts[change.alert.alert_id] = change.alert
    for change in fold.tick(at + timedelta(seconds=2)):
        alerts[change.alert.alert_id] = change.alert
    return [alert for alert in alerts.values() if alert.rule == "parking.illegal"]


def test_a_parked_car_is_raised_once_and_cleared_and_saved_detections_say_the_same(
    analyse: Any, clip: Path, surroundings: Path
) -> None:
    saved = surroundings / "detections.jsonl"
    status, out, err = analyse(clip, "--json", "--save-detections", str(saved))
    assert (status, err) == (0, "")
    *alerts, last = map(json.loads, out.splitlines())
    (alert,) = alerts
    assert (alert["rule"], alert["camera"], alert["grid"]) == ("parking.illegal", "cam-01", "01")
    assert alert["subject"].startswith("kerb@")
    assert ARRIVES_S - 1.5 <= second(alert["since"]) <= ARRIVES_S + 2
    assert DWELL_S <= second(alert["raised_at"]) - second(alert["since"]) <= DWELL_S + 3
    assert LEAVES_S + CLEAR_S <= second(alert["cleared_at"]) <= LEAVES_S + CLEAR_S + 5
    assert alert["condition"] == "cleared"
    assert alert["reason"]["dwell_s"] == DWELL_S
    assert alert["config_version"] == load(surroundings / "city.yaml", surroundings / "detectors.yaml").version

    cost = last["cost"]
    assert cost["decoded"] == 280
    assert cost["processed"] == saved.read_bytes().count(b'"boxes":') >= 20
    assert saved.read_bytes().count(b'"view_shift_pct":0.0') >= 3, "the camera looks where it looked at first"
    assert cost["video_s"] == pytest.approx(279 / 7, abs=0.01)
    assert cost["cpu_s_per_video_s"] == pytest.approx(cost["cpu_s"] / cost["video_s"], rel=0.01)
    assert cost["median_inference_ms"] > 0
    assert cost["refused"] == 0

    (again,) = judged_again(saved, surroundings)
    assert str(again.alert_id) == alert["id"]
    told = [again.since, again.raised_at, again.cleared_at]
    assert told == [datetime.fromisoformat(alert[name]) for name in ("since", "raised_at", "cleared_at")]
    assert again.reason.text == alert["reason"]["text"]


def test_the_same_weights_change_nothing_and_labels_score_them(analyse: Any, clip: Path, surroundings: Path) -> None:
    labels = surroundings / "labels.jsonl"
    label = {"rule": "parking.illegal", "subject": "kerb", "since": BEGAN.isoformat(), "verdict": "true"}
    labels.write_text(json.dumps(label) + "\n", encoding="utf-8")
    status, out, err = analyse(clip, "--json", "--compare-model", str(SHIPPED_MODEL), "--labels", str(labels))
    assert (status, err) == (0, "")
    compared = json.loads(out.splitlines()[-1])["compared"]
    assert (compared["same"], compared["appeared"], compared["vanished"], compared["moved"]) == (1, [], [], [])
    assert compared["base"]["boxes"] == compared["candidate"]["boxes"] > 0
    assert compared["candidate"]["scores"]["labels"]["true"] == 1
    assert compared["candidate"]["cost"]["median_inference_ms"] > 0
    status, _, err = analyse(clip, "--labels", str(labels))
    assert (status, "give --compare-model too" in err) == (2, True)


def test_the_text_tells_local_times_the_place_the_reason_and_the_cost(analyse: Any, clip: Path) -> None:
    status, out, err = analyse(clip, start="2026-11-23T09:00:00")
    assert (status, err) == (0, "")
    raised, cleared, sums, cost = out.splitlines()
    assert raised.startswith("2026-11-23 09:00:1")
    assert "raised   minor    parking.illegal  kerb@" in raised
    assert "has stood for 1" in raised
    assert "in the no-parking zone kerb" in raised
    assert cleared.startswith("2026-11-23 09:00:")
    assert "cleared  minor    parking.illegal  kerb@" in cleared
    assert "is no longer at fault" in cleared
    assert sums.startswith("1 raised, 1 cleared, 0 open at the end")
    assert cost.startswith("39.9 s of video took")
    assert "280 frames decoded" in cost
    assert "median inference" in cost


def test_a_start_without_a_zone_across_the_change_of_clocks_loses_no_hour(
    analyse: Any, clip: Path, surroundings: Path
) -> None:
    city = surroundings / "city.yaml"
    city.write_text(city.read_text(encoding="utf-8").replace("Asia/Shanghai", "Europe/Berlin"), encoding="utf-8")
    status, out, _ = analyse(clip, start="2026-10-25T02:59:55")  # five seconds later it is two o'clock again
    assert status == 0
    raised, cleared, *_ = out.splitlines()
    assert raised.startswith("2026-10-25 02:00:")
    assert "since 2026-10-25 02:59:5" in raised or "since 2026-10-25 02:00:0" in raised
    assert "has stood for 10 s" in raised
    assert cleared.startswith("2026-10-25 02:00:")


def test_a_camera_without_zones_is_said_to_have_none(analyse: Any, clip: Path) -> None:
    status, out, err = analyse(clip, camera="cam-02")
    assert status == 0
    assert out.startswith("0 raised, 0 cleared, 0 open at the end")
    assert err == "lianqin: camera cam-02 has no zones: no vehicle and no stall can be at fault\n"


def refused(found: tuple[int, str, str]) -> str:
    """Return the one line that says why nothing was done."""
    status, out, err = found
    assert (status, out) == (2, "")
    assert err.startswith("lianqin: ")
    assert err.count("\n") == 1, err
    return err


def test_what_a_user_can_mend_is_one_line(analyse: Any, clip: Path, surroundings: Path) -> None:
    text, video, empty = (surroundings / name for name in ("notes.txt", "torn.mp4", "empty.mp4"))
    text.write_text("no video\n" * 100, encoding="utf-8")
    video.write_bytes(clip.read_bytes()[:500])
    empty.touch()
    assert "there is no file nowhere.mp4" in refused(analyse("nowhere.mp4"))
    assert "is no file" in refused(analyse(surroundings))
    assert "notes.txt carries no video" in refused(analyse(text))
    assert "torn.mp4 is no video that can be decoded" in refused(analyse(video))
    assert "empty.mp4 is no video that can be decoded" in refused(analyse(empty))
    assert "the city has no camera cam-9; it has cam-01, cam-02" in refused(analyse(clip, camera="cam-9"))
    assert "no ISO 8601 time" in refused(analyse(clip, start="yesterday"))
    assert "nowhere.yaml: cannot be read" in refused(analyse(clip, "--city", "nowhere.yaml"))
    assert "there is no model at nowhere.pt" in refused(analyse(clip, "--model", "nowhere.pt"))
    assert "is the recording itself" in refused(analyse(clip, "--save-detections", str(clip)))
    nowhere = str(surroundings / "no" / "x.jsonl")
    assert "cannot be written to" in refused(analyse(clip, "--save-detections", nowhere))
    stream = refused(analyse("rtsp://guard:geheim@10.0.0.1/live"))
    assert "lianqin vision" in stream
    assert "geheim" not in stream
    assert clip.stat().st_size > 10_000


def test_a_recording_whose_end_is_torn_off_is_judged_as_far_as_it_goes(analyse: Any, surroundings: Path) -> None:
    whole = write_clip(surroundings / "whole.ts", crossing, 6)
    torn = surroundings / "torn.ts"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    status, out, _ = analyse(torn, "--json")
    assert status == 0
    assert 10 < json.loads(out.splitlines()[-1])["cost"]["decoded"] < 60


def test_what_was_found_before_the_damage_is_printed_before_the_damage_is_told(
    analyse: Any, surroundings: Path
) -> None:
    whole = write_clip(surroundings / "whole.mp4", crossing, 130)
    damaged = bytearray(whole.read_bytes())
    begin, end = len(damaged) // 10, damaged.rindex(b"moov") - 4
    damaged[begin:end] = bytes(end - begin)
    whole.write_bytes(damaged)
    status, out, err = analyse(whole)
    assert status == 2
    assert "0 raised" in out
    assert "s of video took" in out
    assert "whole.mp4 cannot be read beyond 1" in err
    assert err.count("\n") == 1


def test_a_terminal_sees_how_far_it_is_and_a_pipe_gets_only_the_result(surroundings: Path, clip: Path) -> None:
    words = [sys.executable, "-m", "hub.cli", "analyse", str(clip), "--camera", "cam-01", "--start", START, "--json"]
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
        ) as process:
            os.close(theirs)
            seen = b""
            while process.poll() is None or b"of video" not in seen:
                try:
                    seen += os.read(ours, 65536)
                except OSError:  # the terminal has no more writers
                    break
            out = process.stdout.read() if process.stdout else b""
        assert process.returncode == 0
    finally:
        os.close(ours)
    assert "street.mp4" in seen.decode()
    assert "s of video" in seen.decode()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line.get("rule") for line in lines] == ["parking.illegal", None]


@pytest.mark.realdata
@pytest.mark.skipif(not COCO.exists() or not TRAFFIC.exists(), reason=f"no real weights and footage in {DATA}")
class TestRealFootage:
    def test_moving_traffic_raises_nothing_though_the_whole_road_is_watched(
        self, analyse: Any, surroundings: Path
    ) -> None:
        write_city(surroundings, no_parking(WHOLE, dwell_s=10))
        status, out, err = analyse(TRAFFIC, "--model", str(COCO), "--json")
        assert (status, err) == (0, "")
        (line,) = out.splitlines()
        cost = json.loads(line)["cost"]
        assert cost["decoded"] == 480
        assert 20 <= cost["processed"] <= 40, "a road that is never empty is looked at once a second"

    def test_a_model_that_knows_no_stalls_is_refused_for_a_zone_that_needs_them(
        self, analyse: Any, surroundings: Path
    ) -> None:
        write_city(surroundings, {"id": "market", "kind": "no_stall", "polygon": WHOLE})
        said = refused(analyse(TRAFFIC, "--model", str(COCO)))
        assert "zone market of camera cam-01 is a no_stall zone and needs stall" in said
