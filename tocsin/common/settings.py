"""Loads the settings of a command and the keys that it trusts; invalid ones raise Stop."""

from __future__ import annotations

from streams.records.key_files import InvalidKeyFile, read_trust
from streams.records.signing import Trust
from streams.settings import Settings, SettingsError, read_settings
from tocsin.common.exits import Exit, Stop


def load_settings() -> Settings:
    """Load the settings from the environment; raises Stop where one is invalid."""
    try:
        return read_settings()
    except SettingsError as error:
        raise Stop(Exit.USAGE, f"{error}.") from None


def load_trust(settings: Settings) -> Trust:
    """Load the plan keys of this deployment (TOCSIN_PLAN_KEYS_FILE, TOCSIN_PLAN_SIGNERS)."""
    return load_trust_file(settings.plan_keys_file, settings.plan_signers)


def load_trust_file(path: str | None, signers: int = 1) -> Trust:
    """Load the plan keys in the file at *path*; a plan needs signatures by *signers* of them.

    Without a *path* every plan counts, signed or not.  Raises Stop where the file is invalid.
    """
    try:
        return read_trust(path, signers)
    except InvalidKeyFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
