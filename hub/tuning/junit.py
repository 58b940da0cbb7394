"""Test cases go in, a JUnit XML report comes out, as build servers read it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.dispatch.plain_xml import document, element, leaf


@dataclass(frozen=True, slots=True)
class Case:
    """One test: it passed, or says why it failed, was passed over, or could not be run at all."""

    suite: str
    name: str
    failure: str = ""
    skipped: str = ""
    error: str = ""


def report(name: str, cases: Sequence[Case]) -> bytes:
    """Return the report of `cases` as a document in UTF-8."""
    made = []
    for case in cases:
        trouble = None
        if case.error:
            trouble = leaf("error", case.error, message=case.error.partition("\n")[0], type="error")
        elif case.failure:
            trouble = leaf("failure", case.failure, message=case.failure.partition("\n")[0], type="failed")
        elif case.skipped:
            trouble = leaf("skipped", case.skipped, message=case.skipped.partition("\n")[0])
        one = element("testcase", trouble, classname=case.suite)
        one.set("name", case.name)
        made.append(one)
    suite = element(
        "testsuite",
        *made,
        tests=str(len(cases)),
        failures=str(sum(bool(case.failure) for case in cases)),
        errors=str(sum(bool(case.error) for case in cases)),
        skipped=str(sum(bool(case.skipped) and not case.failure for case in cases)),
    )
    suite.set("name", name)
    return document(element("testsuites", suite))
