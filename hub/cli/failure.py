"""The errors that a user can mend: each message says what is wrong and what would be right."""

from __future__ import annotations

from hub.config.yaml_source import ConfigError
from hub.settings import SettingsError
from ingest.address import BadAddress


class CommandError(RuntimeError):
    """A command cannot be carried out; the message says why."""


KNOWN: tuple[type[Exception], ...] = (CommandError, ConfigError, SettingsError, BadAddress)
