"""Sends a record to the deployed intake, after the other files have counted the study's records."""

from __future__ import annotations

import http.client
import json

import pytest

from deploy.make_secrets import INTAKE_STUDY
from streams.records.examples import example
from tests.deploy.stack import Stack
from tests.deploy.vault import Vault


@pytest.mark.campaign
@pytest.mark.kafka
@pytest.mark.redis
def test_a_record_passes_the_deployed_intake(stack: Stack, vault: Vault):
    """Over TLS, with the principals' rights: in the log, folded, and its receipt readable."""
    connection = http.client.HTTPSConnection(
        "127.0.0.1", stack.ports["intake", "8030"], timeout=60, context=stack.trust
    )
    headers = {
        "Authorization": f"Bearer {vault.secret('intake-token').strip()}",
        "Content-Type": "application/json",
        "Prefer": "wait=10",
    }
    path = f"/v1/studies/{INTAKE_STUDY}/"
    record = example("tick", study=INTAKE_STUDY, date="2017-01-01")
    connection.request("POST", path + "records", json.dumps(record), headers)
    answer = connection.getresponse()
    (accepted,) = json.loads(answer.read())["accepted"]
    connection.request("GET", path + f"receipts/{accepted['receipt']}", headers=headers)
    receipt = json.loads(connection.getresponse().read())
    connection.close()

    assert (answer.status, accepted["outcome"], receipt["outcome"]) == (200, "accepted", "accepted")
