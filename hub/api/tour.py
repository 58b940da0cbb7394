"""Takes the file that LIANQIN_TOUR names, gives what the console's guided tour tells: what happens when, what to try.

A tour is for demonstrations and training. It is only words and times: what it tells of is found in the console by rule,
subject and time among the alerts that the caller sees anyway, so it opens nothing to anybody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from hub.api.model import Document
from hub.log import logger

log = logger("tour")
LARGEST_BYTES = 256 * 1024
Line = Annotated[str, Field(min_length=1, max_length=600)]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class TourWords(Document):
    """The same in both languages."""

    zh: Line
    en: Line


class Happening(Document):
    """Something that goes wrong, and by which alert it is known."""

    id: Name
    title: TourWords
    text: TourWords
    at: Annotated[AwareDatetime, Field(description="When it begins; the alert follows once it is sure.")]
    rule: Name
    subject: Annotated[Name | None, Field(description="The alert's subject; null: any.")] = None
    camera: Annotated[Name | None, Field(description="The alert's camera; null: any.")] = None


class TourTask(Document):
    """Something to try; done once an item of one of these types is in the feed, or the page was seen."""

    id: Name
    title: TourWords
    text: TourWords
    page: Annotated[str | None, Field(pattern=r"^/[a-z]+$", description="The page of the console it leads to.")] = None
    scope: Annotated[Name | None, Field(description="Told only to those who may do this.")] = None
    done_on: Annotated[list[Name], Field(default=[], max_length=10, description="Types of feed items.")]


class Tour(Document):
    """What happens, and what to try."""

    id: Annotated[Name, Field(description="Tells this tour from the next: what was dismissed is remembered by it.")]
    title: TourWords
    about: TourWords
    begins_at: AwareDatetime
    happenings: Annotated[list[Happening], Field(max_length=50)]
    tasks: Annotated[list[TourTask], Field(max_length=50)]

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [one.id for one in self.happenings] + [one.id for one in self.tasks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"these ids are there twice: {', '.join(twice)}")
        return self


@dataclass(slots=True)
class TourFile:
    """The tour at `path`, None for none. It is read again when the file has changed."""

    path: Path | None = None
    _seen: tuple[int, int] | None = field(default=None, init=False)
    _read: Tour | None = field(default=None, init=False)

    def tour(self) -> Tour | None:
        """Return the tour; None where there is none or the file is no good, which the log says once."""
        if self.path is None:
            return None
        try:
            found = self.path.stat()
            seen = found.st_mtime_ns, found.st_size
            if seen != self._seen:
                self._seen, self._read = seen, None
                self._read = _checked(self.path, found.st_size)
        except OSError as error:
            if self._seen != (0, 0):
                log.error("there is no tour", path=str(self.path), error=error.strerror)
            self._seen, self._read = (0, 0), None
        except ValueError as error:
            log.error("there is no tour", path=str(self.path), error=str(error))
        return self._read


def _checked(path: Path, size: int) -> Tour:
    if size > LARGEST_BYTES:
        raise ValueError(f"it is larger than {LARGEST_BYTES // 1024} KiB")
    try:
        document: Any = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON: {error}") from None
    try:
        return Tour.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise ValueError(f"{where}: {first['msg']}") from None
