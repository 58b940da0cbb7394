"""Settings from the environment: defaults, and bad values refused by name without repeating a secret."""

from __future__ import annotations

import re

import pytest

from hub.settings import SettingsError, from_environment, tile_hosts


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = from_environment({})
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8600)
    assert settings.detectors is None
    assert (settings.model, settings.device, settings.blur_persons) == (None, None, None), "the city file says"


def test_what_is_said_of_vision_is_told_from_what_is_not_said() -> None:
    settings = from_environment({"LIANQIN_BLUR_PERSONS": "No", "LIANQIN_DEVICE": "CUDA:0", "LIANQIN_MODEL": "a.pt"})
    assert settings.blur_persons is False
    assert settings.device == "cuda:0"
    assert str(settings.model) == "a.pt"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIANQIN_HTTP_PORT", "http"),
        ("LIANQIN_HTTP_PORT", "70000"),
        ("LIANQIN_LOG_LEVEL", "loud"),
        ("LIANQIN_BLUR_PERSONS", "perhaps"),
        ("LIANQIN_DEVICE", "gpu"),
        ("LIANQIN_READINGS_KEEP_DAYS", "0"),
        ("LIANQIN_MAP_DATUM", "bd09"),
        ("LIANQIN_MAP_TILES", "https://tiles.example/{z}/{x}"),
        ("LIANQIN_MAP_TILES", "https://tiles.example; script-src *//{z}/{x}/{y}"),
        ("LIANQIN_MAP_TILES", "javascript:{z}{x}{y}"),
        ("LIANQIN_MAP_SUBDOMAINS", "a,b c"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"{name} is '{value}'")):
        from_environment({name: value})


def test_an_at_sign_in_a_password_is_asked_to_be_written_otherwise_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="%40") as refused:
        from_environment({"LIANQIN_DATABASE_URL": "postgresql://hub:geheim@h@db/lianqin"})
    assert "geheim" not in str(refused.value)
    assert from_environment({"LIANQIN_DATABASE_URL": "postgresql://hub:geheim%40h@db/lianqin"})


def test_secrets_do_not_show_in_the_settings() -> None:
    settings = from_environment(
        {"LIANQIN_DATABASE_URL": "postgresql://hub:geheim@db/lianqin", "LIANQIN_DEMO_TOKEN": "lq_geheim"}
    )
    assert "geheim" not in repr(settings)


def test_the_hosts_of_the_tiles_are_told_one_by_one() -> None:
    assert tile_hosts(from_environment({})) == []
    plain = from_environment({"LIANQIN_MAP_TILES": "http://10.0.0.7:8080/{z}/{x}/{-y}.png"})
    assert tile_hosts(plain) == ["http://10.0.0.7:8080"]
    several = {"LIANQIN_MAP_TILES": "https://t{s}.maps.example/w?x={x}&y={y}&z={z}", "LIANQIN_MAP_SUBDOMAINS": "0, 1"}
    assert tile_hosts(from_environment(several)) == ["https://t0.maps.example", "https://t1.maps.example"]
    del several["LIANQIN_MAP_SUBDOMAINS"]
    with pytest.raises(SettingsError, match="LIANQIN_MAP_SUBDOMAINS"):
        from_environment(several)
