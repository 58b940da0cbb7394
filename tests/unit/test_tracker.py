from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from detectors.vision.tracker import Tracks, follow, iou
from ingest.observation import Box


def box(
    x: float, y: float = 0.5, *, label: str = "car", confidence: float = 0.8, w: float = 0.1, h: float = 0.1
) -> Box:
    return Box(label, confidence, None, x, y, x + w, y + h)


def ids_of(story: list[tuple[float, list[Box]]]) -> list[list[int | None]]:
    """Return the track ids of each frame of a story."""
    state, ids = Tracks(), []
    for at_s, boxes in story:
        state, named = follow(state, boxes, at_s)
        ids.append([found.track_id for found in named])
    return ids


def test_a_passing_car_keeps_its_id_at_five_frames_a_second() -> None:
    assert ids_of([(i / 5, [box(0.05 * i)]) for i in range(15)]) == [[1]] * 15


def test_a_fast_car_whose_boxes_do_not_overlap_keeps_its_id() -> None:
    assert ids_of([(i / 5, [box(0.07 * i, w=0.08)]) for i in range(10)]) == [[1]] * 10


def test_two_cars_that_pass_each_other_keep_their_ids() -> None:
    story = [(i / 5, [box(0.04 * i, 0.50), box(0.8 - 0.04 * i, 0.56)]) for i in range(20)]
    assert ids_of(story) == [[1, 2]] * 20


def test_a_parked_car_keeps_its_id_while_a_lorry_stands_in_front_of_it() -> None:
    parked = [(float(i), [box(0.4)]) for i in range(10)]
    hidden = [(10 + i / 5, [box(0.2 + 0.005 * i, 0.4, label="truck", w=0.4, h=0.3)]) for i in range(40)]
    back = [(18.2, [box(0.4)])]
    ids = ids_of(parked + hidden + back)
    assert ids[:10] == [[1]] * 10
    assert {track for frame in ids[10:-1] for track in frame} == {2}
    assert ids[-1] == [1]


def test_a_part_of_a_parked_car_that_peeks_out_is_still_that_car_and_begins_no_second_one() -> None:
    parked = [(float(i), [box(0.4, w=0.15)]) for i in range(6)]
    split = [box(0.40, confidence=0.5, w=0.05), box(0.51, confidence=0.45, w=0.04)]
    ids = ids_of([*parked, (6.0, split), (6.2, split[1:]), (6.4, [box(0.4, w=0.15)])])
    assert sorted(ids[6], key=str) == [1, None]
    assert ids[7:] == [[1], [1]]


def test_a_parked_car_whose_box_jitters_keeps_its_place() -> None:
    jitter = [0, 0.02, -0.02, 0.03, -0.03, 0.01]
    ids = ids_of([(i / 5, [box(0.4 + jitter[i % 6], w=0.15)]) for i in range(60)] + [(25.0, [box(0.4, w=0.15)])])
    assert ids == [[1]] * 61


def test_a_parked_car_that_drives_off_takes_its_id_along() -> None:
    stands = [(float(i), [box(0.2)]) for i in range(6)]
    leaves = [(5 + i / 5, [box(0.2 + 0.004 * i * i)]) for i in range(1, 12)]
    assert ids_of([*stands, *leaves]) == [[1]] * 17


def test_a_label_that_flips_between_car_and_lorry_keeps_its_id() -> None:
    assert ids_of([(i / 5, [box(0.4, label=("car", "truck")[i % 2])]) for i in range(10)]) == [[1]] * 10


def test_a_person_in_front_of_a_car_is_no_car() -> None:
    story = [(i / 5, [box(0.4)]) for i in range(5)] + [(1.0, [box(0.4, label="person")]), (1.2, [box(0.4)])]
    assert ids_of(story)[-2:] == [[2], [1]]


def test_what_is_half_seen_continues_a_track_and_begins_none() -> None:
    seen = [(i / 5, [box(0.4)]) for i in range(5)]
    dim = [(1 + i / 5, [box(0.4, confidence=0.15), box(0.8, confidence=0.3)]) for i in range(5)]
    assert ids_of(seen + dim)[5:] == [[1, None]] * 5


def test_one_thing_said_twice_is_one_track() -> None:
    twice = [box(0.4, confidence=0.8), box(0.402, confidence=0.6, label="truck")]
    assert ids_of([(i / 5, twice) for i in range(3)]) == [[1, None]] * 3


def test_a_standing_car_is_the_same_after_a_blind_minute_and_a_moving_one_is_not() -> None:
    watched = [(i / 5, [box(0.4), box(0.03 * i, 0.8)]) for i in range(25)]
    assert ids_of([*watched, (70.0, [box(0.4), box(0.75, 0.8)])])[-1] == [1, 3]


def test_a_car_that_left_is_forgotten_and_the_next_one_there_is_another() -> None:
    stood = [(float(i), [box(0.4)]) for i in range(10)]
    empty: list[tuple[float, list[Box]]] = [(10.0 + i, []) for i in range(30)]
    assert ids_of([*stood, *empty, (40.0, [box(0.4)])])[-1] == [2]


