"""What is decided about people without a database: names, passwords, waits, reach, claims, lines of files."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.people import audit_lines
from hub.people.audit_lines import COLUMNS, Form
from hub.people.caller import EVERYWHERE, Reach
from hub.people.first_password import first_password
from hub.people.lockout import ACCOUNT, ADDRESS, keys
from hub.people.names import BadName, checked_display_name, checked_name, name_key
from hub.people.network import network_of
from hub.people.oidc import BadProvider, NotEntitled, OidcSettings, checked, identity_of, role_map
from hub.people.passwords import Why, weakness
from hub.people.post import Post, UserRefused
from hub.people.reach import reach_of, within
from hub.settings import SettingsError, from_environment
from ingest.city import City, Device, DeviceKind, Grid


@pytest.mark.parametrize("name", ["li.na", "值班员01", "ＬｉＮａ", "Åsa", "a@b.example", "x", "o-1_2+3"])
def test_names_of_any_script_can_be_signed_in_with(name: str) -> None:
    assert name_key(checked_name(f"  {name} ")) == name_key(name.swapcase())


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", ".a", "_", "a\nb", "a\0b", "a/b", "<b>", "x" * 65, "\ud800"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadName):
        checked_name(name)


def test_a_name_to_show_is_printable_and_not_empty() -> None:
    assert checked_display_name(" 李 娜 ") == "李 娜"
    for name in ("", "  ", "a\nb", "x" * 129, "\u202egnp"):
        with pytest.raises(BadName):
            checked_display_name(name)


@given(st.text(max_size=80))
def test_a_key_is_the_key_of_itself(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", Why.TOO_SHORT),
        ("x" * 300, Why.TOO_LONG),
        ("twelve\0chars", Why.UNREADABLE),
        ("aaaaaaaaaaaaaaaa", Why.TOO_FEW_CHARACTERS),
        ("abcdeabcdeabcde", Why.TOO_FEW_CHARACTERS),
        ("password1234", Why.COMMON),
        ("P@55w0rd!2026", Why.COMMON),
        ("qwertyuiop12", Why.COMMON),
        ("1qaz2wsx3edc", Why.COMMON),
        ("123456789012", Why.COMMON),
        ("woaini1314520", Why.COMMON),
        ("admin-admin-12", Why.COMMON),
        ("correct horse battery staple", Why.COMMON),
        ("Lianqin2026!!", Why.COMMON),
        ("li.na.li.na.12", Why.COMMON),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, why: Why) -> None:
    found = weakness(password, names=["li.na"])
    assert found is not None
    assert found.why is why
    assert password not in found.text


ODD = ["blue kettle sings at dawn", "xK9#mQ2$vL7p", "四个毫不相干的词语放在一起", "7291883044172201"]


@pytest.mark.parametrize("password", ODD)
def test_what_is_long_and_odd_will_do(password: str) -> None:
    assert weakness(password, names=["li.na", "李娜"]) is None


def test_a_first_password_will_do() -> None:
    made = {first_password() for _ in range(200)}
    assert len(made) == 200
    assert [weakness(password) for password in made if weakness(password)] == []


@given(st.integers(0, 10_000))
def test_waits_grow_and_end(failures: int) -> None:
    for patience in (ACCOUNT, ADDRESS):
        assert patience.wait_s(failures) <= patience.wait_s(failures + 1) <= patience.longest_s
        assert (patience.wait_s(failures) == 0) == (failures < patience.free)


def test_failures_are_counted_by_account_and_by_address() -> None:
    strange, known = keys("li", "192.0.2.1", known_there=False), keys("li", "192.0.2.1", known_there=True)
    assert set(strange) & set(known) == {"address 192.0.2.1"}
    assert set(keys("li", "192.0.2.2", known_there=False)) & set(strange) == {"account li"}
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") != network_of("2001:db8:1::1")
    assert network_of("::ffff:192.0.2.1") == "::ffff:192.0.2.1"
    assert network_of("a proxy") == "a proxy"


CITY = City(
    name="x",
    timezone="UTC",
    latitude=0,
    longitude=0,
    grids={name: Grid(grid_id=name, name=name, district=district) for name, district in (("1", "W"), ("2", "E"))},
    devices={
        f"d{grid}": Device(device_id=f"d{grid}", kind=DeviceKind.GAS, grid=grid, name="", interval_s=1) for grid in "12"
    },
)


def test_districts_are_read_as_the_grids_they_have_now() -> None:
    assert reach_of(CITY, districts=None, department=None) == EVERYWHERE
    assert reach_of(CITY, districts=["W"], department="x") == Reach(grids=frozenset({"1"}), department="x")
    assert reach_of(CITY, districts=["gone"], department=None) == Reach(grids=frozenset())
    assert reach_of(CITY, districts=[], department=None).grids == frozenset()
    assert list(within(CITY, Reach(grids=frozenset({"2"}))).devices) == ["d2"]
    assert within(CITY, EVERYWHERE) is CITY


def test_a_post_is_checked() -> None:
    assert Post(role="operator", districts=["b", "a", " a ", ""]).checked().districts == ["a", "b"]
    assert Post(role="operator", department=" ").checked().department is None
    for post in (
        Post(role="king"),
        Post(role="dispatch"),
        Post(role="department"),
        Post(role="admin", districts=["\0"]),
    ):
        with pytest.raises(UserRefused):
            post.checked()


def oidc(**changed: Any) -> OidcSettings:
    options: dict[str, Any] = {
        "issuer": "https://id.example/realms/city",
        "client_id": "hub",
        "label": "SSO",
        "scopes": "openid",
        "name_claim": "preferred_username",
        "role_claim": "roles",
        "roles": {},
        "department_claim": "dept",
        "districts_claim": "",
        **changed,
    }
    return OidcSettings(**options)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"issuer": "http://id.example"}, "https://"),
        ({"issuer": "id.example"}, "the provider's address"),
        ({"issuer": "https://id.example?x=y"}, "the provider's address"),
        ({"client_id": ""}, "LIANQIN_OIDC_CLIENT_ID"),
        ({"scopes": "profile"}, "must contain openid"),
        ({"roles": {"a": "king"}}, "names king"),
    ],
)
def test_a_provider_that_cannot_be_is_refused_by_the_setting_s_name(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(BadProvider, match=why):
        checked(oidc(**changed))


def test_of_several_roles_the_first_named_counts() -> None:
    claims = {"sub": "1", "preferred_username": "x", "roles": ["b", "a"]}
    assert identity_of(claims, oidc(roles=role_map("a=supervisor, b=operator"))).post.role == "supervisor"
    assert identity_of({**claims, "roles": "operator"}, oidc()).post.role == "operator"
    for odd in (None, 7, {}, [], [7, None], "", "king", "Operator"):
        with pytest.raises(NotEntitled):
            identity_of({**claims, "roles": odd}, oidc())
    with pytest.raises(BadProvider):
        role_map("a")


def test_a_claim_may_lie_deeper_or_be_named_with_dots() -> None:
    settings = oidc(role_claim="https://hub.example/role")
    found = identity_of({"sub": "1", "preferred_username": "x", "https://hub.example/role": "engineer"}, settings)
    assert found.post.role == "engineer"
    deep = oidc(role_claim="a.b", districts_claim="c")
    claims = {"sub": "1", "preferred_username": "x", "a": {"b": ["engineer"]}, "c": "E"}
    assert identity_of(claims, deep).post.districts == ["E"]
    with pytest.raises(NotEntitled):
        identity_of({**claims, "a": "engineer"}, deep)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIANQIN_PUBLIC_URL", "hub.example"),
        ("LIANQIN_PUBLIC_URL", "https://hub.example/console"),
        ("LIANQIN_SESSION_HOURS", "0"),
        ("LIANQIN_SESSION_IDLE_MINUTES", "1"),
        ("LIANQIN_OIDC_ISSUER", "https://id.example"),  # without the address to come back to
    ],
)
def test_bad_settings_are_refused_by_name(name: str, value: str) -> None:
    wanted = "LIANQIN_PUBLIC_URL" if name == "LIANQIN_OIDC_ISSUER" else name
    with pytest.raises(SettingsError, match=wanted):
        from_environment({name: value})


def test_the_provider_s_secret_is_not_shown() -> None:
    settings = from_environment(
        {
            "LIANQIN_PUBLIC_URL": "https://hub.example/",
            "LIANQIN_OIDC_ISSUER": "https://id.example",
            "LIANQIN_OIDC_CLIENT_ID": "hub",
            "LIANQIN_OIDC_CLIENT_SECRET": "between us",
        }
    )
    assert settings.people.public_url == "https://hub.example"
    assert settings.people.oidc is not None
    assert settings.people.oidc.client_secret == "between us"
    assert "between us" not in repr(settings)


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(st.lists(st.fixed_dictionaries({name: st.none() | TEXT for name in COLUMNS}), max_size=5))
def test_lines_read_back_as_they_were(entries: list[dict[str, Any]]) -> None:
    lines = "".join(audit_lines.line(Form.JSON_LINES, entry) for entry in entries)
    assert [json.loads(line) for line in lines.split("\n")[:-1]] == entries
    text = audit_lines.head(Form.CSV) + "".join(audit_lines.line(Form.CSV, entry) for entry in entries)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    for row, entry in zip(rows, entries, strict=True):
        for name in COLUMNS:
            plain = entry[name] or ""
            assert row[name] == (f"'{plain}" if plain.startswith(("=", "+", "-", "@", "\t", "\r")) else plain)
