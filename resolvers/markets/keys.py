"""Keys of accounts: found in the environment or the system keyring, never printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from scale_forecast.data.errors import DataError
from scale_forecast.data.plain import plain_text

HIDDEN = "***"
KEYRING_SERVICE = "scale-forecast"


class Key:
    """A secret that shows itself only to the service it belongs to."""

    def __init__(self, value: str, place: str) -> None:
        if not value.isascii() or not value.isprintable() or " " in value:
            raise DataError(f"the key in {place} holds a space, a line break or a special character: copy it again")
        self._value = value
        self.place = place

    def __repr__(self) -> str:
        return f"Key({HIDDEN}, from {self.place})"

    def header(self, scheme: str) -> str:
        """Value of the Authorization header; for the session alone."""
        return f"{scheme} {self._value}"

    def redact(self, text: str) -> str:
        """A text without the key, also where it is quoted for an address or for JSON."""
        for written in {self._value, quote(self._value, safe=""), json.dumps(self._value)[1:-1]}:
            text = text.replace(written, HIDDEN)
        return text


def without_key(value: Any, key: Key | None) -> Any:
    """What a service said, in texts however deep: without the key, should it echo it, and without control characters.

    Those could move a terminal's cursor, recolour it or retitle its window; line breaks and tabs stay.
    """
    if isinstance(value, str):
        return plain_text(key.redact(value) if key else value)
    if isinstance(value, list):
        return [without_key(item, key) for item in value]
    if isinstance(value, dict):
        return {without_key(name, key): without_key(item, key) for name, item in value.items()}
    return value


def find_key(
    variable: str, account: str, environment: Mapping[str, str], keyring: Callable[[str, str], str | None] | None = None
) -> Key | None:
    """The key in an environment variable, else the one in the system keyring, else None.

    Parameters
    ----------
    variable : str
        Name of the environment variable.
    account : str
        User name under which the keyring keeps it, in the service ``scale-forecast``.
    environment : mapping
        ``os.environ`` in the command line.
    keyring : callable, optional
        ``(service, account) -> key or None``; `system_keyring` in the command line.
    """
    value = environment.get(variable, "").strip()
    if value:
        return Key(value, variable)
    stored = keyring(KEYRING_SERVICE, account) if keyring else None
    return Key(stored.strip(), "the system keyring") if stored and stored.strip() else None


def system_keyring(service: str, account: str) -> str | None:
    """Look a key up in the system keyring; None where the keyring package or a backend is missing."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(service, account)
    except KeyringError:
        return None
