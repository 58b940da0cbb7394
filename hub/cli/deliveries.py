"""`lianqin deliveries …`: endpoints made, tried and switched, and what did not get through."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from hub.cli.data import AsJson, connection
from hub.cli.failure import CommandError
from hub.settings import from_environment

if TYPE_CHECKING:
    from hub.deliveries.endpoint import Endpoint, Settings

deliveries_app = typer.Typer(help="The feed sent to others, as signed webhooks.", no_args_is_help=True)

Url = Annotated[str, typer.Argument(help="https://…; http:// only to a host inside.")]
EndpointId = Annotated[UUID, typer.Argument(help="The endpoint's id, as `deliveries endpoints` shows it.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(deliveries_app, name="deliveries")


@deliveries_app.command("endpoints")
def show_endpoints(as_json: AsJson = False) -> None:
    """List where events are sent and how each fares."""
    from hub import clock
    from hub.deliveries.documents import endpoint_document
    from hub.deliveries.key_file import hub_key
    from hub.store.endpoints import list_endpoints
    from hub.store.read_deliveries import Load, loads
    from hub.store.read_feed import newest_seq

    with connection() as session:
        found, waiting, newest = list_endpoints(session), loads(session), newest_seq(session)
    key = hub_key(from_environment()) if found else None
    for each in found:
        known = key is None or each.key_check == key.check(each.endpoint_id)
        load = waiting.get(each.endpoint_id, Load())
        document = endpoint_document(each, load, newest=newest, at=clock.now(), known_key=known)
        if as_json:
            print(json.dumps(document, ensure_ascii=False))
            continue
        print(f"{each.endpoint_id}  {document['state']:<11} {each.settings.url}  {each.settings.description}".rstrip())
        print(f"    {document['behind']} behind the feed, {load.pending} waiting, {load.dead} dead", end="")
        print(f"; {each.disabled_reason or each.last_error}" if each.disabled_reason or each.last_error else "")
    if not found and not as_json:
        print("there are no endpoints: `lianqin deliveries add URL` makes one")


@deliveries_app.command("add")
def add(
    url: Url,
    description: Annotated[str, typer.Option(help="What it is, for people.")] = "",
    types: Annotated[str, typer.Option(help="Only these types, parted by commas: case.*, alert.raised.")] = "",
    rules: Annotated[str, typer.Option(help="Only these rules: water.*, gas.leak.")] = "",
    grids: Annotated[str, typer.Option(help="Only these grids.")] = "",
    departments: Annotated[str, typer.Option(help="Only cases that are or were with these.")] = "",
    private: Annotated[bool, typer.Option("--private", help="The host lies inside, and that is meant.")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=32, help="Requests at once.")] = 4,
    after: Annotated[
        int | None, typer.Option(min=0, help="Begin after this number of the feed; now by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have events sent to URL and print the secret to check them with: once, since it is stored nowhere."""
    from hub import clock
    from hub.deliveries.addresses import BadTarget, suitable, target_of
    from hub.deliveries.endpoint import BadFilter, Filter, Settings
    from hub.deliveries.key_file import hub_key
    from hub.deliveries.serve import allowed_of
    from hub.deliveries.signing import new_salt
    from hub.store.audit import COMMAND_LINE
    from hub.store.endpoints import create_endpoint

    settings = from_environment()
    try:
        host = target_of(url).host if private else None
        suitable(url, host, allowed_of(settings))
        chosen = Filter(types=_parts(types), rules=_parts(rules), grids=_parts(grids), departments=_parts(departments))
    except (BadTarget, BadFilter) as error:
        more = " (--private allows it)" if "by name" in str(error) else ""
        raise CommandError(f"{error}{more}") from None
    endpoint_id, salt, key = uuid4(), new_salt(), hub_key(settings)
    with connection() as session:
        create_endpoint(
            session,
            Settings(
                url=url,
                description=description,
                filter=chosen,
                private_host=host,
                parallel=parallel,
            ),
            endpoint_id=endpoint_id,
            salt=salt,
            key_check=key.check(endpoint_id),
            after=after,
            actor=COMMAND_LINE,
            at=clock.now(),
        )
    _print_secret(endpoint_id, key.secret(endpoint_id, salt), as_json)


