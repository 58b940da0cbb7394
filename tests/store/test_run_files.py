"""A run's ZIP as it is kept, in parts: one file is taken out of it, and of what is no ZIP nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from hub.store import tuning_runs
from hub.store.audit import COMMAND_LINE
from hub.store.run_files import NoSuchMember, member_of
from tests.support.api import serving
from tests.support.databases import Database
from tests.support.stored import NOW


def kept(connection: psycopg.Connection[Any], content: bytes, part: int) -> UUID:
    """Keep `content` as a run's file in parts of that size; return the run."""
    run = tuning_runs.ask(connection, "dataset", {}, key=uuid4().hex, is_repeatable=False, actor=COMMAND_LINE, at=NOW)
    parts = (content[at : at + part] for at in range(0, len(content), part))
    tuning_runs.keep_file(connection, run.run_id, "dataset.zip", parts)
    connection.commit()
    return run.run_id


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def test_a_file_that_lies_across_parts_is_whole(plain_database: Database) -> None:
    large = bytes(range(256)) * 40_000  # ten megabytes: across three parts as they are kept
    with psycopg.connect(plain_database.dsn) as connection:
        run = kept(connection, zipped(small=b"12", large=large, last=b"34"), tuning_runs.PART)
        assert member_of(connection, run, "large") == large
        assert member_of(connection, run, "last") == b"34"
        with pytest.raises(NoSuchMember, match="holds no other"):
            member_of(connection, run, "other")


@pytest.mark.parametrize("content", [b"", b"no ZIP at all"])
def test_what_is_no_zip_holds_no_files(plain_database: Database, content: bytes) -> None:
    with psycopg.connect(plain_database.dsn) as connection:
        run = kept(connection, content, 8)
        with pytest.raises(NoSuchMember, match="no files of its own"):
            member_of(connection, run, "a.jpg")


def test_a_picture_is_served_as_one_and_a_page_only_as_words(plain_database: Database, tmp_path: Path) -> None:
    with psycopg.connect(plain_database.dsn) as connection:
        files = {"images/train/a b.jpg": b"\xff\xd8", "page.html": b"<script>", "manifest.json": b"{}"}
        run = kept(connection, zipped(**files), tuning_runs.PART)
    with serving(plain_database.dsn, tmp_path) as api:
        client = api.client("engineer")
        found = {name: client.get(f"/api/v1/tuning/runs/{run}/file/{name}") for name in files}
        assert {name: answer.content for name, answer in found.items()} == files
        types = [answer.headers["content-type"].partition(";")[0] for answer in found.values()]
        assert types == ["image/jpeg", "text/plain", "application/json"]
        assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in found.values())
        assert client.get(f"/api/v1/tuning/runs/{run}/file/../manifest.json").status_code == 404
        assert client.get(f"/api/v1/tuning/runs/{uuid4()}/file/a.jpg").status_code == 404
