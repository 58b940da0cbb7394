"""Takes what the environment says about people, sets the hub up for them."""

from __future__ import annotations

from hub.api.context import Hub
from hub.people_settings import PeopleSettings
from hub.settings import SettingsError
from hub.store.sessions import Limits


def settle_people(hub: Hub, people: PeopleSettings) -> None:
    """Let `hub` hold to `people`; raise SettingsError where a provider is named that cannot be spoken with."""
    hub.sessions = Limits(idle=people.session_idle, longest=people.session_longest)
    hub.public_url = people.public_url
    if people.oidc is None:
        return
    try:
        from hub.people.provider import Provider
    except ImportError as error:
        raise SettingsError(
            f"LIANQIN_OIDC_ISSUER is set, but {error.name} cannot be imported: install lianqin[oidc]"
        ) from None
    hub.provider = Provider(people.oidc)
