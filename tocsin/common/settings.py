"""The settings of a command and whom it trusts, or the stop that names what is wrong with them."""

from __future__ import annotations

from streams.records.key_files import BadKeys, trust_in
from streams.records.signing import Trust
from streams.settings import BadSettings, Settings, read_settings
from tocsin.common.exits import Exit, Stop


def settled() -> Settings:
    """The settings."""
    try:
        return read_settings()
    except BadSettings as error:
        raise Stop(Exit.USAGE, f"{error}.") from None


def trusted(settings: Settings) -> Trust:
    """Whose plans count in this deployment."""
    return trust_of(settings.plan_keys_file, settings.plan_signers)


def trust_of(path: str | None, signers: int = 1) -> Trust:
    """Whose plans count by the file of keys at *path*, or the stop that says what is wrong with it.

    Everybody's do where there is none; with one, those of so many *signers*.
    """
    try:
        return trust_in(path, signers)
    except BadKeys as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
