"""One attempt against receivers that misbehave in every way: always an outcome, always in time, never elsewhere."""

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest

from hub.deliveries.addresses import Address, Allowed, target_of
from hub.deliveries.pace import Failure, Outcome
from hub.deliveries.post import BODY_BYTES, Limits, Poster
from tests.support.availability import Unavailable, skip_for
from tests.support.receiver import OK, Receiver, Request, answer, receiving

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
LIMITS = Limits(connect_s=0.4, total_s=0.8, body_s=0.4)
HERE = Allowed(frozenset({"127.0.0.1", "localhost", "dispatch.test"}))
BODY = b'{"a":1}'


def post(url: str, *, body: bytes = BODY, resolve: object = None, tls: ssl.SSLContext | None = None) -> Outcome:
    """Post and return the outcome; it never takes much longer than the limit."""
    options = {} if resolve is None else {"resolve": resolve}
    begun = time.monotonic()

    async def run() -> Outcome:
        poster = Poster(HERE, agent="Lianqin-Deliveries/test", limits=LIMITS, tls=tls, now=lambda: NOW, **options)  # type: ignore[arg-type]
        return await poster.post(target_of(url), body, {"webhook-id": "msg_1"})

    outcome = asyncio.run(run())
    assert time.monotonic() - begun < LIMITS.total_s + 1.0
    return outcome


def to(addresses: Sequence[str]) -> object:
    async def resolve(host: str, port: int) -> list[Address]:
        return [ip_address(each) for each in addresses]

    return resolve


def test_what_is_sent_is_what_was_signed() -> None:
    with receiving() as receiver:
        outcome = post(receiver.url("/hook?key=1"))
    assert (outcome.status, outcome.failure, outcome.snippet) == (204, None, "")
    (request,) = receiver.requests
    assert request.line == "POST /hook?key=1 HTTP/1.1"
    assert request.body == BODY
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["user-agent"] == "Lianqin-Deliveries/test"
    assert request.headers["webhook-id"] == "msg_1"


def drip(request: Request, connection: socket.socket) -> None:
    """Send the head of an answer a byte at a time."""
    for byte in OK * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def drip_body(request: Request, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b".")
        time.sleep(0.05)


