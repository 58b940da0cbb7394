"""The run `dataset`: a span in; a ZIP of pictures and labels to train with, and what it holds, out."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Self

from pydantic import AwareDatetime, Field, model_validator

from hub.tuning.dataset.shot import Options
from hub.tuning.judging import Progress
from hub.tuning.labels.label import Verdict
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Names
from hub.tuning.runs.refused import RunRefused


class Dataset(Arguments):
    """Which verdicts of which time and cameras become a dataset, and how."""

    since: AwareDatetime
    until: AwareDatetime
    cameras: Names | None = None
    labels: list[Verdict] = Field(default_factory=lambda: list(Verdict), min_length=1, max_length=3)
    val_share: float = Field(0.2, ge=0, le=0.9, description="The share of the places that is kept for validation.")
    sure: float = Field(0.5, ge=0, le=1, description="From this confidence on a box nobody spoke of is taken for true.")
    blur_people: bool = Field(True, description="Blur the people in every picture.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since >= self.until:
            raise ValueError("since must lie before until")
        return self


def work(arguments: Dataset, means: Means) -> dict[str, Any]:
    """Make the dataset; its ZIP is the run's file."""
    try:  # the API knows this kind too, on machines that never see a picture
        from hub.tuning.dataset.export import export
        from hub.tuning.dataset.made import source_of
    except ImportError as error:
        raise RunRefused(
            f"{error.name} cannot be imported: install lianqin[vision] where the tuning role runs"
        ) from None
    source = source_of(
        means.session,
        means.configuration(None),
        arguments.since,
        arguments.until,
        now=means.now(),
        cameras=arguments.cameras,
    )
    options = Options(
        val_share=arguments.val_share,
        sure=arguments.sure,
        blur=None if arguments.blur_people else frozenset(),
        verdicts=frozenset(arguments.labels),
    )
    folder = means.folder / "dataset"
    answer = export(source, folder, options, told=lambda done, note: means.told(Progress(0.9 * done, note)))
    archive = means.folder / "dataset.zip"
    _zip(folder, archive)
    return {**answer, "bytes": archive.stat().st_size}


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # JPEGs do not compress
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
