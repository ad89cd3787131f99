"""Tests of `tocsin alerts` on real Kafka and Redis, with a worker that folds the reviews."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from alerts.lifecycle import Move
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import KafkaSender
from streams.producers.reviews import (
    ReviewReceipt,
    ReviewRequest,
    ReviewStatus,
    ReviewWriter,
    review_record,
)
from streams.records.encode import encode_record
from streams.records.key_files import create_key
from streams.store.rows.alerts import entry_from
from tests.contract.commands import tocsin
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite, open_store
from tests.scenarios.commands import clot_record, small_log
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.records.signers import plan_record, plan_with_board
from tests.streams.reviewed_log import SIGNAL_ALERT_ID

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)
RECORDS_TO_RAISE = 100
"""After this many records of ProDERM its first two alerts are raised."""

SMALL_PARTITION = partition_of("S", 12)


def make_move(
    site: WorkerSite, move: str, alert: str, member: str = "board-1", **options: str
) -> Any:
    """Make a move from the command line; return exit code, stderr and JSON output."""
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    arguments = ("--member", member, "--reason", "The cases were read.", "--json", *flags)
    result = site.tocsin("alerts", move, alert, *arguments)
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, result.stderr, json.loads(result.stdout) if result.stdout else {}


def output_lines(result: CompletedProcess[str]) -> list[Any]:
    """Return the JSON lines that a successful command printed."""
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_board_reviews_from_the_command_line_and_a_rebuild_gives_the_same_rows(site: WorkerSite):
    """List, acknowledge, an outdated revision, a refused close, show; then verify and rebuild."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        listed = output_lines(site.tocsin("alerts", "list", "--json"))
        code, err, receipt = make_move(site, "acknowledge", f"{SIGNAL_ALERT_ID}:1")

        assert {each["watch"] for each in listed} == {"tee-general-population", "tee-polymyositis"}
        assert (code, err, receipt["outcome"], receipt["state"]) == (
            0,
            "not signed: this plan names no board\n",
            "accepted",
            "acknowledged",
        )
        assert receipt["revision"] == 2

        code, err, receipt = make_move(site, "acknowledge", f"{SIGNAL_ALERT_ID}:1", "board-2")
        assert (code, receipt) == (3, {})
        assert "acknowledged at revision 2, by board-1" in err

        code, err, receipt = make_move(site, "close", f"{SIGNAL_ALERT_ID[:8]}:2", "board-2")
        assert (code, receipt["outcome"], receipt["objection"]) == (3, "refused", "not_now")
        assert "a member can review" in err

        (shown,) = output_lines(site.tocsin("alerts", "show", SIGNAL_ALERT_ID[:6], "--json"))
        moves = [(step["move"], step["refused"]) for step in shown["history"]]
        assert moves == [("raise", None), ("acknowledge", None), ("close", "not_now")]
        wait_until(
            lambda: (SIGNAL_ALERT_ID, 2) in watched_alerts(site), "the revision to be published"
        )
        page = site.tocsin("alerts", "show", SIGNAL_ALERT_ID).stdout
        assert "acknowledge by board-1" in page and "P-004, ivig, first: Deep vein" in page
        assert worker.stop() == 0
    assert site.tocsin("verify", "--quiet").returncode == 0
    before = site.rows(STUDY_PARTITION, [STUDY])
    assert site.tocsin("rebuild", "--partition", str(STUDY_PARTITION), "--quiet").returncode == 0
    assert site.rows(STUDY_PARTITION, [STUDY]) == before


def watched_alerts(site: WorkerSite) -> list[tuple[str, int]]:
    """Return the id and revision of every alert that `tocsin alerts watch` prints."""
    alerts = output_lines(site.tocsin("alerts", "watch", "--once", "--json"))
    return [(each["id"], each["revision"]) for each in alerts]


def test_of_two_members_on_one_revision_one_is_accepted_and_one_is_refused(site: WorkerSite):
    """Both send at the same time on the same revision; the order of the log decides."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running():
        site.wait_folded(STUDY_PARTITION, last)
        receipts = asyncio.run(acknowledge_together(site))

    assert sorted(each.status for each in receipts) == [ReviewStatus.ACCEPTED, ReviewStatus.REFUSED]
    first, second = sorted(receipts, key=lambda each: each.offset)
    assert (first.status, second.status) == (ReviewStatus.ACCEPTED, ReviewStatus.REFUSED)
    assert "It is acknowledged at revision 2, by board-" in second.message


async def acknowledge_together(site: WorkerSite) -> list[ReviewReceipt]:
    """Acknowledge the same revision as two members at once."""
    async with open_store(site.store, STUDY_PARTITION) as store:
        alert = entry_from(await store.field(STUDY, f"l|{SIGNAL_ALERT_ID}")).alert
        requests = [
            ReviewRequest(
                alert=alert,
                move=Move.ACKNOWLEDGE,
                member=member,
                reason="Read.",
                nonce=f"n-{member}",
            )
            for member in ("board-1", "board-2")
        ]
        senders = [KafkaSender(site.broker) for _ in requests]
        writers = [
            ReviewWriter(sender, 12, lambda _: store, timeout_seconds=30) for sender in senders
        ]
        now = datetime.now(UTC)
        receipts = await asyncio.gather(
            *(
                each.write(review_record(request, now))
                for each, request in zip(writers, requests, strict=True)
            )
        )
        for sender in senders:
            await sender.close()
        return receipts


def test_without_a_worker_a_move_is_in_the_log_and_pending(site: WorkerSite):
    """The command exits with 4 and prints the offset of the review; the next worker folds it."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        assert worker.stop() == 0
    code, err, receipt = make_move(site, "acknowledge", f"{SIGNAL_ALERT_ID}:1")

    assert (code, receipt["outcome"], receipt["offset"]) == (4, "not_yet", last + 1)
    assert f"partition {STUDY_PARTITION}, offset {last + 1}; not processed yet" in err
    with site.running():
        site.wait_folded(STUDY_PARTITION, last + 1)
        (shown,) = output_lines(site.tocsin("alerts", "show", SIGNAL_ALERT_ID, "--json"))
        assert (shown["state"], shown["member"]) == ("acknowledged", "board-1")


