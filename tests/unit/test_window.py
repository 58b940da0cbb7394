"""What is received and not acknowledged is bounded; batches close on size, on time, or when no more can come."""

import threading
import time
from datetime import UTC, datetime

import pytest

from ingest.window import TAKE_BYTES, Message, Window

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def message(number: int) -> Message:
    return Message("topic", b"%d" % number, number, 1, False, NOW)


def filled(window: Window, count: int) -> list[Message]:
    messages = [message(number) for number in range(count)]
    for each in messages:
        window.put(each)
    return messages


def test_a_batch_closes_on_size():
    window = Window(100)
    messages = filled(window, 5)
    assert window.take(3, 60.0) == messages[:3]
    assert window.take(2, 60.0) == messages[3:]


def test_a_batch_closes_on_time_with_what_is_there():
    window = Window(100)
    messages = filled(window, 2)
    began = time.monotonic()
    assert window.take(3, 0.02) == messages
    assert window.take(3, 0.02) == []
    assert time.monotonic() - began >= 0.04


def test_a_batch_closes_when_the_window_lets_no_more_come():
    window = Window(5)
    messages = filled(window, window.receive_maximum)
    assert window.take(100, 60.0) == messages


def test_who_waits_is_woken_by_the_message_that_completes_the_batch():
    window = Window(100)
    taken: list[Message] = []
    waiting = threading.Thread(target=lambda: taken.extend(window.take(3, 60.0)))
    waiting.start()
    filled(window, 3)
    waiting.join(10)
    assert len(taken) == 3


def test_a_batch_closes_on_bytes_but_never_empty():
    window = Window(100)
    messages = [Message("topic", b"x" * (TAKE_BYTES // 2), number, 1, False, NOW) for number in range(3)]
    huge = Message("topic", b"x" * (2 * TAKE_BYTES), 9, 1, False, NOW)
    for each in (*messages, huge):
        window.put(each)
    assert window.take(4, 60.0) == messages[:2]
    assert window.waiting == 2
    assert window.take(4, 60.0) == [messages[2], huge]
    window.put(huge)
    window.put(huge)
    assert window.take(4, 60.0) == [huge]
    assert window.take(4, 60.0) == [huge]
    assert window.take(4, 0.0) == []


def test_slots_are_held_until_they_are_given_back():
    window = Window(4)
    filled(window, 4)
    assert window.full
    taken = window.take(4, 0.0)
    assert window.full
    assert window.held == 4
    window.give_back(taken)
    assert (window.full, window.held) == (False, 0)


def test_a_broker_that_keeps_to_what_it_is_told_never_fills_the_window():
    assert [Window(size).receive_maximum for size in (1, 2, 4000)] == [1, 1, 3999]


def test_nobody_waits_on_a_closed_window():
    window = Window(4)
    window.close()
    assert window.take(4, 60.0) == []


@pytest.mark.parametrize("size", [0, 65536])
def test_a_window_that_mqtt_cannot_say_is_refused(size):
    with pytest.raises(ValueError, match="1 to 65535"):
        Window(size)
