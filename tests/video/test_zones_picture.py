"""`lianqin zones`: an engineer sees where the zones lie, in a picture of the camera's own."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from hub.cli.app import main
from tests.support.video import StreamServer, standing, street, write_clip

KERB = [[0.25, 0.5], [0.75, 0.5], [0.75, 0.9], [0.25, 0.9]]


def city(folder: Path, url: str = "tcp://127.0.0.1:9") -> Path:
    zones = [{"id": "kerb", "kind": "no_parking", "polygon": KERB}]
    document = {
        "name": "Testtown",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "One"}],
        "cameras": [{"id": "cam-01", "grid": "01", "url": url, "zones": zones}],
    }
    path = folder / "city.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def zones(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["lianqin", "zones", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def redness(picture: NDArray[np.uint8]) -> NDArray[np.int_]:
    return picture[..., 2].astype(int) - picture[..., 0]


def test_a_zone_is_drawn_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", standing, 3)
    out = tmp_path / "zones.png"
    assert zones("cam-01", out, "--city", city(tmp_path), "--video", clip, "--no-grid", monkeypatch=monkeypatch) == 0
    assert "320×180, zones of camera cam-01: kerb" in capsys.readouterr().out
    picture = cv2.imread(str(out))
    assert picture.shape == street().shape
    assert redness(picture[115:155, 100:220]).mean() > 20, "inside the zone"
    assert abs(redness(picture[10:60])).mean() < 5, "outside of it"


def test_the_picture_comes_from_the_camera_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "zones.jpg"
    with StreamServer(standing) as server:
        assert zones("cam-01", out, "--city", city(tmp_path, server.url), monkeypatch=monkeypatch) == 0
    assert cv2.imread(str(out)).shape == street().shape


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cam-09", "out.jpg"), "no camera cam-09"),
        (("cam-01", "out.gif"), "must end in .jpg or .png"),
        (("cam-01", "out.jpg", "--video", "nowhere.mp4"), "no file nowhere.mp4"),
        (("cam-01", "out.jpg"), "unreachable"),
        (("cam-01", "no/such/folder/out.jpg", "--video", "clip.mp4"), "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(
    arguments: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4", standing, 1)
    assert zones(*arguments, "--city", city(tmp_path), monkeypatch=monkeypatch) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
