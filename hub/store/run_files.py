"""A run's file as it is kept, in parts, in; one file out of it, where it is a ZIP, out, without reading the rest."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.store.tuning_runs import PART, file_part

MOST_MEMBER = 16 * 1024 * 1024


class NoSuchMember(LookupError):
    """The run's file holds nothing of that name; the message says what is the matter."""


def member_of(connection: Connection[Any], run_id: UUID, name: str) -> bytes:
    """Return the file `name` in the ZIP that the run made; raise NoSuchMember."""
    try:
        with zipfile.ZipFile(io.BufferedReader(_Parts(connection, run_id), 64 * 1024)) as archive:
            if archive.getinfo(name).file_size > MOST_MEMBER:
                raise NoSuchMember(f"{name} is too large to be fetched by itself: fetch the whole file")
            return archive.read(name)
    except zipfile.BadZipFile:
        raise NoSuchMember(f"what run {run_id} made holds no files of its own") from None
    except KeyError:
        raise NoSuchMember(f"what run {run_id} made holds no {name}") from None


class _Parts(io.RawIOBase):
    """The parts of a run's file as one file to read and to seek in; one part is held at a time."""

    def __init__(self, connection: Connection[Any], run_id: UUID) -> None:
        super().__init__()
        self._connection, self._run_id, self._at = connection, run_id, 0
        row = connection.execute(
            "SELECT coalesce(sum(octet_length(bytes)), 0) FROM tuning_run_files WHERE run_id = %s", (run_id,)
        ).fetchone()
        self._size = int(row[0]) if row else 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        number, skip = divmod(self._at, PART)
        if self._at >= self._size:
            return 0
        if self._held[0] != number:
            self._held = number, file_part(self._connection, self._run_id, number) or b""
        given = self._held[1][skip : skip + len(buffer)]
        buffer[: len(given)] = given
        self._at += len(given)
        return len(given)
