"""Tests of `tocsin run` on real Kafka and Redis: rows and alerts equal those of a replay."""

from __future__ import annotations

import json
import signal

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from tests.contract.expected_results import alerts_expected, rows_expected
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.scenarios.commands import small_log
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)
SAME_PARTITION_STUDY = next(
    name for n in range(99) if partition_of(name := f"N{n}", 12) == STUDY_PARTITION
)
"""A second study in the same partition."""

OTHER_PARTITION_STUDY = next(
    name for n in range(99) if partition_of(name := f"E{n}", 12) != STUDY_PARTITION
)

STUDIES = [STUDY, SAME_PARTITION_STUDY]

SMALL_TRIAL = [orjson.dumps(line) for line in small_log(SAME_PARTITION_STUDY)]


def send_two_studies(site: WorkerSite) -> int:
    """Send ProDERM with the other study's records in between; return the last offset."""
    site.send(PRODERM[:1000], STUDY, STUDY_PARTITION)
    site.send(SMALL_TRIAL[:3], SAME_PARTITION_STUDY, STUDY_PARTITION)
    site.send(PRODERM[1000:], STUDY, STUDY_PARTITION)
    return site.send(SMALL_TRIAL[3:], SAME_PARTITION_STUDY, STUDY_PARTITION)


def test_tables_and_alerts_are_those_of_a_replay(site: WorkerSite):
    """Two studies in one partition are folded live; SIGTERM ends the worker with exit code 0."""
    last = send_two_studies(site)
    with site.running(POLL_RECORDS="100") as worker:
        site.wait_folded(STUDY_PARTITION, last)
        wait_until(lambda: site.all_published(STUDY_PARTITION), "the alerts")
        wait_until(lambda: worker.readiness() == (True, []), "readiness")

        assert worker.stop() == 0, worker.output
    assert site.rows(STUDY_PARTITION, STUDIES) == rows_expected(
        site.broker, STUDY_PARTITION, STUDIES
    )
    tracked_alerts = [
        each for each in alerts_expected(site.broker, STUDY_PARTITION).values() if each["tracked"]
    ]
    # Three of ProDERM, two of the other study; data findings are not tracked.
    assert len(tracked_alerts) == 5
    assert "Traceback" not in worker.output


def test_a_record_with_a_wrong_key_becomes_a_dead_letter(site: WorkerSite):
    """It is not included, it is counted, and its dead letter has its bytes and the reason."""
    site.send(PRODERM[:5], STUDY, STUDY_PARTITION)
    offset = site.send([PRODERM[5]], SAME_PARTITION_STUDY, STUDY_PARTITION)
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, offset)
        wait_until(lambda: bool(site.dead_letters()), "the dead letter")
        assert (worker.stop(), "Unclosed" in worker.output) == (0, False), worker.output

    (dead_letter,) = site.dead_letters().values()
    assert (dead_letter.key, dead_letter.value) == (
        f"trial.log.v1:{STUDY_PARTITION}:5".encode(),
        PRODERM[5],
    )
    headers = dict(dead_letter.headers)
    assert headers["__streams.errors.offset"] == b"5"
    assert headers["__streams.errors.exception"] == b"wrong_key"
    assert site.cursor(STUDY_PARTITION).refusal_counts == {"wrong_key": 1}


def test_unreadable_records_stop_their_partition_until_they_are_released(site: WorkerSite):
    """Ten in a row stop their partition, which the probe reports; other partitions continue."""
    other_partition = partition_of(OTHER_PARTITION_STUDY, 12)
    site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    last = site.send([UNREADABLE] * 12, STUDY, STUDY_PARTITION)
    end = site.send(PRODERM[50:100], STUDY, STUDY_PARTITION)
    other_last = site.send(
        [orjson.dumps(each) for each in small_log(OTHER_PARTITION_STUDY)],
        OTHER_PARTITION_STUDY,
        other_partition,
    )
    with site.running() as worker:
        site.wait_folded(other_partition, other_last)
        wait_until(
            lambda: [each["partition"] for each in worker.readiness()[1]] == [STUDY_PARTITION],
            "the finding",
        )

        assert site.cursor(STUDY_PARTITION).next == 50
        listed = site.tocsin("quarantine", "list").stdout
        assert f"partition {STUDY_PARTITION} stopped" in listed
        assert "quarantine release" in listed
        released = site.tocsin(
            "quarantine", "release", str(STUDY_PARTITION), "--through", str(last)
        )
        assert (released.returncode, released.stderr) == (0, "")
        assert released.stdout.endswith(f"released up to offset {last}\n")

        site.wait_folded(STUDY_PARTITION, end)
        wait_until(lambda: len(site.dead_letters()) == 12, "the dead letters")
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        assert " stopped: " not in site.tocsin("quarantine", "list").stdout
    assert site.rows(STUDY_PARTITION, [STUDY])[STUDY]["pos"] == b"%d" % end


def test_dead_letters_are_listed_shown_and_redriven_once(site: WorkerSite):
    """The copy has the same bytes, key and partition, and refers to its dead letter."""
    offset = site.send([*PRODERM[:5], UNREADABLE], STUDY, STUDY_PARTITION)
    key = f"trial.log.v1:{STUDY_PARTITION}:{offset}"
    with site.running():
        wait_until(lambda: bool(site.dead_letters()), "the dead letter")

        (listed,) = site.tocsin("quarantine", "list", "--json").stdout.splitlines()
        assert json.loads(listed)["key"] == key
        shown = site.tocsin("quarantine", "show", str(STUDY_PARTITION), str(offset))
        assert shown.stdout.startswith(key)
        assert (
            f"redriven to partition {STUDY_PARTITION}, offset {offset + 1}"
            in site.tocsin("quarantine", "redrive").stdout
        )
        site.wait_folded(STUDY_PARTITION, offset + 1)
        assert site.tocsin("quarantine", "redrive").stdout == ""
        wait_until(lambda: len(site.dead_letters()) == 2, "the dead letter of the copy")

    (copy,) = [each for each in site.topic_records("trial.log.v1") if each.headers]
    assert (copy.partition, copy.key, copy.value) == (
        STUDY_PARTITION,
        STUDY.encode(),
        UNREADABLE,
    )
    assert copy.headers == [("dlq_ref", key.encode())]


def test_two_workers_share_and_a_killed_one_loses_nothing(site: WorkerSite):
    """The other worker takes over, a second kill follows, and the rows are those of one pass."""
    with site.running(POLL_RECORDS="50") as first, site.running(POLL_RECORDS="50") as second:
        wait_until(lambda: first.readiness()[0] and second.readiness()[0], "both to be ready")
        site.send(PRODERM[:1500], STUDY, STUDY_PARTITION)
        wait_until(lambda: site.cursor(STUDY_PARTITION).next > 0, "the first folded records")
        first.stop(signal.SIGKILL)
        site.send(SMALL_TRIAL, SAME_PARTITION_STUDY, STUDY_PARTITION)
        last = site.send(PRODERM[1500:], STUDY, STUDY_PARTITION)
        site.wait_folded(STUDY_PARTITION, last)
        second.stop(signal.SIGKILL)
        with site.running():
            wait_until(lambda: site.all_published(STUDY_PARTITION), "the alerts")
    assert site.rows(STUDY_PARTITION, STUDIES) == rows_expected(
        site.broker, STUDY_PARTITION, STUDIES
    )
