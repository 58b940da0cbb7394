"""The hub's sources in, every sentence out that a page of the console can come to show: all that the API refuses with,
and all that the engineer's pages are told.

What the API can refuse with is found and not listed: whatever the modules of `hub/api` say, and whatever is raised in
a module that they import, however indirectly. A module that says nothing to a caller is named here, and why.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from tests.support.said_in_code import parsed, sentences

ROOT = Path(__file__).parents[2]
SAID = ROOT / "hub/console/src/i18n/said"
PACKAGES = ("hub", "detectors", "ingest")
# Of these whatever they say is told, raised or not.
WHOLE = (
    "hub/api/*.py",
    "hub/cases/matching.py", "hub/cases/routing.py", "hub/config/apply.py", "hub/config/city_file.py",
    "hub/config/profiles_file.py",
    "hub/config/scheduled.py", "hub/config/thresholds_file.py", "hub/config/yaml_source.py", "hub/config/zones.py",
    "hub/deliveries/addresses.py", "hub/deliveries/pace.py", "hub/deliveries/post.py", "hub/people/passwords.py",
    "hub/photos.py", "hub/store/labels.py", "hub/store/reports.py", "hub/store/session.py", "hub/store/shadows.py",
    "hub/store/tuning_runs.py", "hub/tuning/*.py", "hub/tuning/labels/*.py", "hub/tuning/runs/*.py",
    "hub/tuning/shadow/*.py", "hub/tuning/baselines/*.py", "hub/tuning/dataset/*.py", "hub/tuning/trace/moment.py",
    "hub/tuning/trace/request.py", "detectors/overrides.py",
)  # fmt: skip
# Of these the refusals alone, although they match above: the rest is documentation, or told in both languages.
REFUSALS = ("hub/api/app.py", "hub/api/openapi.py", "hub/api/metrics.py", "hub/api/model*.py", "hub/api/tour.py")
# What these refuse with reaches no caller of the API.
ELSEWHERE = {
    "at the command line, or on a page in both languages at once": (
        "hub/tuning/analyse.py", "hub/tuning/backtest.py", "hub/tuning/backtest_report.py", "hub/tuning/condition.py",
        "hub/tuning/junit.py", "hub/tuning/recorded_file.py", "hub/tuning/search_words.py", "hub/people/oidc.py",
        "hub/people/provider.py",
    ),
    "when a role starts, on its terminal": (
        "detectors/vision/camera.py", "detectors/vision/address.py", "detectors/vision/labels.py",
        "detectors/vision/settings.py", "hub/api/map_view.py", "hub/api/people_setup.py", "hub/api/serve.py",
        "hub/api/tour.py", "hub/config/dispatch_table.py", "hub/config/dispatch_time.py", "hub/deliveries/key_file.py",
        "hub/deliveries/serve.py", "hub/deliveries/signing.py", "hub/people_settings.py", "hub/settings.py",
        "hub/store/migrate.py", "hub/store/write.py", "ingest/address.py", "ingest/tls.py", "ingest/window.py",
    ),
    "to another role, or of a message that goes to the quarantine": (
        "detectors/vision/names.py", "detectors/vision/payloads.py", "detectors/vision/pictures.py",
        "ingest/content.py", "ingest/decode.py", "ingest/link.py", "ingest/live_picture.py", "ingest/observation.py",
        "ingest/payloads.py", "ingest/topics.py",
    ),
    "to nobody: our own mistakes, answered as a failure of the hub": (
        "hub/areas.py", "hub/cases/case.py", "hub/cases/deadline.py", "hub/store/feed.py", "hub/store/read_pool.py",
    ),
}  # fmt: skip
NO_SENTENCE = {
    # How a message is put right, what programs read, and values.
    "Input should", "Input should be", "String should", "List should", "Value error, ", "must be", " (it is {})",
    "lianqin learning 1", "lianqin profiles 1", "a planned configuration", "--metrics-port {} cannot be used: {}",
    "alarms per hour", "times what was before", "street stall", "the sun", "the schedule", "not right", "again at {}",
    "filing condition",
    "shadow_id, version, grids, note, by, started_at, until, state, ended_at, why, canary",
    "{} -c max_parallel_workers_per_gather=0 -c work_mem=16MB", "if-match {}", "as the provider says",
    "POST {}/requests", "lianqin token create --role reports", "{} concerns two cases",
    # On the page between the hub and a provider of sign-ins, which is in both languages.
    "the provider says: {}", "{}; ask who manages the hub's users",
    "this signing in was not begun in this browser, or too long ago: begin again",
    "your account here is disabled: ask who manages the hub's users",
    # Of a city file, when a role starts.
    "there is no {} {}", "{} {} lies in grid {}, not in {}",
    # Documentation.
    "You have it: If-None-Match names its tag.", "The session; HttpOnly, SameSite=Strict.",
    # Of a password: what it is made of, and the short names of what is wrong.
    "too short", "too long", "repeats itself", "holds control characters",
}  # fmt: skip
# Headers, and the lines of a stream.
NO_WORDS = re.compile(
    r"(private|public|no-cache|max-age|inline|attachment|default-src|camera=|Bearer realm|id: |: lianqin feed|"
    r"\n +password|[a-z]+/[a-z]+; ).*",
    re.DOTALL,
)


@cache
def table() -> dict[str, dict[str, str]]:
    """Return the console's pairs, by their groups."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(SAID.glob("*.json")):
        for group, pairs in json.loads(path.read_text(encoding="utf-8")).items():
            assert group not in found, f"{group} stands in two files"
            found[group] = pairs
    return found


