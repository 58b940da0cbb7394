"""Takes a role, gives what it may do: a table of scopes; pure."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One thing a caller may be allowed to do."""

    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"  # acknowledge, shelve, assign, give a verdict
    FEED_READ = "feed:read"
    EVIDENCE_READ = "evidence:read"
    CITY_READ = "city:read"
    LEDGER_READ = "ledger:read"
    HEALTH_READ = "health:read"
    CONFIG_READ = "config:read"
    CONFIG_WRITE = "config:write"  # zones, and what else is changed from the console
    QUARANTINE_READ = "quarantine:read"
    METRICS_READ = "metrics:read"
    CASES_READ = "cases:read"
    CASES_FILE = "cases:file"  # collect, file or not, note, join reports, ask for suspension
    CASES_DISPATCH = "cases:dispatch"  # dispatch, reroute, verify, send back, close, merge, split, call in
    CASES_HANDLE = "cases:handle"  # take, progress, done, refuse, ask for suspension
    CASES_APPROVE = "cases:approve"  # suspension granted or not, void, reopen, evaluate
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"  # hand in a citizen's report; to link, dismiss or collect one is cases:file
    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_WRITE = "deliveries:write"  # endpoints, secrets, replays
    STATISTICS_READ = "statistics:read"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    AUDIT_READ = "audit:read"
    TUNE_READ = "tune:read"  # runs, scores, labels, versions of the configuration
    TUNE = "tune:write"  # start runs, label, propose, apply and roll back configurations


_WATCH = frozenset({Scope.ALERTS_READ, Scope.FEED_READ, Scope.EVIDENCE_READ, Scope.CITY_READ, Scope.HEALTH_READ})
_CENTRE = _WATCH | {Scope.CASES_READ, Scope.REPORTS_READ, Scope.STATISTICS_READ, Scope.LEDGER_READ}

# People: the operator watches and files, the dispatcher sends and checks, a department's user handles what is theirs,
# the supervisor approves and evaluates, the engineer tunes. Machines: `dispatch` is the dispatch system, which consumes
# and handles; `reports` is a front end that hands in citizens' reports and sees nothing else. Neither the dispatch
# system nor the engineer acknowledges in the operator's place. Raw payloads and thresholds are the engineer's.
ROLE_SCOPES: dict[str, frozenset[Scope]] = {
    "operator": _CENTRE | {Scope.ALERTS_WRITE, Scope.CASES_FILE, Scope.REPORTS_WRITE},
    "dispatcher": _CENTRE
    | {Scope.ALERTS_WRITE, Scope.CASES_FILE, Scope.CASES_DISPATCH, Scope.REPORTS_WRITE, Scope.DELIVERIES_READ},
    "department": frozenset(
        {Scope.ALERTS_READ, Scope.EVIDENCE_READ, Scope.CITY_READ, Scope.FEED_READ}
        | {Scope.CASES_READ, Scope.CASES_HANDLE, Scope.REPORTS_READ}
    ),
    "supervisor": _CENTRE
    | {Scope.CASES_FILE, Scope.CASES_DISPATCH, Scope.CASES_APPROVE, Scope.DELIVERIES_READ, Scope.AUDIT_READ}
    | {Scope.TUNE_READ},
    "dispatch": _WATCH | {Scope.CASES_READ, Scope.CASES_HANDLE, Scope.REPORTS_READ},
    "reports": frozenset({Scope.REPORTS_WRITE}),
    "engineer": _WATCH
    | {Scope.LEDGER_READ, Scope.CONFIG_READ, Scope.CONFIG_WRITE, Scope.QUARANTINE_READ, Scope.METRICS_READ}
    | {Scope.STATISTICS_READ, Scope.CASES_READ, Scope.DELIVERIES_READ, Scope.TUNE_READ, Scope.TUNE},
    "admin": frozenset(Scope),
}


def roles_with(scope: Scope) -> list[str]:
    """Return the roles that have `scope`, for a message that helps."""
    return [role for role, scopes in ROLE_SCOPES.items() if scope in scopes]
