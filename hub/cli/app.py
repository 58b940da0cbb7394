"""Puts the commands together and turns known errors into one clear line and exit status 2."""

from __future__ import annotations

import logging
import sys

import typer

from hub.cli import (
    analyse,
    baseline,
    checks,
    configurations,
    data,
    dataset,
    deliveries,
    dispatch,
    labels,
    people,
    recording,
    roles,
    rules,
    shadow,
    trace,
    tuning,
    zones,
)
from hub.cli.failure import KNOWN
from hub.log import without_secrets

app = typer.Typer(
    name="lianqin",
    help="Lianqin 联勤: a real-time monitoring hub for a city's joint-duty centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
roles.register(app)
data.register(app)
checks.register(app)
configurations.register()
analyse.register(app)
zones.register(app)
people.register(app)
dispatch.register(app)
deliveries.register(app)
trace.register(app)
baseline.register(app)
dataset.register(app)
labels.register(app)
tuning.register(app)
recording.register(app)
rules.register(app)
shadow.register(app)


def main() -> None:
    """Run the command line; an error that the user can mend is one line on stderr, not a traceback."""
    # A command says itself what went wrong; what its parts say meanwhile is for the roles' logs.
    logging.basicConfig(level=logging.ERROR, format="lianqin: %(message)s")
    try:
        app()
    except KNOWN as error:
        print(f"lianqin: {without_secrets(str(error))}", file=sys.stderr)
        raise SystemExit(2) from None
