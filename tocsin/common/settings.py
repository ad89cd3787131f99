"""The settings of a command and whom it trusts, or the stop that names what is wrong with them."""

from __future__ import annotations

from streams.records.key_files import InvalidKeyFile, read_trust
from streams.records.signing import Trust
from streams.settings import Settings, SettingsError, read_settings
from tocsin.common.exits import Exit, Stop


def load_settings() -> Settings:
    """The settings."""
    try:
        return read_settings()
    except SettingsError as error:
        raise Stop(Exit.USAGE, f"{error}.") from None


def load_trust(settings: Settings) -> Trust:
    """Whose plans count in this deployment."""
    return load_trust_file(settings.plan_keys_file, settings.plan_signers)


def load_trust_file(path: str | None, signers: int = 1) -> Trust:
    """Whose plans count by the file of keys at *path*, or the stop that says what is wrong with it.

    Everybody's do where there is none; with one, those of so many *signers*.
    """
    try:
        return read_trust(path, signers)
    except InvalidKeyFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