def flood(request: Request, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def flood_head(request: Request, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"y" * 8000 + b"\r\n")


def interim_for_ever(request: Request, connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def reset(request: Request, connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def close(request: Request, connection: socket.socket) -> None:
    connection.close()


def silent(request: Request, connection: socket.socket) -> None:
    time.sleep(3)


def garbage(request: Request, connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")


def half(request: Request, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal")


@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (silent, Failure.TIMEOUT),
        (drip, Failure.TIMEOUT),
        (flood_head, Failure.NOT_HTTP),
        (interim_for_ever, Failure.BROKEN),
        (reset, Failure.BROKEN),
        (close, Failure.BROKEN),
        (garbage, Failure.NOT_HTTP),
    ],
)
def test_without_an_answer_there_is_a_reason(behave: object, failure: Failure) -> None:
    with receiving(behave) as receiver:  # type: ignore[arg-type]
        outcome = post(receiver.url())
    assert (outcome.status, outcome.failure) == (None, failure)
    assert outcome.detail


@pytest.mark.parametrize("behave", [drip_body, half])
def test_once_it_said_that_it_took_it_the_rest_is_for_show(behave: object) -> None:
    with receiving(behave) as receiver:  # type: ignore[arg-type]
        outcome = post(receiver.url())
    assert outcome.status == 200


def test_a_body_without_end_is_cut_off() -> None:
    with receiving(flood) as receiver:
        outcome = post(receiver.url())
    assert outcome.status == 200
    assert f"{BODY_BYTES // 1024} KiB" in outcome.detail
    assert len(outcome.snippet) <= 500


def test_an_answer_before_the_body_was_read_counts() -> None:
    def early(request: Request, connection: socket.socket) -> bytes:
        return answer(413, b"too much")

    with receiving(early) as receiver:
        outcome = post(receiver.url(), body=b"x" * 4_000_000)
    assert (outcome.status, outcome.snippet) == (413, "too much")


def test_a_redirect_is_not_followed() -> None:
    with receiving() as inside, receiving() as receiver:
        receiver.behave = lambda *_: answer(301, location=inside.url())
        outcome = post(receiver.url())
        assert (outcome.status, inside.requests) == (301, [])
    assert "not followed" in outcome.detail


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 23 Nov 2026 04:31:00 GMT", 60.0),
        ("Mon, 23 Nov 2020 04:31:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(said: str, seconds: float | None) -> None:
    with receiving(lambda *_: answer(429, retry_after=said)) as receiver:
        assert post(receiver.url()).retry_after_s == seconds


def test_nobody_there_and_no_such_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").failure is Failure.REFUSED

    async def unknown(host: str, port: int) -> list[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    outcome = post("http://dispatch.test/", resolve=unknown)
    assert outcome.failure is Failure.NAME
    assert "Name or service not known" in outcome.detail


def test_a_name_that_hangs_costs_no_more_than_the_limit() -> None:
    async def hang(host: str, port: int) -> list[Address]:
        await asyncio.sleep(60)
        return []

    assert post("http://dispatch.test/", resolve=hang).failure is Failure.TIMEOUT


def test_nothing_inside_is_connected_to_unless_it_is_named() -> None:
    with receiving() as receiver:
        outcome = post(f"http://elsewhere.test:{receiver.port}/", resolve=to(["127.0.0.1"]))
        assert outcome.failure is Failure.FORBIDDEN
        assert "elsewhere.test resolves to 127.0.0.1, which lies inside" in outcome.detail
        assert post("https://[::ffff:127.0.0.1]/").failure is Failure.FORBIDDEN
        assert post("http://169.254.169.254/latest/meta-data").failure is Failure.FORBIDDEN
    assert receiver.requests == []


def test_a_name_is_resolved_once_and_that_very_address_is_connected_to() -> None:
    """A name server that answers the check with one address and the connection with another gets nowhere."""
    asked = []

    async def rebinding(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "169.254.169.254")]

    with receiving() as receiver:
        outcome = post(f"http://dispatch.test:{receiver.port}/", resolve=rebinding)
    assert outcome.status == 204
    assert asked == ["dispatch.test"]
    assert receiver.requests[0].headers["host"] == f"dispatch.test:{receiver.port}"


def test_the_second_address_is_tried_when_the_first_is_dead() -> None:
    with receiving() as receiver:
        outcome = post(f"http://dispatch.test:{receiver.port}/", resolve=to(["127.0.0.2", "127.0.0.1"]))
    assert outcome.status == 204


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a certificate of its for dispatch.test, and one for another name."""
    if shutil.which("openssl") is None:
        skip_for(Unavailable("the command openssl, which makes the certificates"))
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    for name in ("dispatch.test", "other.test"):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "names").write_text(f"subjectAltName=DNS:{name}\n")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
        openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
    return folder


def served_by(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def test_tls_is_verified_against_the_name_in_the_address_not_the_address_connected_to(certificates: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    with receiving(tls=served_by(certificates, "dispatch.test")) as receiver:
        url = f"https://dispatch.test:{receiver.port}/"
        assert post(url, resolve=to(["127.0.0.1"]), tls=trusting).status == 204
        stranger = post(url, resolve=to(["127.0.0.1"]))
        assert stranger.failure is Failure.TLS
        assert "certificate is not good" in stranger.detail
    with receiving(tls=served_by(certificates, "other.test")) as receiver:
        wrong = post(f"https://dispatch.test:{receiver.port}/", resolve=to(["127.0.0.1"]), tls=trusting)
    assert wrong.failure is Failure.TLS
    assert "dispatch.test" in wrong.detail


def test_a_receiver_that_speaks_no_tls_is_said_so(certificates: Path) -> None:
    with receiving() as receiver:
        outcome = post(f"https://dispatch.test:{receiver.port}/", resolve=to(["127.0.0.1"]))
    assert outcome.failure in (Failure.TLS, Failure.REFUSED)
    assert _nothing_was_read(receiver)


def _nothing_was_read(receiver: Receiver) -> bool:
    return not receiver.taken
