"""Who the app is: id, private key and webhook secret, made at the first start and kept in `app.json`."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.placement import write_private

PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
    "issues": "write",
    "merge_queues": "read",
    "workflows": "write",
}
EVENTS = [
    "check_run", "issue_comment", "issues", "merge_group", "pull_request", "pull_request_review", "push",
    "repository",
]  # fmt: skip


@dataclass(frozen=True)
class AppIdentity:
    """The registration of the GitHub App."""

    app_id: int
    slug: str
    client_id: str
    private_key_pem: str
    webhook_secret: str
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    events: list[str] = field(default_factory=lambda: list(EVENTS))

    @property
    def bot_login(self) -> str:
        """The account that the app acts as."""
        return f"{self.slug}[bot]"

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        """What its signatures are checked with."""
        return _public_key(self.private_key_pem)


@cache
def _public_key(private_key_pem: str) -> rsa.RSAPublicKey:
    """Remembered, since reading a private key takes 50 ms."""
    key = serialization.load_pem_private_key(private_key_pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.public_key()


def load_identity(state_dir: Path, slug: str, **changes: Any) -> AppIdentity:
    """The identity kept in `app.json`, or a new one; `changes` that are not empty replace what was kept."""
    path = state_dir / "app.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    if not kept:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        kept = asdict(AppIdentity(4242, slug, f"Iv23{secrets.token_hex(8)}", pem.decode(), secrets.token_hex(20)))
    kept |= {name: value for name, value in changes.items() if value}
    write_private(path, json.dumps(kept, indent=1))
    return AppIdentity(**kept)
