import pytest

from detectors.vision.names import UnknownHostError, look_up


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_addresses_and_known_names_pass(host: str) -> None:
    look_up(host, 10)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "x..y"])
def test_a_name_that_nobody_knows_is_refused_without_being_quoted(host: str) -> None:
    with pytest.raises(UnknownHostError, match="could not be looked up") as refused:
        look_up(host, 20)
    assert host not in str(refused.value)
