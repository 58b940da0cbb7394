"""`lianqin user|session-ticket|audit`: who may sign in, and what people did."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli.data import AsJson, connection
from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.people.audit_lines import Form
from hub.people.first_password import first_password

if TYPE_CHECKING:
    from hub.store.users import User

user_app = typer.Typer(help="Who may sign in.", no_args_is_help=True)
audit_app = typer.Typer(help="What people did.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input: one line.")]
Districts = Annotated[str | None, typer.Option(help="Districts, parted by commas; the whole city by default.")]
Department = Annotated[str | None, typer.Option(help="The department's id; needed for the role department.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(user_app, name="user")
    app.add_typer(audit_app, name="audit")
    app.command("session-ticket")(session_ticket)


@user_app.command("create")
def create(
    name: Name,
    role: Annotated[str, typer.Option(help="operator, dispatcher, department, supervisor, engineer or admin")],
    display_name: Annotated[str, typer.Option(help="The name to show; the name to sign in with by default.")] = "",
    department: Department = None,
    districts: Districts = None,
    stdin: Stdin = False,
    as_json: AsJson = False,
) -> None:
    """Make a person and print a first password, which must be changed when it is first used; or read one."""
    from hub import clock
    from hub.people import argon
    from hub.people.post import Post
    from hub.store.audit import COMMAND_LINE
    from hub.store.users import create_user, require_strong

    password = _from_stdin() if stdin else first_password()
    with _refusals(), connection() as session:
        if stdin:
            require_strong(password, names=(name, display_name))
        user = create_user(
            session,
            name=name,
            display_name=display_name,
            post=Post(role=role, department=department, districts=_listed(districts)),
            password_hash=argon.hashed(password),
            must_change_password=not stdin,
            actor=COMMAND_LINE,
            at=clock.now(),
        )
    told = None if stdin else password
    if as_json:
        print(json.dumps({"user": user.document(), "password": told}, ensure_ascii=False))
    else:
        print(f"made {user.name} ({user.role})" + ("" if stdin else f"; first password: {password}"))


@user_app.command("list")
def users(as_json: AsJson = False) -> None:
    """List everybody who may sign in, or could once."""
    from hub.store.users import list_users

    with connection() as session:
        found = list_users(session)
    for user in found:
        if as_json:
            print(json.dumps(user.document(), ensure_ascii=False))
        else:
            where = "whole city" if user.districts is None else ", ".join(user.districts) or "nowhere"
            state = "disabled" if user.disabled_at else f"last signed in {_at(user.signed_in_at) or 'never'}"
            whose = f"{user.role}{' of ' + user.department if user.department else ''}"
            print(f"{user.name:<24} {whose:<32} {where:<24} {state}")
    if not found and not as_json:
        print("there is nobody yet: `lianqin user create` makes the first")


@user_app.command("change")
def change(
    name: Name,
    role: Annotated[str | None, typer.Option(help="Another role.")] = None,
    display_name: Annotated[str | None, typer.Option(help="Another name to show.")] = None,
    department: Department = None,
    districts: Districts = None,
    whole_city: Annotated[bool, typer.Option("--whole-city", help="No districts: the whole city.")] = False,
) -> None:
    """Give a person another role, department, districts or name to show; what is not named stays. Holds at once."""
    from hub import clock
    from hub.people.post import Post
    from hub.store.audit import COMMAND_LINE
    from hub.store.users import change_user

    if whole_city and districts is not None:
        raise CommandError("say either --districts or --whole-city")
    with _refusals(), connection() as session:
        user = _named(session, name)
        post = Post(
            role=role or user.role,
            department=user.department if department is None else department,
            districts=None if whole_city else user.districts if districts is None else _listed(districts),
        )
        changed = change_user(session, user, post=post, display_name=display_name, actor=COMMAND_LINE, at=clock.now())
    print(f"nothing to change for {user.name}" if changed is user else f"changed {user.name}")


@user_app.command("disable")
def disable(name: Name) -> None:
    """End what a person may do here, with every session, at once; the name stays in the audit."""
    from hub.store.users import disable_user

    _once(name, disable_user, done="disabled", before="was disabled before")


@user_app.command("enable")
def enable(name: Name) -> None:
    """Let a disabled person in again."""
    from hub.store.users import enable_user

    _once(name, enable_user, done="enabled", before="was not disabled")


@user_app.command("reset-password")
def reset_password(name: Name, as_json: AsJson = False) -> None:
    """Print a new first password for a person, end every session, and forget failed attempts."""
    from hub import clock
    from hub.people import argon
    from hub.store.audit import COMMAND_LINE
    from hub.store.sessions import end_sessions_of
    from hub.store.users import set_password

    password, at = first_password(), clock.now()
    with _refusals(), connection() as session:
        user = _named(session, name)
        kept = argon.hashed(password)
        set_password(session, user, kept, actor=COMMAND_LINE, at=at, must_change=True, action="user.password_reset")
        end_sessions_of(session, user.user_id, at=at, by="the password was reset")
    print(json.dumps({"name": user.name, "password": password}) if as_json else f"first password: {password}")


@user_app.command("passwd")
def passwd(name: Name, stdin: Stdin = False) -> None:
    """Set a person's password yourself, typed twice or read from standard input; every session ends."""
    from hub import clock
    from hub.people import argon
    from hub.store.audit import COMMAND_LINE
    from hub.store.sessions import end_sessions_of
    from hub.store.users import require_strong, set_password

    with connection() as session:
        user = _named(session, name)
    password = _from_stdin() if stdin else _typed_twice()
    at = clock.now()
    with _refusals(), connection() as session:
        require_strong(password, names=(user.name, user.display_name))
        set_password(session, user, argon.hashed(password), actor=COMMAND_LINE, at=at, must_change=False)
        end_sessions_of(session, user.user_id, at=at, by="the password was changed")
    print(f"set the password of {user.name}")


