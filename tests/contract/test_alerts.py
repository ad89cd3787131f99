"""`tocsin alerts` on a real broker and a real store, with a worker that folds what members do."""

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
"""So many records of ProDERM ring its first two alerts."""

SMALL_PARTITION = partition_of("S", 12)


def make_move(site: WorkerSite, move: str, alert: str, member: str = "board-1", **more: str) -> Any:
    """A member makes a move from the shell: how it ended, and what it printed."""
    flags = [word for name, value in more.items() for word in (f"--{name}", value)]
    words = ("--member", member, "--reason", "The cases were read.", "--json", *flags)
    done = site.tocsin("alerts", move, alert, *words)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr, json.loads(done.stdout) if done.stdout else {}


def output_lines(done: CompletedProcess[str]) -> list[Any]:
    """What a command printed for programs."""
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_board_acts_from_the_shell_and_all_that_is_kept_follows_from_the_log(site: WorkerSite):
    """List, show, acknowledge, a stale page, watch; then verify, and a rebuild."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        listed = output_lines(site.tocsin("alerts", "list", "--json"))
        code, err, said = make_move(site, "acknowledge", f"{SIGNAL_ALERT_ID}:1")

        assert {each["watch"] for each in listed} == {"tee-general-population", "tee-polymyositis"}
        assert (code, err, said["outcome"], said["state"]) == (0, "", "accepted", "acknowledged")
        assert said["revision"] == 2

        code, err, said = make_move(site, "acknowledge", f"{SIGNAL_ALERT_ID}:1", "board-2")
        assert (code, said) == (3, {})
        assert "acknowledged at revision 2, by board-1" in err

        code, err, said = make_move(site, "close", f"{SIGNAL_ALERT_ID[:8]}:2", "board-2")
        assert (code, said["outcome"], said["objection"]) == (3, "refused", "not_now")
        assert "a member can review" in err

        (shown,) = output_lines(site.tocsin("alerts", "show", SIGNAL_ALERT_ID[:6], "--json"))
        moves = [(step["move"], step["refused"]) for step in shown["history"]]
        assert moves == [("raise", None), ("acknowledge", None), ("close", "not_now")]
        wait_until(
            lambda: (SIGNAL_ALERT_ID, 2) in watched_alerts(site), "the revision to be announced"
        )
        page = site.tocsin("alerts", "show", SIGNAL_ALERT_ID).stdout
        assert "acknowledge by board-1" in page and "P-004, ivig, first: Deep vein" in page
        assert worker.stop() == 0
    assert site.tocsin("verify", "--quiet").returncode == 0
    before = site.rows(STUDY_PARTITION, [STUDY])
    assert site.tocsin("rebuild", "--partition", str(STUDY_PARTITION), "--quiet").returncode == 0
    assert site.rows(STUDY_PARTITION, [STUDY]) == before


def watched_alerts(site: WorkerSite) -> list[tuple[str, int]]:
    """What `watch` shows of all that was announced."""
    told = output_lines(site.tocsin("alerts", "watch", "--once", "--json"))
    return [(each["id"], each["revision"]) for each in told]


def test_of_two_members_on_one_page_one_is_accepted_and_the_other_told_why_not(site: WorkerSite):
    """Both send at the same moment what they were shown; the log's order decides."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running():
        site.wait_folded(STUDY_PARTITION, last)
        both = asyncio.run(acknowledge_together(site))

    assert sorted(each.status for each in both) == [ReviewStatus.ACCEPTED, ReviewStatus.REFUSED]
    first, second = sorted(both, key=lambda each: each.offset)
    assert (first.status, second.status) == (ReviewStatus.ACCEPTED, ReviewStatus.REFUSED)
    assert "It is acknowledged at revision 2, by board-" in second.message


async def acknowledge_together(site: WorkerSite) -> list[ReviewReceipt]:
    """Two members acknowledge what is on one page."""
    async with open_store(site.store, STUDY_PARTITION) as store:
        page = entry_from(await store.field(STUDY, f"l|{SIGNAL_ALERT_ID}")).alert
        asks = [
            ReviewRequest(
                alert=page, move=Move.ACKNOWLEDGE, member=who, reason="Read.", nonce=f"n-{who}"
            )
            for who in ("board-1", "board-2")
        ]
        senders = [KafkaSender(site.broker) for _ in asks]
        made = [ReviewWriter(sender, 12, lambda _: store, timeout_seconds=30) for sender in senders]
        now = datetime.now(UTC)
        both = await asyncio.gather(
            *(each.write(review_record(ask, now)) for each, ask in zip(made, asks, strict=True))
        )
        for sender in senders:
            await sender.close()
        return both


