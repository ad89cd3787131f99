"""Checks the service `intake` of docker-compose.yml, and the client that `make secrets` makes."""

from __future__ import annotations

import stat
from pathlib import Path

from deploy.make_secrets import INTAKE_STUDY, INTAKE_SYSTEM, make_secrets
from streams.intake.clients import read_clients
from tests.deploy.compose import services


def test_the_intake_has_rights_and_secrets_of_its_own():
    """It has no closed metrics and no password of another process, and serves TLS."""
    service = services()["intake"]
    settings = service["environment"]

    assert settings["TOCSIN_INTAKE"] == "0.0.0.0:8030" and settings["TOCSIN_INTAKE_TLS"] == "own"
    assert settings["TOCSIN_METRICS_CLOSED"] == "off" and "TOCSIN_AUDIT" not in settings
    assert service["secrets"] == [
        "tls-ca", "kafka-intake", "store-intake", "intake-clients", "intake-tls",
    ]  # fmt: skip
    holders = [n for n, each in services().items() if "intake-clients" in each.get("secrets", ())]
    assert holders == ["intake"]


def test_the_generated_client_has_a_token_for_the_operator_only(tmp_path: Path):
    """The token may be deleted once it is handed out; without the clients both are made anew."""
    make_secrets(tmp_path)
    clients, token = tmp_path / "intake-clients", tmp_path / "intake-token"
    found = read_clients(clients).find_by_token(token.read_text().strip())
    assert (
        found is not None and found.studies == {INTAKE_STUDY} and found.systems == {INTAKE_SYSTEM}
    )
    assert "plan" not in found.types and "review" not in found.types
    assert stat.S_IMODE(token.stat().st_mode) == 0o400
    assert stat.S_IMODE(clients.stat().st_mode) == 0o444

    token.unlink()
    assert make_secrets(tmp_path) == []
    clients.unlink()
    assert make_secrets(tmp_path) == ["intake-token", "intake-clients"]
