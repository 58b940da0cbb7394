"""`lianqin migrate|token|quarantine|evidence`: what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import typer

from hub.cli.failure import CommandError
from hub.settings import from_environment

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]

token_app = typer.Typer(help="Who may use the API.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Messages that could not be read.", no_args_is_help=True)
evidence_app = typer.Typer(help="Pictures filed with alerts.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(migrate)
    app.add_typer(token_app, name="token")
    app.add_typer(quarantine_app, name="quarantine")
    app.add_typer(evidence_app, name="evidence")


@contextmanager
def connection() -> Iterator[Any]:
    """Open the database of the settings for one command; its transaction commits when the command succeeds."""
    from hub.store.session import StoreUnavailable, open_session

    try:
        with open_session(from_environment().database_url) as session:
            yield session
    except StoreUnavailable as error:
        raise CommandError(f"the database does not answer: {error}") from None


def migrate() -> None:
    """Bring the database's schema up to date; safe to run at any time, from several machines at once."""
    from hub.store.migrate import MigrationError
    from hub.store.migrate import migrate as bring_up_to_date

    try:
        applied = bring_up_to_date(from_environment().database_url)
    except MigrationError as error:
        raise CommandError(str(error)) from None
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("the schema is up to date")


@token_app.command("create")
def create(
    role: Annotated[
        str,
        typer.Option(help="dispatch, reports, engineer, operator, dispatcher, department, supervisor or admin"),
    ],
    name: Annotated[str, typer.Option(help="Who will use it; stands in the audit log.")],
    department: Annotated[str | None, typer.Option(help="A department's id; needed for the role department.")] = None,
    districts: Annotated[str | None, typer.Option(help="Districts, parted by commas; all by default.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="Days it is valid; for ever by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it: once, since only its hash is kept."""
    from hub import clock
    from hub.store.tokens import TokenRefused, create_token

    try:
        with connection() as session:
            expires_at = clock.now() + timedelta(days=days) if days else None
            made = create_token(
                session,
                name=name,
                role=role,
                expires_at=expires_at,
                department=department,
                districts=None if districts is None else districts.split(","),
            )
    except TokenRefused as error:
        raise CommandError(str(error)) from None
    print(json.dumps({"token": made, "role": role, "name": name}) if as_json else made)


@token_app.command("list")
def tokens(as_json: AsJson = False) -> None:
    """List the tokens, never their secrets."""
    from hub.store.tokens import list_tokens

    with connection() as session:
        found = list_tokens(session)
    for token in found:
        if as_json:
            print(json.dumps(token.document()))
        else:
            ended = "revoked" if token.revoked_at else f"until {_at(token.expires_at) or 'revoked'}"
            used = f"last used {_at(token.last_used_at)}" if token.last_used_at else "never used"
            reach = "" if token.districts is None else f", only {', '.join(token.districts) or 'nowhere'}"
            print(f"{token.token_id}  {token.role:<10} {token.name:<24} {ended}, {used}{reach}")
    if not found and not as_json:
        print("there are no tokens yet: `lianqin token create` makes one")


@token_app.command("revoke")
def revoke(token_id: UUID) -> None:
    """End a token at once."""
    from hub.store.tokens import revoke_token

    with connection() as session:
        if not revoke_token(session, token_id):
            raise CommandError(f"there is no token {token_id} in use")
    print(f"revoked {token_id}")


@quarantine_app.command("list")
def quarantine_list(
    reason: Annotated[str, typer.Option(help="Only messages quarantined for this reason.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 50,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what was not replayed yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what could not be read, the newest first, and why."""
    from hub.store.quarantine import list_quarantined

    with connection() as session:
        rows = list_quarantined(session, reason=reason or None, limit=limit, waiting_only=waiting)
    for row in rows:
        if as_json:
            print(json.dumps(row.document(), ensure_ascii=False))
        else:
            state = "replayed" if row.replayed_at else "waiting"
            print(f"{row.id:>8}  {_at(row.received_at)}  {row.reason:<17} {state:<8} {row.topic}: {row.detail}")
    if not rows and not as_json:
        print("nothing is quarantined")


@quarantine_app.command("replay")
def quarantine_replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Which; with --all everything that waits.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was not replayed yet.")] = False,
) -> None:
    """Publish quarantined messages again on their own topics, to be read by what has been mended since."""
    from hub import clock
    from hub.store.quarantine import mark_replayed, payloads
    from ingest.mqtt import Publisher, parse_url

    if not ids and not everything:
        raise CommandError("say which: ids as `quarantine list` shows them, or --all")
    settings = from_environment()
    publisher = Publisher(
        parse_url(settings.mqtt_url), client_id="lianqin-quarantine-replay", will=None, ca=settings.mqtt_ca or None
    )
    with connection() as session:
        chosen = list(payloads(session, None if everything else ids))
        if not chosen:
            print("nothing to replay")
            return
        publisher.start()
        try:
            for row in chosen:
                publisher.publish(row.topic, row.payload)
            if not publisher.flush(30.0):
                raise CommandError("the broker did not take the messages; nothing is marked as replayed")
        finally:
            publisher.stop()
        mark_replayed(session, [row.id for row in chosen], clock.now())
    print(f"published {len(chosen)} again; what is still unreadable is quarantined anew")


@evidence_app.command("verify")
def verify(
    alert: Annotated[UUID | None, typer.Option(help="One alert; all by default.")] = None,
    case: Annotated[UUID | None, typer.Option(help="One case; all by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check each alert's and case's hash-linked record and each picture's SHA-256; exit status 1 when one differs."""
    from hub.store.chain import verify as check_chain

    if alert is not None and case is not None:
        raise CommandError("give --alert or --case, not both")
    with connection() as session:
        result = check_chain(session, alert or case)
    for problem in result.problems:
        print(json.dumps(problem.document()) if as_json else f"{problem.about}: {problem.text}")
    if as_json:
        counts = {"alerts": result.alerts, "cases": result.cases, "pictures": result.pictures}
        print(json.dumps({**counts, "problems": len(result.problems)}))
    else:
        good = "all as recorded" if not result.problems else f"{len(result.problems)} problems"
        print(f"{result.alerts} alerts, {result.cases} cases, {result.pictures} pictures: {good}")
    if result.problems:
        raise SystemExit(1)


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else ""