@deliveries_app.command("change")
def change(
    endpoint_id: EndpointId,
    url: Annotated[str | None, typer.Option(help="Another address; tried at once.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is, for people.")] = None,
    types: Annotated[str | None, typer.Option(help="Types, parted by commas; an empty text: all.")] = None,
    rules: Annotated[str | None, typer.Option(help="Rules; an empty text: all.")] = None,
    grids: Annotated[str | None, typer.Option(help="Grids; an empty text: all.")] = None,
    departments: Annotated[str | None, typer.Option(help="Departments; an empty text: all.")] = None,
    private: Annotated[bool | None, typer.Option("--private/--public", help="Whether its host lies inside.")] = None,
    parallel: Annotated[int | None, typer.Option(min=1, max=32, help="Requests at once.")] = None,
) -> None:
    """Change what is given of an endpoint."""
    from hub import clock
    from hub.deliveries.addresses import BadTarget, suitable, target_of
    from hub.deliveries.endpoint import BadFilter
    from hub.deliveries.serve import allowed_of
    from hub.store.audit import COMMAND_LINE
    from hub.store.endpoints import change_endpoint, find_endpoint

    def changed(before: Settings) -> Settings:
        named = {"types": types, "rules": rules, "grids": grids, "departments": departments}
        given = {name: _parts(text) for name, text in named.items() if text is not None}
        inside = before.private_host is not None if private is None else private
        host = target_of(url or before.url).host if inside else None
        suitable(url or before.url, host, allowed_of(from_environment()))
        return replace(
            before,
            url=url or before.url,
            description=before.description if description is None else description,
            filter=replace(before.filter, **given),
            private_host=host,
            parallel=parallel or before.parallel,
        )

    def work(session: Any) -> None:
        before = find_endpoint(session, endpoint_id, lock=True)
        try:
            wanted = changed(before.settings)
        except (BadTarget, BadFilter) as error:
            raise CommandError(str(error)) from None
        change_endpoint(session, endpoint_id, wanted, revision=None, actor=COMMAND_LINE, at=clock.now())

    _with_endpoint(work)
    print("changed")


