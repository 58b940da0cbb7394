"""A trace over what is really stored, asked over HTTP and from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from hub.cli.app import app
from hub.cli.failure import CommandError
from hub.config.load import Configuration
from hub.store.recording import StoredRecording
from hub.store.session import open_session
from hub.store.write import Store
from hub.tuning.judging import Progress
from hub.tuning.runs.refused import RunRefused
from hub.tuning.runs.trace import Trace, work
from ingest.observation import Quantity, Reading
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW, batch, raised, reading
from tests.support.town import write_city


@pytest.fixture
def api(database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(database.dsn, tmp_path) as served:
        yield served


def leaking(api: Api) -> None:
    """Store ten minutes of a gas device whose methane stood high for some seconds, heard by somebody all the while."""
    readings = [
        reading(10.0 * n, device="gas-2", quantity=Quantity.METHANE_PCT_LEL, value=22.0 if n == 30 else 1.0)
        for n in range(60)
    ]
    api.write(batch(readings=readings, grid="02"))
    store = Store(api.dsn)
    store.note_listening("test", None, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    store.close()
    api.clock_s[0] = (NOW + timedelta(hours=1)).timestamp()


def test_it_is_told_over_http_why_nothing_was_raised(api: Api) -> None:
    leaking(api)
    question: dict[str, Any] = {
        "rule": "gas.leak",
        "subject": "gas-2",
        "at": (NOW + timedelta(seconds=300)).isoformat(),
    }
    answer = api.client("engineer").get("/api/v1/tuning/trace", params=question)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert not told["is_raised"]
    assert "methane" in told["text_en"] or "the rise" in told["text_en"]
    assert told["counts"]["observations"] == 60
    assert [lane["name"] for lane in told["lanes"]] == ["methane_pct_lel"]
    assert api.client("operator").get("/api/v1/tuning/trace", params=question).status_code == 403


@pytest.mark.parametrize(
    ("question", "status", "said"),
    [
        ({}, 422, "give alert, or rule, subject and at"),
        ({"alert": "00000000-0000-0000-0000-000000000000"}, 404, "there is no alert"),
        ({"rule": "gas.lek", "subject": "gas-2", "at": NOW.isoformat()}, 422, "is gas.leak meant?"),
        ({"rule": "gas.leak", "subject": "gas-2", "at": "2099-01-01T00:00:00Z"}, 422, "lies in the future"),
        ({"rule": "gas.leak", "subject": "gas-2", "at": NOW.isoformat(), "around_s": 10801}, 422, "around_s"),
        ({"rule": "gas.leak", "subject": "gas-2", "at": "2026-11-23T04:30:00"}, 422, "at"),
    ],
)
def test_what_is_no_question_is_refused_with_words(api: Api, question: dict[str, Any], status: int, said: str) -> None:
    answer = api.client("engineer").get("/api/v1/tuning/trace", params=question)
    assert answer.status_code == status
    assert said in answer.text


def test_a_trace_reads_no_more_than_the_devices_it_is_about(api: Api) -> None:
    leaking(api)
    api.write(batch(readings=[reading(1.0, device="water-1", quantity=Quantity.PRESSURE_KPA, value=300.0)], grid="02"))
    found = StoredRecording(api.dsn).of(["gas-2"]).recorded(["02"], NOW, NOW + timedelta(hours=1))
    assert {one.device_id for one, _ in found if isinstance(one, Reading)} == {"gas-2"}


def test_the_command_line_tells_it_in_lines_and_as_json(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaking(api)
    monkeypatch.setenv("LIANQIN_DATABASE_URL", api.dsn)
    monkeypatch.setenv("LIANQIN_CITY", str(write_city(tmp_path)))
    asked = ["trace", "--rule", "gas.leak", "--subject", "gas-2", "--at", "2026-11-23T12:35:00", "--no-what-if"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("gas.leak  gas-2")
    assert "✗" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert told["subject"] == "gas-2"
    assert told["text_zh"]
    with pytest.raises(CommandError, match="at: lies in the future"):
        CliRunner().invoke(app, [*asked[:-2], "2099-01-01", "--no-what-if"], catch_exceptions=False)
    with pytest.raises(CommandError, match="give an alert"):
        CliRunner().invoke(app, ["trace"], catch_exceptions=False)


class Bench:
    """What a run of the kind `trace` needs, over a real database."""

    def __init__(self, dsn: str, configuration: Configuration) -> None:
        self._dsn, self._configuration = dsn, configuration
        self.recording = StoredRecording(dsn)
        self.told_of: list[float] = []

    def told(self, progress: Progress) -> None:
        self.told_of.append(progress.done)

    def configuration(self, version: str | None) -> Configuration:
        return self._configuration

    def session(self) -> AbstractContextManager[Any]:
        return open_session(self._dsn)

    def now(self) -> datetime:
        return NOW + timedelta(hours=1)


def test_a_run_traces_an_alert_by_its_id_and_other_thresholds(api: Api) -> None:
    leaking(api)
    found = raised(rule="gas.leak", subject="gas-2", grid="02", since=290, second=300)
    api.write(batch(changes=[found], grid="02", at=NOW + timedelta(seconds=300)))
    bench: Any = Bench(api.dsn, api.hub.configuration)
    arguments = Trace.model_validate({"alert_id": str(found.alert.alert_id), "around_s": 200, "what_if": False})
    told = work(arguments, bench)
    assert (told["rule"], told["subject"], told["alert_id"]) == ("gas.leak", "gas-2", str(found.alert.alert_id))
    assert bench.told_of == sorted(bench.told_of) != []
    lax = arguments.model_copy(update={"changes": {"gas.leak.rise_raise_after_s": 0.0}})
    assert work(lax, bench)["is_raised"]
    with pytest.raises(RunRefused, match="there is no alert"):
        work(Trace.model_validate({"alert_id": "00000000-0000-0000-0000-000000000000"}), bench)
    ahead = {"rule": "gas.leak", "subject": "gas-2", "at": "2099-01-01T00:00:00Z"}
    with pytest.raises(RunRefused, match="lies in the future"):
        work(Trace.model_validate(ahead), bench)
    with pytest.raises(ValidationError, match="give alert_id, or rule, subject and at"):
        Trace.model_validate({"rule": "gas.leak"})


def test_what_a_trace_raises_names_the_alert_that_is_on_record(api: Api) -> None:
    high = [
        reading(10.0 * n, device="gas-2", quantity=Quantity.METHANE_PCT_LEL, value=22.0 if n >= 30 else 1.0)
        for n in range(60)
    ]
    api.write(batch(readings=high, grid="02"))
    store = Store(api.dsn)
    store.note_listening("test", None, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    store.close()
    api.clock_s[0] = (NOW + timedelta(hours=1)).timestamp()
    question = {"rule": "gas.leak", "subject": "gas-2", "at": (NOW + timedelta(seconds=300)).isoformat()}
    client = api.client("engineer")
    (told,) = client.get("/api/v1/tuning/trace", params=question).json()["raised"]
    assert told["recorded_alert_id"] is None, "nobody judged it live"
    # It was judged live by thresholds that let it begin a moment later: another identity, and the same event.
    live = raised(rule="gas.leak", subject="gas-2", grid="02", since=305, second=330)
    api.write(batch(changes=[live], grid="02", at=NOW + timedelta(seconds=330)))
    (told,) = client.get("/api/v1/tuning/trace", params=question).json()["raised"]
    assert told["recorded_alert_id"] == str(live.alert.alert_id) != told["alert_id"]
