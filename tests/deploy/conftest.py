"""One set of secrets for all tests of the deployment: a key takes its time."""

from __future__ import annotations

import pytest

from tests.deploy.vault import Vault, filled


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """Every secret, in a folder of its own."""
    return filled(tmp_path_factory.mktemp("secrets"))
