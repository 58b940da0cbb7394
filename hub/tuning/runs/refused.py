"""Why a run cannot be done, in words for whoever asked."""

from __future__ import annotations


class RunRefused(RuntimeError):
    """The run cannot be done; the message says why, and what would be right."""
