"""Structured logs: one JSON object per line on stderr, or readable lines in a terminal; credentials never."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@:]*(?::[^/\s@]*)?@", re.IGNORECASE)
_TOKEN = re.compile(r"\blq_[A-Za-z0-9_-]{8,}")
_OURS = ("ingest", "detectors", "hub")  # packages that log by the standard library, since they cannot import this


def without_secrets(text: str) -> str:
    """Return `text` with the credentials of addresses, and access tokens, taken out."""
    return _TOKEN.sub("lq_…", _CREDENTIALS.sub(r"\g<scheme>…@", text))


def _scrub(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _clean(value)
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value


def configure(*, level: str, form: str, role: str) -> None:
    """Set up logging for this process: `level` by name, `form` json or text, `role` in every line."""
    number = getattr(logging, level.upper())

    def with_role(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("role", role)  # no context variable: those do not reach other threads
        return event

    shared: list[structlog.types.Processor] = [
        with_role,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The pretty one shows local variables: slow, and full of secrets.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(number)


def logger(name: str) -> Any:
    """Return a logger whose calls take an event name and fields: `log.info("batch stored", readings=12)`."""
    return structlog.get_logger(part=name)
