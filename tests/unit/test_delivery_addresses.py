"""Where webhooks may be sent: nothing inside the house unless it was named, and no way round it."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.deliveries.addresses import Allowed, BadTarget, Place, allowed_from, place_of, refusal, target_of

PUBLIC = ip_address("203.0.114.7")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("8.8.8.8", Place.PUBLIC),
        ("2606:4700::1111", Place.PUBLIC),
        ("10.1.2.3", Place.INSIDE),
        ("172.31.255.255", Place.INSIDE),
        ("172.32.0.1", Place.PUBLIC),
        ("192.168.0.1", Place.INSIDE),
        ("127.0.0.1", Place.INSIDE),
        ("127.255.0.9", Place.INSIDE),
        ("100.64.0.1", Place.INSIDE),
        ("100.128.0.1", Place.PUBLIC),
        ("::1", Place.INSIDE),
        ("fd00::1", Place.INSIDE),
        ("169.254.169.254", Place.NEVER),
        ("fe80::1", Place.NEVER),
        ("224.0.0.1", Place.NEVER),
        ("ff02::1", Place.NEVER),
        ("0.0.0.0", Place.NEVER),
        ("0.1.2.3", Place.NEVER),
        ("::", Place.NEVER),
        ("255.255.255.255", Place.NEVER),
        ("240.0.0.1", Place.NEVER),
        ("192.0.2.1", Place.NEVER),
        ("198.18.0.1", Place.NEVER),
        ("::ffff:10.0.0.1", Place.INSIDE),
        ("::ffff:169.254.169.254", Place.NEVER),
        ("::ffff:8.8.8.8", Place.PUBLIC),
        ("64:ff9b::10.0.0.1", Place.INSIDE),
        ("64:ff9b::a9fe:a9fe", Place.NEVER),
        ("2002:7f00:1::", Place.INSIDE),
        ("::10.0.0.1", Place.INSIDE),
        ("::ffff:0:10.0.0.1", Place.INSIDE),
        ("2001:db8::1", Place.NEVER),
    ],
)
def test_where_an_address_lies(address: str, place: Place) -> None:
    assert place_of(ip_address(address)) is place


@given(st.ip_addresses(v=4))
def test_an_address_does_not_get_out_by_being_written_as_ipv6(address: object) -> None:
    place = place_of(ip_address(str(address)))
    assert place_of(ip_address(f"::ffff:{address}")) is place
    assert place_of(ip_address(f"64:ff9b::{address}")) is place


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/", "https://"),
        ("//example.org/", "https://"),
        ("https://", "names a host"),
        ("https://user:pass@example.org/", "no user"),
        ("https://example.org/#part", "fragment"),
        ("https://example.org:0/", "port 0"),
        ("https://example.org:99999/", "cannot be read"),
        ("https://exa mple.org/", "visible ASCII"),
        ("https://交通.cn/", "visible ASCII"),
        ("https://example.org\\@inside/", "backslash"),
        ("https://2130706433/", "neither a host name"),
        ("https://0x7f.1/", "neither a host name"),
        ("https://127.1/", "neither a host name"),
        ("https://0177.0.0.1/", "neither a host name"),
        ("https://-a.example/", "neither a host name"),
        ("https://example.org/" + "a" * 2000, "at most"),
    ],
)
def test_addresses_that_cannot_be_sent_to_say_why(url: str, why: str) -> None:
    with pytest.raises(BadTarget, match=why):
        target_of(url)


def test_an_address_is_taken_apart_as_it_stands() -> None:
    target = target_of("https://Dispatch.Example.org:8443/hook/a?key=%20b")
    assert (target.host, target.port, target.path, target.secure) == (
        "dispatch.example.org",
        8443,
        "/hook/a?key=%20b",
        True,
    )
    assert target.authority == "dispatch.example.org:8443"
    assert target_of("https://[2001:db8::1]/").authority == "[2001:db8::1]"
    assert target_of("http://10.0.0.5").path == "/"


def test_one_address_inside_is_enough_to_refuse() -> None:
    target = target_of("https://example.org/")
    assert refusal(target, [PUBLIC], Allowed()) is None
    why = refusal(target, [PUBLIC, ip_address("10.0.0.1")], Allowed())
    assert why is not None
    assert "example.org resolves to 10.0.0.1, which lies inside" in why
    assert "no address" in (refusal(target, [], Allowed()) or "")


def test_a_host_that_is_named_may_lie_inside_but_never_be_the_cloud_s_own() -> None:
    target = target_of("http://dispatch.intern/")
    named = Allowed().joined("Dispatch.Intern")
    assert refusal(target, [ip_address("10.0.0.1")], named) is None
    assert refusal(target_of("http://other.intern/"), [ip_address("10.0.0.1")], named) is not None
    assert "never sent to" in (refusal(target, [ip_address("169.254.169.254")], named) or "")


def test_networks_are_allowed_by_who_runs_the_machine() -> None:
    allowed = allowed_from("10.20.0.0/16, dispatch.intern ,fd00:1::/32")
    assert refusal(target_of("http://any.name/"), [ip_address("10.20.3.4")], allowed) is None
    assert refusal(target_of("http://any.name/"), [ip_address("10.21.3.4")], allowed) is not None
    for bad in ("10.20.0.0/99", "a b", "10.1", "0x7f"):
        with pytest.raises(BadTarget, match="is no host name"):
            allowed_from(bad)


def test_what_goes_outside_goes_encrypted() -> None:
    assert "in the clear" in (refusal(target_of("http://example.org/"), [PUBLIC], Allowed()) or "")
    assert "in the clear" in (
        refusal(target_of("http://example.org/"), [PUBLIC], Allowed().joined("example.org")) or ""
    )
