"""The key that seals credentials in the database, and where it is kept: a setting, else a file of mode 0600.

The database holds the sealed bytes only; who has a copy of it and not the key has nothing.
"""

import base64
import os
import secrets
from dataclasses import dataclass, field

from bot.errors import PersonMustAct
from bot.settings import Settings

FILE = "secret.key"
NONCE = 12
"""Bytes; the size AES-GCM is made for (NIST SP 800-38D, 8.2)."""


@dataclass(frozen=True)
class Key:
    """AES-256-GCM. `place` is for people: the setting's name, or the file."""

    value: bytes = field(repr=False)
    place: str

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Sealed bytes that open only together with the same `bound_to`."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self.value).encrypt(nonce, plain, bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """Raises PersonMustAct if they were sealed with another key, or changed since."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self.value).decrypt(sealed[:NONCE], sealed[NONCE:], bound_to.encode())
        except InvalidTag:
            raise PersonMustAct(
                f"The App's stored credentials do not open with the key of {self.place}.",
                remedy="Give every process the key they were sealed with (MLWRIGHT_SECRET_KEY), or set the App up again.",
            ) from None


def sealing_key(settings: Settings, *, create: bool = False) -> Key | None:
    """The key of this installation; None if there is none yet and none is to be made. Raises PersonMustAct."""
    if settings.secret_key is not None:
        return Key(base64.b64decode(settings.secret_key.get_secret_value()), "MLWRIGHT_SECRET_KEY")
    path = settings.state_dir / FILE
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(32)))
    except FileExistsError:
        pass
    except OSError as error:
        raise PersonMustAct(
            f"{path}: {error.strerror}: the key that seals credentials cannot be kept there.",
            remedy="Set MLWRIGHT_SECRET_KEY (openssl rand -base64 32), or MLWRIGHT_STATE_DIR to a folder of its own.",
        ) from None
    if not path.is_file():
        return None
    value = base64.b64decode(path.read_bytes())
    if len(value) != 32:
        raise PersonMustAct(f"{path} is not a key of 32 bytes.", remedy="Restore it, or remove it and set up again.")
    return Key(value, str(path))
