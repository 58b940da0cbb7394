"""Takes the settings, gives the hub's key: from LIANQIN_SECRET_KEY, or from a file that is made when first needed."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from hub.deliveries.signing import HubKey, key_from_text
from hub.settings import Settings, SettingsError

FILE = "secret.key"


def hub_key(settings: Settings) -> HubKey:
    """Return the key; raise SettingsError where it cannot be had, or others could read its file."""
    if settings.secret_key:
        try:
            return key_from_text(settings.secret_key)
        except ValueError as error:
            raise SettingsError(f"LIANQIN_SECRET_KEY {error}") from None
    path = settings.data / FILE
    try:
        return key_from_text(_read(path))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise SettingsError(f"the hub's key cannot be read from {path}: {error}") from None
    try:
        return key_from_text(_made(path))
    except (OSError, ValueError) as error:
        raise SettingsError(f"the hub's key cannot be kept in {path}: {error}; or set LIANQIN_SECRET_KEY") from None


def _read(path: Path) -> str:
    with path.open(encoding="ascii") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise OSError(f"others may read it (mode {mode:03o}): `chmod 600` it, and rotate the endpoints' secrets")
        return file.read().strip()


def _made(path: Path) -> str:
    """Make the file, whole or not at all, and return what is in it: another process may have been first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{FILE}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    return _read(path)