def test_buffers_count_seconds_and_not_frames() -> None:
    """The same gap of 1.6 s, seen at 25 and at 2.5 frames a second."""
    for fps in (25, 2.5):
        before = [(i / fps, [box(0.2 + 0.02 * i / fps)]) for i in range(int(2 * fps) + 1)]
        nothing: list[tuple[float, list[Box]]] = [(2 + i / fps, []) for i in range(1, int(1.6 * fps))]
        assert ids_of([*before, *nothing, (3.6, [box(0.27)])])[-1] == [1], fps


def test_cars_that_drive_out_one_after_the_other_are_not_one_that_stands_at_the_edge() -> None:
    """Each is cut off by the picture's edge at the same place, 2.6 s after the one before."""
    story: list[tuple[float, list[Box]]] = []
    for step in range(70):
        at_s = step / 5
        lane = [car_at for n in range(4) if 0.6 <= (car_at := 0.6 + (at_s - 2.6 * n) * 0.12) < 0.98]
        lane.sort(reverse=True)
        story.append((at_s, [Box("car", 0.8, None, x, 0.5, min(1.0, x + 0.2), 0.6) for x in lane]))
    ids = ids_of(story)
    assert {track for frame in ids for track in frame} == {1, 2, 3, 4}
    assert all(frame == sorted(frame, key=str) for frame in ids), "who came first leads"


def test_a_car_that_drives_out_is_known_to_its_last_frame_though_its_box_shrinks() -> None:
    story = [(i / 5, [Box("car", 0.8, None, 0.5 + 0.06 * i, 0.5, min(1.0, 0.7 + 0.06 * i), 0.6)]) for i in range(9)]
    assert ids_of(story) == [[1]] * 9


def test_a_car_so_fast_that_its_first_two_boxes_lie_apart_is_one() -> None:
    assert ids_of([(i / 5, [box(0.02 + 0.14 * i)]) for i in range(6)]) == [[1]] * 6


def test_a_half_seen_box_around_half_the_street_takes_no_id_and_leaves_everyone_his_own() -> None:
    """Models half see one large vehicle where there are several; such a box once swallowed all ids of a street."""
    parked = [(float(i), [box(0.4, 0.4, label="truck", w=0.2, h=0.2)]) for i in range(6)]

    def half_seen(grown: float) -> Box:
        x, y, w, h = (start + (end - start) * grown for start, end in ((0.4, 0), (0.4, 0.05), (0.2, 1), (0.2, 0.9)))
        return box(x, y, label="truck", confidence=0.15, w=w, h=h)

    around = [(5 + i / 5, [half_seen(min(1.0, i / 10))]) for i in range(1, 40)]
    street = [(13 + i / 5, [box(0.02 * i), box(0.75, 0.7), box(0.42, 0.65)]) for i in range(1, 8)]
    ids = ids_of([*parked, *around, *street])
    assert all(None not in frame and len(set(frame)) == 3 for frame in ids[-7:])
    assert ids[-7] == ids[-1]


def test_what_stops_in_front_of_a_hidden_lorry_is_another_though_it_lies_within_the_lorrys_box() -> None:
    lorry = [(float(i), [box(0.3, 0.2, label="truck", w=0.3, h=0.4)]) for i in range(6)]
    front = [(6 + i / 5, [box(0.32, 0.45, w=0.2, h=0.2)]) for i in range(10)]
    assert ids_of([*lorry, *front])[6:] == [[2]] * 10


def test_overlap_is_the_share_in_common() -> None:
    assert iou(box(0.1), box(0.1)) == 1
    assert iou(box(0.1), box(0.3)) == 0
    assert abs(iou(box(0.1), box(0.15)) - 1 / 3) < 1e-9


BOXES = st.builds(
    box,
    st.floats(0, 0.9),
    st.floats(0, 0.9),
    label=st.sampled_from(["car", "truck", "person", "stall"]),
    confidence=st.floats(0.1, 1),
    w=st.floats(0.001, 0.3),
    h=st.floats(0.001, 0.3),
)
STORIES = st.lists(st.tuples(st.floats(0, 30), st.lists(BOXES, max_size=6)), max_size=12)


@given(STORIES)
def test_boxes_go_through_unchanged_but_for_the_id_and_no_id_is_given_twice(
    story: list[tuple[float, list[Box]]],
) -> None:
    state, at_s = Tracks(), 0.0
    for gap_s, boxes in story:
        at_s += gap_s
        before = state
        state, named = follow(state, boxes, at_s)
        assert [replace(found, track_id=None) for found in named] == boxes
        given_ids = [found.track_id for found in named if found.track_id is not None]
        assert len(given_ids) == len(set(given_ids))
        assert all(track_id < state.next_id for track_id in given_ids)
        known = {track.track_id for track in before.tracks}
        assert all(track_id in known or track_id >= before.next_id for track_id in given_ids)
        assert follow(before, boxes, at_s) == (state, named), "the same frame gives the same again"
