from detectors.vision.damage import MOST_HIDDEN, Damage


def test_after_damage_nothing_is_shown_before_a_whole_key_frame() -> None:
    damage = Damage()
    assert damage.shows(key=True, whole=True)
    assert damage.shows(key=False, whole=True)
    assert not damage.shows(key=False, whole=False)
    assert not damage.shows(key=False, whole=True), "it is built on a torn one"
    assert not damage.shows(key=True, whole=False), "a torn key frame mends nothing"
    assert damage.shows(key=True, whole=True)
    damage.note()
    assert not damage.shows(key=False, whole=True)


def test_a_recording_without_key_frames_is_shown_after_all() -> None:
    damage = Damage()
    damage.note()
    shown = [damage.shows(key=False, whole=True) for _ in range(MOST_HIDDEN + 5)]
    assert shown == [False] * MOST_HIDDEN + [True] * 5
