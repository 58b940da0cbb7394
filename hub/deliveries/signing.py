"""Takes the hub's key and an endpoint, gives its secrets and the signature of a message (Standard Webhooks).

The database holds no secret, only a salt for each: the secret is HMAC-SHA256 of endpoint and salt under the hub's key,
which lies outside of the database. So a copy of the database signs nothing, and there is nothing to decrypt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from standardwebhooks.webhooks import Webhook

SALT_BYTES = 32
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class HubKey:
    """The one key from which every secret comes; never shown."""

    material: bytes = field(repr=False)

    def secret(self, endpoint_id: UUID, salt: bytes) -> str:
        """Return the secret of an endpoint as its receiver gets it: `whsec_` and 32 bytes in base64."""
        return _PREFIX + base64.b64encode(self._derive(b"webhook", endpoint_id.bytes + salt)).decode()

    def check(self, endpoint_id: UUID) -> str:
        """Return a mark by which a process sees that its key is another than the one an endpoint was made with."""
        return self._derive(b"check", endpoint_id.bytes).hex()[:16]

    def _derive(self, what: bytes, of: bytes) -> bytes:
        return hmac.new(self.material, b"lianqin/" + what + b"\0" + of, hashlib.sha256).digest()


def key_from_text(text: str) -> HubKey:
    """Return the key that stands in a setting: any text of at least 32 characters; raise ValueError for less."""
    if len(text) < 32:
        raise ValueError("must have at least 32 characters, such as `openssl rand -base64 32` prints")
    return HubKey(hashlib.sha256(b"lianqin/key\0" + text.encode()).digest())


def new_salt() -> bytes:
    """Return a fresh salt: with it comes a fresh secret."""
    return secrets.token_bytes(SALT_BYTES)


def signed_headers(message_id: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the three headers of Standard Webhooks; one signature for each of `keys`, the newest first."""
    whole = at.astimezone(UTC).replace(microsecond=0)
    text = body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(whole.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message_id, whole, text) for key in keys),
    }
