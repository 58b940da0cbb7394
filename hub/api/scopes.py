"""Takes a role, gives what it may do: a table of scopes; pure."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One thing a token may be allowed to do."""

    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    FEED_READ = "feed:read"
    EVIDENCE_READ = "evidence:read"
    CITY_READ = "city:read"
    LEDGER_READ = "ledger:read"
    HEALTH_READ = "health:read"
    CONFIG_READ = "config:read"
    QUARANTINE_READ = "quarantine:read"
    METRICS_READ = "metrics:read"


_WATCH = frozenset({Scope.ALERTS_READ, Scope.FEED_READ, Scope.EVIDENCE_READ, Scope.CITY_READ, Scope.HEALTH_READ})

# The dispatch system consumes and the engineer tunes: neither acknowledges in the operator's place. Raw payloads and
# thresholds are the engineer's.
ROLE_SCOPES: dict[str, frozenset[Scope]] = {
    "operator": _WATCH | {Scope.ALERTS_WRITE, Scope.LEDGER_READ},
    "dispatch": _WATCH,
    "engineer": _WATCH | {Scope.LEDGER_READ, Scope.CONFIG_READ, Scope.QUARANTINE_READ, Scope.METRICS_READ},
    "admin": frozenset(Scope),
}


def roles_with(scope: Scope) -> list[str]:
    """Return the roles that have `scope`, for a message that helps."""
    return [role for role, scopes in ROLE_SCOPES.items() if scope in scopes]
