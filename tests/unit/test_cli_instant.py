"""What a user may write for a time: ISO 8601, a date, or a time of day, which is the last one or the next one."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.cli.failure import CommandError
from hub.cli.instant import instant

CITY = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=CITY)


@pytest.mark.parametrize(
    ("text", "ahead", "means"),
    [
        ("2026-11-22T18:00:00+08:00", False, datetime(2026, 11, 22, 10, 0, tzinfo=UTC)),
        ("2026-11-22 18:00", False, datetime(2026, 11, 22, 18, 0, tzinfo=CITY)),
        ("2026-11-22", False, datetime(2026, 11, 22, 0, 0, tzinfo=CITY)),
        ("09:30", False, datetime(2026, 11, 23, 9, 30, tzinfo=CITY)),
        ("17:40", False, datetime(2026, 11, 22, 17, 40, tzinfo=CITY)),
        ("17:40:05", True, datetime(2026, 11, 23, 17, 40, 5, tzinfo=CITY)),
        ("09:30", True, datetime(2026, 11, 24, 9, 30, tzinfo=CITY)),
        ("03:00Z", False, datetime(2026, 11, 23, 3, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_what_its_writer_means(text: str, ahead: bool, means: datetime) -> None:
    assert instant(text, CITY, ahead=ahead, now=NOON) == means


@pytest.mark.parametrize("text", ["tomorrow", "25:00", "", "1:2", "2026-13-01", "0001-01-01"])
def test_what_is_no_time_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(CommandError, match=r"no ISO 8601 time, such as|outside of all recorded time"):
        instant(text, CITY, now=NOON)


@given(st.integers(0, 3_000_000_000), st.times())
def test_a_time_of_day_is_within_a_day_of_now(second: int, of_day: time) -> None:
    at = datetime.fromtimestamp(second, UTC)
    text = of_day.isoformat()
    last, next_ = instant(text, CITY, now=at), instant(text, CITY, now=at, ahead=True)
    assert at - timedelta(days=1) < last <= at < next_ <= at + timedelta(days=1)
