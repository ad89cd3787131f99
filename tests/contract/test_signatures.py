"""A deployment with keys: forged plans and reviews among true ones, through the real worker."""

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
    *("unsigned", "foreign_key"),  # Two plans before the true one,
    *("unsigned", "unsigned", "foreign_key", "not_the_member", "bad_signature"),  # five reviews,
    "foreign_key",  # an amendment.
]


def last_alert(folder: Path, lines: list[Fields]) -> dict[str, Any]:
    """The last alert of the log of *lines*."""
    done = run_tocsin("replay", write_log(folder, lines), "--json")
    return [line for line in done.json_lines if line["type"] == "alert"][-1]


def replay_result(site: WorkerSite, keys: str) -> dict[str, Any]:
    """What a replay of the topic makes of it, by those keys."""
    done = site.tocsin("replay", "--topic", "--json", PLAN_KEYS_FILE=keys)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_forgeries_change_nothing_and_are_set_aside(site: WorkerSite):
    """What counts is what was signed by who may, once; each forgery has its reason, and no id.

    Without a signature, by a stranger, by another member, under the id of the true one, altered;
    and the true one again.
    """
    keys = site.folder / "keys"
    keys.write_text(f"{encode_public_key(OFFICE.public_key)}  # the office\n")
    mine = plan_record(plan_with_board(("ann", ANN), ("ben", BEN)))
    theirs = plan_record(plan_with_board(("ann", STRANGER)))
    alert = last_alert(site.folder, [mine, *small_log()[1:]])
    seen = review(alert=alert["id"], revision=alert["revision"])
    close = review(alert=alert["id"], revision=alert["revision"], move="close")
    true = ANN.sign(seen)
    sent = [
        *(theirs, STRANGER.sign(theirs), OFFICE.sign(mine), *small_log()[1:]),
        *(seen, close, STRANGER.sign(close), BEN.sign(close), {**true, "reason": "No."}),
        *(true, true, STRANGER.sign(plan_record(plan_with_board(("ann", STRANGER)), version=2))),
    ]

    with site.running(PLAN_KEYS_FILE=str(keys)) as worker:
        last = site.send([encode_record(each) for each in sent], "S", STUDY_PARTITION)
        site.wait_folded(STUDY_PARTITION, last)
        wait_until(lambda: len(site.dead_letters()) == len(EXPECTED_REASONS), "the dead letters")
        assert worker.stop() == 0, worker.output

    for words in (("verify",), ("rebuild",), ("verify",)):
        done = site.tocsin(*words, "--partition", str(STUDY_PARTITION), PLAN_KEYS_FILE=str(keys))
        assert done.returncode == 0, done.stdout + done.stderr
    assert (
        site.tocsin("verify", "--partition", str(STUDY_PARTITION)).returncode == 3
    )  # Trusts everybody.
    found = replay_result(site, str(keys))
    (entry,) = [each for each in found["alerts"] if each["id"] == alert["id"]]
    assert entry["state"] == "acknowledged"
    aside = site.tocsin("quarantine", "list", "--json", PLAN_KEYS_FILE=str(keys)).stdout
    reasons = [json.loads(line)["reason"] for line in aside.splitlines()]
    assert reasons == EXPECTED_REASONS


def test_a_file_of_keys_that_is_wrong_stops_every_command(site: WorkerSite):
    """A deployment that trusts nobody by mistake, or everybody, says so at once."""
    keys = site.folder / "keys"
    keys.write_text("nonsense\n")
    for words in (("run",), ("verify",), ("rebuild",), ("replay", "--topic")):
        done = site.tocsin(*words, PLAN_KEYS_FILE=str(keys))
        assert done.returncode == 2 and "keys, line 1" in done.stderr, done.stderr
    done = site.tocsin("run", PLAN_KEYS_FILE=str(site.folder / "none"))
    assert done.returncode == 2 and "cannot be read" in done.stderr
