"""What the environment says about people: how long sessions last, where the console is, who else vouches for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from hub.people.oidc import BadProvider, OidcSettings, checked, role_map

# name -> (default, meaning); part of hub.settings.VARIABLES.
VARIABLES: dict[str, tuple[str, str]] = {
    "LIANQIN_PUBLIC_URL": ("", "where people open the console, such as https://hub.example; empty: the host they ask"),
    "LIANQIN_SESSION_IDLE_MINUTES": ("60", "minutes without a sign of life after which a session ends"),
    "LIANQIN_SESSION_HOURS": ("12", "hours that a session lasts at most"),
    "LIANQIN_OIDC_ISSUER": ("", "the OpenID Connect provider through which people may sign in; empty: none"),
    "LIANQIN_OIDC_CLIENT_ID": ("", "what the provider calls the hub"),
    "LIANQIN_OIDC_CLIENT_SECRET": ("", "the hub's secret at the provider; empty: a public client, by PKCE alone"),
    "LIANQIN_OIDC_LABEL": ("单点登录 SSO", "what the button says that leads to the provider"),
    "LIANQIN_OIDC_SCOPES": ("openid profile", "what the provider is asked for"),
    "LIANQIN_OIDC_NAME_CLAIM": ("preferred_username", "the claim with the name in the hub"),
    "LIANQIN_OIDC_ROLE_CLAIM": ("lianqin_role", "the claim with the role, one or several; a path may have dots"),
    "LIANQIN_OIDC_ROLES": ("", "theirs=ours, parted by commas, the mightiest first; empty: the claim names our roles"),
    "LIANQIN_OIDC_DEPARTMENT_CLAIM": ("lianqin_department", "the claim with the department's id"),
    "LIANQIN_OIDC_DISTRICTS_CLAIM": (
        "",
        "the claim with the districts, * for all; empty: everybody sees the whole city",
    ),
}


class BadPeopleSetting(ValueError):
    """A setting cannot be used; the message names it and says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSettings:
    """What holds for people. `public_url` has no slash at its end; empty: the host that is asked."""

    public_url: str = ""
    session_idle: timedelta = timedelta(hours=1)
    session_longest: timedelta = timedelta(hours=12)
    oidc: OidcSettings | None = None


def people_settings(text: Callable[[str], str], number: Callable[[str, int, int], int]) -> PeopleSettings:
    """Return what `text` (a variable by its name) says about people; raise BadPeopleSetting."""
    public_url = _public_url(text("LIANQIN_PUBLIC_URL"))
    found = None
    if text("LIANQIN_OIDC_ISSUER"):
        if not public_url:
            raise BadPeopleSetting("LIANQIN_PUBLIC_URL must be set: the provider sends people back to it")
        try:
            found = checked(
                OidcSettings(
                    issuer=text("LIANQIN_OIDC_ISSUER"),
                    client_id=text("LIANQIN_OIDC_CLIENT_ID"),
                    client_secret=text("LIANQIN_OIDC_CLIENT_SECRET"),
                    label=text("LIANQIN_OIDC_LABEL"),
                    scopes=text("LIANQIN_OIDC_SCOPES"),
                    name_claim=text("LIANQIN_OIDC_NAME_CLAIM"),
                    role_claim=text("LIANQIN_OIDC_ROLE_CLAIM"),
                    roles=role_map(text("LIANQIN_OIDC_ROLES")),
                    department_claim=text("LIANQIN_OIDC_DEPARTMENT_CLAIM"),
                    districts_claim=text("LIANQIN_OIDC_DISTRICTS_CLAIM"),
                )
            )
        except BadProvider as error:
            raise BadPeopleSetting(str(error)) from None
    return PeopleSettings(
        public_url=public_url,
        session_idle=timedelta(minutes=number("LIANQIN_SESSION_IDLE_MINUTES", 5, 24 * 60)),
        session_longest=timedelta(hours=number("LIANQIN_SESSION_HOURS", 1, 24 * 30)),
        oidc=found,
    )


def _public_url(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise BadPeopleSetting(f"LIANQIN_PUBLIC_URL is {text!r}: it must be like https://hub.example, without a path")
    return f"{parts.scheme}://{parts.netloc}"