def test_a_move_needs_the_signature_of_its_member(site: WorkerSite, tmp_path: Path):
    """The plan names the board: a move that is unsigned or signed by another is not sent."""
    ann, ben = create_key(tmp_path / "ann"), create_key(tmp_path / "ben")
    plan = plan_record(plan_with_board(("ann", ann), ("ben", ben)))
    records = [plan, *small_log()[1:], clot_record("C", "2020-02-11")]
    last = site.send([encode_record(each) for each in records], "S", SMALL_PARTITION)
    with site.running():
        site.wait_folded(SMALL_PARTITION, last)
        (listed,) = output_lines(site.tocsin("alerts", "list", "--json"))
        name = f"{listed['id']}:{listed['revision']}"
        unsigned = make_move(site, "acknowledge", name, "ann")
        forged = make_move(site, "acknowledge", name, "ann", key=str(tmp_path / "ben"))
        signed = make_move(site, "acknowledge", name, "ann", key=str(tmp_path / "ann"))
        (shown,) = output_lines(site.tocsin("alerts", "show", listed["id"], "--json"))

    assert [each[0] for each in (unsigned, forged, signed)] == [2, 2, 0]
    assert all("Not sent: " in each[1] and "(--key)" in each[1] for each in (unsigned, forged))
    assert (signed[2]["outcome"], shown["history"][-1]["review"]["key"]) == ("accepted", ann.key_id)
    assert len(shown["history"]) == listed["revision"] + 1


REFUSED_ARGUMENTS = (
    (("show", "beef"), "no such alert"),
    (("show", "*"), "as `tocsin alerts list` shows it"),
    (
        ("acknowledge", SIGNAL_ALERT_ID, "--member", "m", "--reason", "R"),
        "the revision you reviewed",
    ),
    (("acknowledge", f"{SIGNAL_ALERT_ID}:1", "--member", "m m", "--reason", "R"), "identifier"),
    (("acknowledge", f"{SIGNAL_ALERT_ID}:1", "--member", "m"), "--reason"),
)


def test_invalid_arguments_are_refused_with_a_remedy(site: WorkerSite):
    """A wrong id, no revision, no member or no reason: exit code 2, and no record is sent."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running():
        site.wait_folded(STUDY_PARTITION, last)
        for arguments, expected in REFUSED_ARGUMENTS:
            result = site.tocsin("alerts", *arguments)
            assert (result.returncode, result.stdout) == (2, "")
            assert expected in " ".join(result.stderr.split())
        assert (
            site.send(PRODERM[RECORDS_TO_RAISE : RECORDS_TO_RAISE + 1], STUDY, STUDY_PARTITION)
            == last + 1
        )


@pytest.mark.parametrize(
    "name", ["", "1f0c:", "1f0c:\N{SUPERSCRIPT TWO}", "1f0c:" + "9" * 5000, "é"]
)
def test_an_invalid_alert_id_is_refused_before_a_service_is_asked(name: str):
    """A superscript digit or a number of 5000 digits: exit code 2 and the expected form."""
    result = tocsin("alerts", "acknowledge", name, "--member", "m", "--reason", "r", AUDIT="off")

    assert (result.returncode, result.stdout) == (2, "")
    assert "give an alert id as `tocsin alerts list` shows it" in result.stderr


def test_an_invalid_study_name_is_refused():
    """Exit code 2 and one line, not the traceback of an invalid key."""
    result = tocsin("alerts", "list", "--study", "a b", AUDIT="off")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "tocsin: --study a b: give the name that the records have.\n"


def test_an_unreachable_service_is_exit_code_4():
    """Without store and broker: exit code 4 and `tocsin doctor` as the next command."""
    for arguments in (("list",), ("show", SIGNAL_ALERT_ID), ("watch", "--once")):
        result = tocsin("alerts", *arguments, BROKER="127.0.0.1:1", STORE="redis://127.0.0.1:1")
        assert (result.returncode, "Traceback" in result.stderr) == (4, False)
        assert "tocsin doctor" in result.stderr
