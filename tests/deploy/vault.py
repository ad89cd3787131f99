"""Generates the secrets of a deployment for tests, in a folder of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.make_secrets import make_secrets


@dataclass(frozen=True)
class Vault:
    """A folder of secrets, as `make secrets` fills it."""

    folder: Path

    def secret(self, name: str) -> str:
        """Return the password or token *name*."""
        return (self.folder / name).read_text()

    def path(self, name: str) -> str:
        """Return the path of the secret *name*."""
        return str(self.folder / name)


def make_vault(folder: Path) -> Vault:
    """Generate every secret in *folder*."""
    make_secrets(folder)
    return Vault(folder)
