"""What is to be published keeps its order over lost connections, and is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.outbox import Outbox, Outgoing


def outgoing(number: int, size: int = 1) -> Outgoing:
    return Outgoing(f"topic/{number}", bytes(size), 1, False)


def drained(outbox: Outbox) -> list[str]:
    topics = []
    while (message := outbox.next(10)) is not None:
        topics.append(message.topic)
        outbox.written()
    return topics


def test_what_was_not_confirmed_is_sent_again_first():
    outbox = Outbox()
    for number in range(4):
        outbox.put(outgoing(number))
    for mid in (1, 2, 3):
        message = outbox.next(10)
        assert message is not None
        outbox.sent(mid, message)
    outbox.confirmed(2)
    outbox.recall()
    assert drained(outbox) == ["topic/0", "topic/2", "topic/3"]


def test_no_more_are_sent_than_may_be_in_flight():
    outbox = Outbox()
    outbox.put(outgoing(0))
    outbox.put(outgoing(1))
    first = outbox.next(1)
    assert first is not None
    outbox.sent(1, first)
    assert outbox.next(1) is None
    outbox.confirmed(1)
    assert outbox.next(1) == outgoing(1)


def test_the_oldest_are_dropped_and_counted():
    outbox = Outbox(limit=2)
    for number in range(5):
        outbox.put(outgoing(number))
    assert outbox.dropped == 3
    assert drained(outbox) == ["topic/3", "topic/4"]


def test_bytes_are_bounded_too_but_the_newest_message_always_stays():
    outbox = Outbox(limit_bytes=100)
    outbox.put(outgoing(0, 60))
    outbox.put(outgoing(1, 60))
    assert outbox.dropped == 1
    outbox.put(outgoing(2, 500))
    assert drained(outbox) == ["topic/2"]


def test_it_is_empty_only_once_the_broker_has_everything():
    outbox = Outbox()
    assert outbox.wait_empty(0.0)
    outbox.put(outgoing(0))
    message = outbox.next(10)
    assert message is not None
    assert not outbox.wait_empty(0.0)
    outbox.sent(7, message)
    assert not outbox.wait_empty(0.0)
    outbox.confirmed(7)
    assert outbox.wait_empty(0.0)


@given(st.lists(st.sampled_from(["put", "send", "confirm", "recall"]), max_size=60))
def test_nothing_is_lost_and_nothing_changes_its_place(actions):
    outbox, put, confirmed, sent, mid = Outbox(), 0, [], {}, 0
    for action in actions:
        if action == "put":
            outbox.put(outgoing(put))
            put += 1
        elif action == "send" and (message := outbox.next(5)) is not None:
            mid += 1
            sent[mid] = message.topic
            outbox.sent(mid, message)
        elif action == "confirm" and sent:
            first = min(sent)
            confirmed.append(sent.pop(first))
            outbox.confirmed(first)
        elif action == "recall":
            sent.clear()
            outbox.recall()
    outbox.recall()
    assert confirmed + drained(outbox) == [f"topic/{number}" for number in range(put)]
