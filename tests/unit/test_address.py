"""A broker's URL is read, or refused without showing the password."""

import pytest

from ingest.address import Address, BadAddress, parse_url


def test_everything_in_a_url_is_read():
    assert parse_url("mqtts://hub:p%40ss%2Fword@broker.example:9000") == Address(
        host="broker.example", port=9000, tls=True, username="hub", password="p@ss/word"
    )


def test_the_port_follows_the_scheme():
    assert parse_url("mqtt://broker").port == 1883
    assert parse_url(" mqtts://[::1]/ ").port == 8883


def test_an_address_is_shown_without_its_credentials():
    address = parse_url("mqtt://hub:secret@[::1]")
    assert str(address) == "mqtt://[::1]:1883"
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "mqtt:// or mqtts://"),
        ("broker:1883", "mqtt:// or mqtts://"),
        ("http://hub:secret@broker", "mqtt:// or mqtts://"),
        ("mqtt://", "no host"),
        ("mqtt://hub:secret@broker:port", "cannot be read"),
        ("mqtt://hub:secret@broker:99999", "cannot be read"),
        ("mqtt://broker:0", "port is 0"),
        ("mqtt://hub:secret@broker/city", "behind the port"),
        ("mqtt://hub:sec#ret@broker", "cannot be read"),
    ],
)
def test_what_is_no_address_is_refused_in_words(url, says):
    with pytest.raises(BadAddress) as refused:
        parse_url(url)
    assert says in str(refused.value)
    assert "sec" not in str(refused.value)