@deliveries_app.command("rotate")
def rotate(
    endpoint_id: EndpointId,
    overlap_h: Annotated[
        float, typer.Option(min=0, max=720, help="Hours that the old secret is signed with too.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Give an endpoint a new secret and print it, once."""
    from hub import clock
    from hub.deliveries.key_file import hub_key
    from hub.deliveries.signing import new_salt
    from hub.store import endpoints
    from hub.store.audit import COMMAND_LINE

    key, salt, at = hub_key(from_environment()), new_salt(), clock.now()

    def work(session: Any) -> None:
        before = endpoints.find_endpoint(session, endpoint_id, lock=True)
        overlaps = overlap_h > 0 and before.key_check == key.check(endpoint_id)
        endpoints.rotate(
            session,
            endpoint_id,
            salt=salt,
            key_check=key.check(endpoint_id),
            previous_until=at + timedelta(hours=overlap_h) if overlaps else None,
            actor=COMMAND_LINE,
            at=at,
        )

    _with_endpoint(work)
    _print_secret(endpoint_id, key.secret(endpoint_id, salt), as_json)


@deliveries_app.command("enable")
def enable(endpoint_id: EndpointId) -> None:
    """Send again, from where it stopped."""
    _switch(endpoint_id, on=True)
    print("on: it goes on where it stopped")


@deliveries_app.command("disable")
def disable(endpoint_id: EndpointId) -> None:
    """Send nothing until it is switched on again; nothing is lost."""
    _switch(endpoint_id, on=False)
    print("off: its place in the feed is kept")


@deliveries_app.command("remove")
def remove(endpoint_id: EndpointId) -> None:
    """Remove an endpoint with the record of its deliveries."""
    from hub import clock
    from hub.store.audit import COMMAND_LINE
    from hub.store.endpoints import remove_endpoint

    _with_endpoint(lambda session: remove_endpoint(session, endpoint_id, actor=COMMAND_LINE, at=clock.now()))
    print("removed")


@deliveries_app.command("ping")
def ping(endpoint_id: EndpointId) -> None:
    """Send a signed test message now; exit status 1 when it is not taken."""
    from hub import clock
    from hub.deliveries.cloud_event import ping_message
    from hub.deliveries.pace import Word, word
    from hub.deliveries.serve import sender_of
    from hub.store import endpoints

    sender = sender_of(from_environment())

    def work(session: Any) -> tuple[Endpoint, list[bytes], UUID]:
        found = endpoints.find_endpoint(session, endpoint_id)
        return found, endpoints.salts_of(session, endpoint_id, clock.now()), endpoints.hub_id(session)

    found, salts, hub_id = _with_endpoint(work)
    if found.key_check != sender.key.check(endpoint_id):
        raise CommandError("its secret comes from another key than this machine has: rotate it, or run this there")
    message = ping_message(endpoint_id, hub_id, uuid4(), clock.now())
    settings = found.settings
    outcome = asyncio.run(sender.send(endpoint_id, settings.url, settings.private_host, tuple(salts), message))
    print(f"{outcome} in {outcome.took_s:.2f} s" + (f": {outcome.snippet}" if outcome.snippet else ""))
    if word(outcome) is not Word.TAKEN:
        raise SystemExit(1)


@deliveries_app.command("list")
def show(
    endpoint: Annotated[UUID | None, typer.Option(help="Of one endpoint; of all by default.")] = None,
    state: Annotated[str, typer.Option(help="pending, delivered or dead; all by default.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what became of items on their way, the newest first."""
    from hub.deliveries.documents import delivery_document
    from hub.store.read_deliveries import DeliveryFilter, list_deliveries

    if state not in ("", "pending", "delivered", "dead"):
        raise CommandError(f"there is no state {state!r}: pending, delivered or dead")
    with connection() as session:
        wanted = DeliveryFilter(endpoint_id=endpoint, state=state or None)
        found = list_deliveries(session, wanted, below=None, limit=limit)
    for each in found:
        if as_json:
            print(json.dumps(delivery_document(each), ensure_ascii=False))
        else:
            tries = "1 attempt" if each.attempts == 1 else f"{each.attempts} attempts"
            head = f"{each.delivery_id:>9}  {each.state:<9} seq {each.seq:<9} {each.type:<22}"
            print(f"{head} {tries}: {each.outcome or 'not tried yet'}")
    if not found and not as_json:
        print("there are none")


@deliveries_app.command("replay")
def replay(
    endpoint: Annotated[UUID | None, typer.Option(help="Every dead delivery of this endpoint.")] = None,
    from_seq: Annotated[
        int | None, typer.Option(min=1, help="With --endpoint: everything from this number on.")
    ] = None,
    ids: Annotated[list[int] | None, typer.Argument(help="Or these deliveries.")] = None,
) -> None:
    """Send again what is dead, or everything from a number on; under the same ids."""
    from hub import clock
    from hub.deliveries.queue import add_jobs
    from hub.store import deliveries
    from hub.store.audit import COMMAND_LINE, note

    if (endpoint is None) == (not ids) or (from_seq is not None and endpoint is None):
        raise CommandError("say which: numbers as `deliveries list` shows them, or --endpoint ID (and --from-seq N)")

    def work(session: Any) -> str:
        at = clock.now()
        if endpoint is None:
            for delivery_id in ids or ():
                deliveries.replay_one(session, delivery_id, at=at, queue=add_jobs)
                note(session, COMMAND_LINE, "delivery.replayed", f"delivery/{delivery_id}", at=at)
            return f"{len(ids or ())} are sent again"
        if from_seq is not None:
            deliveries.replay_from(session, endpoint, from_seq)
            said, detail = f"everything from {from_seq} on is sent again", {"from_seq": from_seq}
        else:
            count = deliveries.replay_dead(session, endpoint, at=at, queue=add_jobs)
            said, detail = f"{count} are sent again", {"dead": count}
        note(session, COMMAND_LINE, "endpoint.replayed", f"endpoint/{endpoint}", at=at, detail=detail)
        return said

    print(_with_endpoint(work))


@deliveries_app.command("skip")
def skip(endpoint_id: EndpointId) -> None:
    """Let what waits be dead, and go on with what comes from now on."""
    from hub import clock
    from hub.store import deliveries
    from hub.store.audit import COMMAND_LINE, note

    def work(session: Any) -> int:
        at = clock.now()
        count = deliveries.skip_to_newest(session, endpoint_id, at=at)
        note(session, COMMAND_LINE, "endpoint.skipped", f"endpoint/{endpoint_id}", at=at, detail={"deliveries": count})
        return count

    print(f"{_with_endpoint(work)} are dead, and can be replayed")


def _switch(endpoint_id: UUID, *, on: bool) -> None:
    from hub import clock
    from hub.store.audit import COMMAND_LINE
    from hub.store.endpoints import switch

    reason = "switched off on the command line"
    _with_endpoint(
        lambda session: switch(session, endpoint_id, on=on, reason=reason, actor=COMMAND_LINE, at=clock.now())
    )


def _with_endpoint(work: Any) -> Any:
    from hub.store.deliveries import NoSuchDelivery
    from hub.store.endpoints import NoSuchEndpoint

    try:
        with connection() as session:
            return work(session)
    except (NoSuchEndpoint, NoSuchDelivery) as error:
        raise CommandError(str(error)) from None


def _print_secret(endpoint_id: UUID, secret: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"id": str(endpoint_id), "secret": secret}))
    else:
        print(f"endpoint {endpoint_id}\nsecret   {secret}\nThe secret is shown this once; the receiver checks with it.")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