@user_app.command("unlock")
def unlock(name: Name) -> None:
    """Forget a person's failed attempts to sign in, so that the next is looked at without a wait."""
    from hub import clock
    from hub.store.audit import COMMAND_LINE, note
    from hub.store.users import forget_failures

    with connection() as session:
        user = _named(session, name)
        forget_failures(session, user.name)
        target = f"user/{user.user_id}"
        note(session, COMMAND_LINE, "user.unlocked", target, at=clock.now(), detail={"name": user.name})
    print(f"{user.name} may try again at once")


def session_ticket(
    user: Annotated[str, typer.Option(help="Whose session it opens.")],
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How long it may wait to be used.")] = 5,
    link: Annotated[bool, typer.Option("--link", help="Print the whole address, on this machine.")] = False,
) -> None:
    """Print a ticket that opens one session in the console, once, without a password: /#ticket=…"""
    from hub import clock
    from hub.store.audit import COMMAND_LINE, note
    from hub.store.sessions import make_ticket

    with connection() as session:
        found = _named(session, user)
        if found.disabled_at is not None:
            raise CommandError(f"{found.name} is disabled")
        at = clock.now()
        ticket = make_ticket(session, found, at=at, valid=timedelta(minutes=minutes))
        target = f"user/{found.user_id}"
        note(session, COMMAND_LINE, "session.ticket_made", target, at=at, detail={"name": found.name})
    print(f"{_console()}/#ticket={ticket}" if link else ticket)