def test_without_a_worker_a_move_is_recorded_and_not_yet_in_force(site: WorkerSite):
    """The writer waits five seconds and says where it is; the next worker folds it."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        assert worker.stop() == 0
    code, err, said = make_move(site, "acknowledge", f"{SIGNAL_ALERT_ID}:1")

    assert (code, said["outcome"], said["offset"]) == (4, "not_yet", last + 1)
    assert f"offset {last + 1} of partition {STUDY_PARTITION}, not yet in force" in err
    with site.running():
        site.wait_folded(STUDY_PARTITION, last + 1)
        (shown,) = output_lines(site.tocsin("alerts", "show", SIGNAL_ALERT_ID, "--json"))
        assert (shown["state"], shown["member"]) == ("acknowledged", "board-1")


def test_a_move_counts_with_the_key_of_its_member_alone(site: WorkerSite, tmp_path: Path):
    """The plan names the board: unsigned, or signed by another, a move is no part of the study."""
    ann, ben = create_key(tmp_path / "ann"), create_key(tmp_path / "ben")
    plan = plan_record(plan_with_board(("ann", ann), ("ben", ben)))
    records = [plan, *small_log()[1:], clot_record("C", "2020-02-11")]
    last = site.send([encode_record(each) for each in records], "S", SMALL_PARTITION)
    with site.running():
        site.wait_folded(SMALL_PARTITION, last)
        (listed,) = output_lines(site.tocsin("alerts", "list", "--json"))
        name = f"{listed['id']}:{listed['revision']}"
        bare = make_move(site, "acknowledge", name, "ann")
        forged = make_move(site, "acknowledge", name, "ann", key=str(tmp_path / "ben"))
        signed = make_move(site, "acknowledge", name, "ann", key=str(tmp_path / "ann"))
        (shown,) = output_lines(site.tocsin("alerts", "show", listed["id"], "--json"))

    assert [each[0] for each in (bare, forged, signed)] == [3, 3, 0]
    assert (bare[2]["outcome"], forged[2]["outcome"]) == ("not_included", "not_included")
    assert "tocsin quarantine show" in bare[1] and "(--key)" in bare[1]
    assert (signed[2]["outcome"], shown["history"][-1]["review"]["key"]) == ("accepted", ann.key_id)
    assert len(shown["history"]) == listed["revision"] + 1


REFUSED_ARGUMENTS = (
    (("show", "beef"), "no such alert"),
    (("show", "*"), "as `tocsin alerts list` does"),
    (("acknowledge", SIGNAL_ALERT_ID, "--member", "m", "--reason", "R"), "which revision you saw"),
    (("acknowledge", f"{SIGNAL_ALERT_ID}:1", "--member", "m m", "--reason", "R"), "identifier"),
    (("acknowledge", f"{SIGNAL_ALERT_ID}:1", "--member", "m"), "--reason"),
)


def test_what_cannot_be_meant_says_what_to_do(site: WorkerSite):
    """A wrong name, no revision, no member, no reason: code 2, and nothing is sent."""
    last = site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, STUDY_PARTITION)
    with site.running():
        site.wait_folded(STUDY_PARTITION, last)
        for words, says in REFUSED_ARGUMENTS:
            done = site.tocsin("alerts", *words)
            assert (done.returncode, done.stdout) == (2, "")
            assert says in " ".join(done.stderr.split())
        assert (
            site.send(PRODERM[RECORDS_TO_RAISE : RECORDS_TO_RAISE + 1], STUDY, STUDY_PARTITION)
            == last + 1
        )


@pytest.mark.parametrize(
    "name", ["", "1f0c:", "1f0c:\N{SUPERSCRIPT TWO}", "1f0c:" + "9" * 5000, "é"]
)
def test_what_names_no_alert_is_said_before_anything_is_asked(name: str):
    """A digit that is none, a number without end: exit code 2, in one line."""
    done = tocsin("alerts", "acknowledge", name, "--member", "m", "--reason", "r", AUDIT="off")

    assert (done.returncode, done.stdout) == (2, "")
    assert "name an alert as `tocsin alerts list` does" in done.stderr


def test_a_study_that_no_record_can_name_is_said():
    """Exit code 2 and one line: not the traceback of a key that cannot be."""
    done = tocsin("alerts", "list", "--study", "a b", AUDIT="off")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tocsin: --study a b: name one as the records do.\n"


def test_without_services_it_says_which():
    """No store, no broker: code 4 and one line."""
    for words in (("list",), ("show", SIGNAL_ALERT_ID), ("watch", "--once")):
        done = tocsin("alerts", *words, BROKER="127.0.0.1:1", STORE="redis://127.0.0.1:1")
        assert (done.returncode, "Traceback" in done.stderr) == (4, False)
        assert "tocsin doctor" in done.stderr
