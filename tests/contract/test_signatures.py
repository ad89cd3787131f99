"""A worker with trusted keys refuses forged plans and reviews among genuine ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.partitioner import partition_of
from streams.records.key_files import encode_public_key
from streams.records.signing import Fields
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.scenarios.commands import run_tocsin, small_log, write_log
from tests.streams.records.signers import (
    ANN,
    BEN,
    OFFICE,
    STRANGER,
    encode_record,
    plan_record,
    plan_with_board,
    review,
)

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of("S", 12)

EXPECTED_REASONS = [
    *("unsigned", "foreign_key"),  # Two plans before the genuine one,
    *("unsigned", "unsigned", "foreign_key", "not_the_member", "bad_signature"),  # five reviews,
    "foreign_key",  # an amendment.
]


def last_alert(folder: Path, lines: list[Fields]) -> dict[str, Any]:
    """The last alert that a replay of *lines* raises."""
    result = run_tocsin("replay", write_log(folder, lines), "--json")
    return [line for line in result.json_lines if line["type"] == "alert"][-1]


def replay_result(site: WorkerSite, keys: str) -> dict[str, Any]:
    """The result of a replay of the topic with the plan keys in the file *keys*."""
    result = site.tocsin("replay", "--topic", "--json", PLAN_KEYS_FILE=keys)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_forgeries_change_nothing_and_are_quarantined(site: WorkerSite):
    """Only records signed by an authorised key are folded; each forgery becomes a dead letter.

    The forgeries are unsigned, signed by a foreign key, signed by another member, or altered
    after they were signed.  A genuine review that is sent twice counts once.
    """
    keys = site.folder / "keys"
    keys.write_text(f"{encode_public_key(OFFICE.public_key)}  # the office\n")
    plan = plan_record(plan_with_board(("ann", ANN), ("ben", BEN)))
    forged_plan = plan_record(plan_with_board(("ann", STRANGER)))
    amendment = plan_record(plan_with_board(("ann", STRANGER)), version=2)
    alert = last_alert(site.folder, [plan, *small_log()[1:]])
    unsigned = review(alert=alert["id"], revision=alert["revision"])
    close = review(alert=alert["id"], revision=alert["revision"], move="close")
    signed = ANN.sign(unsigned)
    sent = [
        *(forged_plan, STRANGER.sign(forged_plan), OFFICE.sign(plan), *small_log()[1:]),
        *(unsigned, close, STRANGER.sign(close), BEN.sign(close), {**signed, "reason": "No."}),
        *(signed, signed, STRANGER.sign(amendment)),
    ]

    with site.running(PLAN_KEYS_FILE=str(keys)) as worker:
        last = site.send([encode_record(each) for each in sent], "S", STUDY_PARTITION)
        site.wait_folded(STUDY_PARTITION, last)
        wait_until(lambda: len(site.dead_letters()) == len(EXPECTED_REASONS), "the dead letters")
        assert worker.stop() == 0, worker.output

    for arguments in (("verify",), ("rebuild",), ("verify",)):
        result = site.tocsin(
            *arguments, "--partition", str(STUDY_PARTITION), PLAN_KEYS_FILE=str(keys)
        )
        assert result.returncode == 0, result.stdout + result.stderr
    without_keys = site.tocsin("verify", "--partition", str(STUDY_PARTITION))
    assert without_keys.returncode == 3, "without a key file the forgeries are folded"
    replayed = replay_result(site, str(keys))
    (entry,) = [each for each in replayed["alerts"] if each["id"] == alert["id"]]
    assert entry["state"] == "acknowledged"
    listed = site.tocsin("quarantine", "list", "--json", PLAN_KEYS_FILE=str(keys)).stdout
    reasons = [json.loads(line)["reason"] for line in listed.splitlines()]
    assert reasons == EXPECTED_REASONS


def test_an_invalid_key_file_stops_every_command(site: WorkerSite):
    """An invalid or unreadable key file is exit code 2 before anything is folded."""
    keys = site.folder / "keys"
    keys.write_text("nonsense\n")
    for arguments in (("run",), ("verify",), ("rebuild",), ("replay", "--topic")):
        result = site.tocsin(*arguments, PLAN_KEYS_FILE=str(keys))
        assert result.returncode == 2 and "keys, line 1" in result.stderr, result.stderr
    result = site.tocsin("run", PLAN_KEYS_FILE=str(site.folder / "none"))
    assert result.returncode == 2 and "cannot be read" in result.stderr
