"""A kill of each process loses nothing that was answered, and the judge sees what is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from threading import Event

import pytest

from tests.contract.intakes import PARTITION, IntakeSite
from tests.kills.campaign import KINDS, run_campaign
from tests.kills.judge import Verdict, compare_fold, compare_log
from tests.kills.senders import Acknowledged, HttpSender
from tests.streams.intake.sent_records import encoded, subject


@pytest.mark.kafka
@pytest.mark.redis
@pytest.mark.campaign
def test_a_kill_of_each_process_loses_no_line(kafka_libs: Path, redis_program: str):
    """Each line is where its answer says, and each entity is folded at its highest version."""
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        result = run_campaign(Path(folder), KINDS, Random(3))

    assert result.verdict.errors == [] and result.verdict.acknowledged > 100
    assert result.answers["202"] > 50


def test_the_judge_sees_a_line_that_is_lost_moved_or_unconfirmed(tmp_path: Path):
    """A judge that finds nothing would prove nothing."""
    values = {0: encoded(subject(1)), 1: encoded(subject(2)), 3: encoded(subject(4))}
    sender = HttpSender(IntakeSite("", "", tmp_path), 1, Random(1), Event())
    sender.acknowledged = [
        Acknowledged(PARTITION, 0, values[0]),
        Acknowledged(PARTITION, 0, values[1]),
        Acknowledged(PARTITION, 2, values[1]),
    ]
    verdict = Verdict()
    compare_log(verdict, dict(values), [sender])
    assert verdict.errors == [
        f"not at partition {PARTITION}, offset 0",
        f"not at partition {PARTITION}, offset 2",
        "1 records that no sender has confirmed",
        "two lines were answered with one offset",
    ]

    verdict = Verdict()
    head = b'{"outcomes":{"folded":2,"refused":1}}'
    compare_fold(verdict, {"f|edc/subject-1": b"[0,1]", "head": head}, dict(values))
    assert [each.split(" ")[0] for each in verdict.errors] == ["2", "the"]
