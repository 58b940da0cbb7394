"""`lianqin rules test|schema`: rules held to stories written down as data, in a centre's own CI."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.failure import CommandError

rules_app = typer.Typer(help="Tests of rules as data.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(rules_app, name="rules")


@rules_app.command("test")
def run_tests(
    files: Annotated[list[Path], typer.Argument(help="Files of rule tests (YAML); of a folder, each .yaml in it.")],
    run: Annotated[str | None, typer.Option(help="Only tests whose name this regular expression finds.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line for each test.")] = False,
) -> None:
    """Run tests of rules; exit status 1 when one fails, 2 when a file cannot be used.

    A file that cannot be used keeps none of the others from being run. To begin with: docs/examples/rule-tests.
    """
    from hub.config.yaml_source import ConfigError
    from hub.tuning.junit import Case, report
    from hub.tuning.rule_tests.run import Outcome, run_file

    try:
        wanted = re.compile(run) if run is not None else None
    except re.error as error:
        raise CommandError(f"--run {run}: is no regular expression: {error}") from None
    outcomes: list[Outcome] = []
    problems: list[str] = []
    unusable: list[Case] = []
    for path in _listed(files):
        try:
            for outcome in run_file(path, wanted):
                outcomes.append(outcome)
                if as_json:
                    print(json.dumps(outcome.document(), ensure_ascii=False), flush=True)
                else:
                    _print(outcome)
        except ConfigError as error:
            problems += error.problems
            unusable.append(Case(str(path), "the file", error=str(error)))
    if not outcomes and not problems:
        raise CommandError(f"no test is named like {run!r}" if run else "there is no test")
    if junit is not None:
        try:
            junit.write_bytes(report("lianqin rules", [*(each.case() for each in outcomes), *unusable]))
        except OSError as error:
            raise CommandError(f"{junit} cannot be written: {error.strerror}") from None
    failed = sum(not outcome.passed for outcome in outcomes)
    if not as_json and outcomes:
        print(f"{len(outcomes) - failed} passed, {failed} failed")
    if problems:
        raise CommandError("\n".join(problems))
    if failed:
        raise SystemExit(1)


@rules_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a file of rule tests, for editors and for checks elsewhere."""
    from hub.tuning.rule_tests.document import schema as schema_of

    print(json.dumps(schema_of(), indent=2, ensure_ascii=False))


def _listed(files: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in files:
        inside = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
        if not inside:
            raise CommandError(f"{path} holds no .yaml file")
        found += inside
    return found


def _print(outcome: object) -> None:
    from hub.tuning.rule_tests.run import Outcome

    assert isinstance(outcome, Outcome)
    if outcome.passed:
        print(f"ok    {outcome.path}:{outcome.line} {outcome.name}")
        return
    colour = sys.stdout.isatty()
    print(f"FAIL  {outcome.path}:{outcome.line} {outcome.name}")
    for line in outcome.differences:
        code = {"-": "31", "+": "32"}.get(line[:1]) if colour else None
        print(f"      \x1b[{code}m{line}\x1b[0m" if code else f"      {line}")
    if not outcome.got:
        print("      nothing at all was raised")