@audit_app.command("verify")
def verify(
    noted: Annotated[
        str, typer.Option(metavar="SEQ:HASH", help="An end of the chain that was noted before: it must still be there.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check the chain of hashes over the whole audit; exit status 1 when something differs. Note its end elsewhere."""
    from hub.store.read_audit import verify_audit

    with connection() as session:
        proof = verify_audit(session, noted=_noted(noted))
    if as_json:
        print(json.dumps({"entries": proof.entries, "end": f"{proof.seq}:{proof.hash}", "problems": proof.problems}))
    else:
        for problem in proof.problems:
            print(problem)
        good = "all as written" if not proof.problems else f"{len(proof.problems)} problems"
        print(f"{proof.entries} entries: {good}\nthe chain ends with {proof.seq}:{proof.hash}")
    if proof.problems:
        raise SystemExit(1)


@audit_app.command("export")
def export(
    form: Annotated[Form, typer.Option("--format", help="csv for spreadsheets, jsonl for programs.")] = Form.CSV,
    begin: Annotated[str, typer.Option("--from", help="ISO 8601; UTC where it names no zone.")] = "",
    end: Annotated[str, typer.Option("--to", help="ISO 8601; now by default.")] = "",
    actor: Annotated[str, typer.Option(help="Only what this person or token did.")] = "",
    action: Annotated[str, typer.Option(help="Only this, or a domain such as session.*")] = "",
    out: Annotated[Path | None, typer.Option(help="A file to write; standard output by default.")] = None,
) -> None:
    """Write the audit, the oldest entry first, each with its hash. The export is itself an entry."""
    from hub import clock
    from hub.people.audit_lines import head, line
    from hub.store.audit import COMMAND_LINE, note
    from hub.store.read_audit import AuditFilter, audit_newest, audit_upwards

    zone = ZoneInfo("UTC")
    wanted = AuditFilter(
        actor=actor or None,
        action=action or None,
        since=instant(begin, zone) if begin else None,
        until=instant(end, zone) if end else None,
    )
    with connection() as session:
        detail = {"format": form.value, **wanted.document()}
        note(session, COMMAND_LINE, "audit.exported", "audit", at=clock.now(), detail=detail)
    try:
        file = sys.stdout if out is None else out.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}") from None
    count, seen = 0, 0
    try:
        with connection() as session:
            up_to = audit_newest(session)
            file.write(head(form))
            while found := audit_upwards(session, wanted, above=seen, up_to=up_to):
                file.writelines(line(form, entry.document()) for entry in found)
                count, seen = count + len(found), found[-1].seq
    finally:
        if out is not None:
            file.close()
    if out is not None:
        print(f"wrote {count} entries to {out}")


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the store refuses into one line for the user."""
    from hub.people.passwords import WeakPassword
    from hub.people.post import UserRefused

    try:
        yield
    except (UserRefused, WeakPassword) as error:
        raise CommandError(str(error)) from None


def _named(session: Any, name: str) -> User:
    from hub.store.users import NoSuchUser, user_named

    try:
        return user_named(session, name)
    except NoSuchUser as error:
        raise CommandError(f"{error}; `lianqin user list` shows everybody") from None


def _once(name: str, do: Callable[..., bool], *, done: str, before: str) -> None:
    from hub import clock
    from hub.store.audit import COMMAND_LINE

    with connection() as session:
        user = _named(session, name)
        did = do(session, user, actor=COMMAND_LINE, at=clock.now())
    print(f"{done} {user.name}" if did else f"{user.name} {before}")


def _console() -> str:
    """Return the console's address as a browser on this machine or, where the hub has one, as the public reaches it."""
    from hub.settings import from_environment

    settings = from_environment()
    host = settings.http_host if settings.http_host not in ("", "0.0.0.0", "::") else "127.0.0.1"
    own = f"http://{f'[{host}]' if ':' in host else host}:{settings.http_port}"
    return settings.people.public_url.rstrip("/") or own


def _listed(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _noted(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    seq, _, kept = text.partition(":")
    if not seq.isdecimal() or not kept:
        raise CommandError(f"{text!r} is no end of the chain: it is SEQ:HASH, as `lianqin audit verify` prints it")
    return int(seq), kept


def _from_stdin() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _typed_twice() -> str:
    if not sys.stdin.isatty():
        raise CommandError("there is no terminal to type a password at: use --stdin")
    first = getpass.getpass("new password: ")
    if first != getpass.getpass("again: "):
        raise CommandError("these were two different passwords; nothing was changed")
    return first


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}" if moment else ""