@cache
def known() -> dict[str, str]:
    """Return every pair."""
    return {english: chinese for pairs in table().values() for english, chinese in pairs.items()}


@cache
def shapes() -> frozenset[str]:
    """Return every English sentence that has its pair, with `{}` wherever something is filled in."""
    return frozenset(re.sub(r"\{[nw]\}", "{}", english) for english in known())


def is_known(sentence: str) -> bool:
    """Tell whether a sentence as it is sent has its pair."""
    return any(pattern.fullmatch(sentence) for pattern in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    filled = {r"\{n\}": r"-?[\d.,]+(?:e[-+]?\d+)?", r"\{w\}": r"[^\s,;]+", r"\{\}": ".+?"}
    found = []
    for english in known():
        pattern = re.escape(english)
        for place, what in filled.items():
            pattern = pattern.replace(place, what)
        found.append(re.compile(pattern, re.DOTALL))
    return tuple(found)


@cache
def spoken() -> dict[str, str]:
    """Return every sentence that a page may show, and where it stands."""
    found: dict[str, str] = {}
    for path in sorted({*_reached(), *(path for pattern in WHOLE for path in ROOT.glob(pattern))}):
        where = str(path.relative_to(ROOT))
        if _is_one(where, (pattern for patterns in ELSEWHERE.values() for pattern in patterns)):
            continue
        told = sentences(path, refusals_only=_is_one(where, REFUSALS) or not _is_one(where, WHOLE))
        found |= {one: where for one in told if not one.startswith(("This dataset was", "# "))}
    # What is filled in last may be a hint that goes on from it.
    whole = {re.sub(r"\{\}\{\}$", "{}", one): where for one, where in found.items()}
    return {one: where for one, where in whole.items() if one not in NO_SENTENCE and not NO_WORDS.match(one)}


def unused() -> list[str]:
    """Return what is named above although no module that speaks to a caller is of that name."""
    reached = {str(path.relative_to(ROOT)) for path in _reached()}
    named = [*REFUSALS, *(pattern for patterns in ELSEWHERE.values() for pattern in patterns)]
    whole = [one for one in WHOLE if not list(ROOT.glob(one))]
    spoken_of = {*reached, *(str(path.relative_to(ROOT)) for one in WHOLE for path in ROOT.glob(one))}
    return whole + [one for one in named if not any(fnmatch(where, one) for where in spoken_of)]


def _is_one(where: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(where, pattern) and where.count("/") == pattern.count("/") for pattern in patterns)


@cache
def _reached() -> frozenset[Path]:
    """Return the modules of the API and all that they import, one by another."""
    found: set[Path] = set()
    ahead = sorted((ROOT / "hub/api").glob("*.py"))
    while ahead:
        path = ahead.pop()
        if path not in found:
            found.add(path)
            ahead += set(_imported(path)) - found
    return frozenset(found)


def _imported(path: Path) -> Iterator[Path]:
    tree = parsed(path)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] in PACKAGES and (module := _module(name)) is not None:
                yield module


def _module(name: str) -> Path | None:
    path = ROOT / name.replace(".", "/")
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.exists()), None)
