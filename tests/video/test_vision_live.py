"""Live pictures of a real stream: only while somebody watches, and persons blurred where that is asked for."""

from dataclasses import replace

import cv2
import numpy as np

from detectors.vision.labels import PERSON
from detectors.vision.pictures import shown
from hub.clock import now
from ingest import topics
from ingest.city import Camera
from ingest.live_picture import unpack
from ingest.observation import Box
from tests.support.sight import BrightSquares
from tests.support.video import StreamServer, crossing
from tests.support.watching import QUICK, Watching, eventually

CAMERA = "cam-01"
WISH = topics.picture_request("01", CAMERA)


class BrightPeople(BrightSquares):
    """Takes the bright square for a person."""

    def _find(self, picture: np.ndarray) -> list[Box]:  # type: ignore[type-arg]
        return [replace(box, label=PERSON) for box in super()._find(picture)]


def test_pictures_come_while_somebody_watches_and_none_before_and_after() -> None:
    with (
        StreamServer(crossing, fps=20) as server,
        Watching(Camera(camera_id=CAMERA, grid="01", url=server.url)) as watching,
    ):
        eventually(lambda: len(watching.frames()) >= 5)
        assert watching.wire.offered == []
        began = now()
        watching.wire.send(WISH, {"fps": 5, "width": 160, "for_s": 2})
        eventually(lambda: len(watching.wire.offered) >= 6)
        frames = len(watching.frames())
        topic, payload = watching.wire.offered[-1]
        header, jpeg = unpack(payload)
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert topic == topics.picture("01", CAMERA)
        assert (header.camera, header.width, header.height) == (CAMERA, picture.shape[1], picture.shape[0])
        assert header.width <= 160
        assert began < header.at < now()
        assert header.boxes_at is not None
        assert [box.label for box in header.boxes] == ["car"]
        assert abs((header.at - header.boxes_at).total_seconds()) < 2
        eventually(lambda: (now() - unpack(watching.wire.offered[-1][1])[0].at).total_seconds() > 1.5)
        assert len(watching.wire.offered) <= 12, "2 s at 5 pictures a second"
        eventually(lambda: len(watching.frames()) > frames + 3)


def test_where_persons_are_blurred_only_what_the_model_has_looked_at_is_shown() -> None:
    settings = replace(QUICK, blur_persons=True)
    with (
        StreamServer(crossing, fps=20) as server,
        Watching(
            Camera(camera_id=CAMERA, grid="01", url=server.url), settings=settings, model=BrightPeople()
        ) as watching,
    ):
        eventually(lambda: any(frame["boxes"] for frame in watching.frames()))
        watching.wire.send(WISH, {"fps": 5, "width": 640, "for_s": 10})
        eventually(lambda: len(watching.wire.offered) >= 8)
        times = {frame["at"] for frame in watching.frames()}
    for _, payload in watching.wire.offered:
        header, jpeg = unpack(payload)
        assert header.boxes_at == header.at, "the boxes are of this very picture"
        assert any(str(at)[:23] == header.at.isoformat()[:23] for at in times)
        assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape[1] == header.width


def test_a_person_is_made_unrecognisable_and_nothing_else() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (90, 160, 3)).astype(np.uint8)
    someone = Box(PERSON, 0.9, 1, 0.25, 0.25, 0.75, 0.75)
    before = noise.copy()
    _, _, clear = shown(noise, 640, [], 95)
    width, height, clean = shown(noise, 640, [someone], 95)
    assert (width, height) == (160, 90)
    assert (noise == before).all(), "the picture that the model saw stays as it was"
    seen, hidden = (cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE) for jpeg in (clear, clean))
    assert hidden[25:65, 45:115].std() < seen[25:65, 45:115].std() / 4
    assert abs(int(hidden[5, 5]) - int(seen[5, 5])) < 60
