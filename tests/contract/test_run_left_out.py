"""Records without a study raise no data finding: quarantine and metrics show them."""

from __future__ import annotations

import json
import urllib.request

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.local.ports import free_ports
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.scenarios.commands import small_log
from tests.streams.processor.processors import UNREADABLE

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY = "S"
STUDY_PARTITION = partition_of(STUDY, 12)
SAME_PARTITION_STUDY = next(
    name for n in range(99) if partition_of(name := f"N{n}", 12) == STUDY_PARTITION
)
OTHER_PARTITION_STUDY = next(
    name for n in range(99) if partition_of(name := f"E{n}", 12) != STUDY_PARTITION
)


def test_records_without_a_study_are_listed_with_their_reason_and_counted(site: WorkerSite):
    """Unreadable, with a wrong key, in a wrong partition, before any plan: each a dead letter."""
    metrics = f"127.0.0.1:{free_ports(1)[0]}"
    log = [orjson.dumps(each) for each in small_log(STUDY)]
    site.send(log, STUDY, STUDY_PARTITION)
    site.send([UNREADABLE], STUDY, STUDY_PARTITION)
    site.send([log[1]], SAME_PARTITION_STUDY, STUDY_PARTITION)
    site.send(
        [orjson.dumps(small_log(OTHER_PARTITION_STUDY)[1])], OTHER_PARTITION_STUDY, STUDY_PARTITION
    )
    last = site.send(
        [orjson.dumps(small_log(SAME_PARTITION_STUDY)[1])], SAME_PARTITION_STUDY, STUDY_PARTITION
    )
    with site.running(METRICS_OPEN=metrics) as worker:
        site.wait_folded(STUDY_PARTITION, last)
        wait_until(lambda: len(site.dead_letters()) == 4, "the dead letters")
        with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=5) as response:
            page = response.read().decode()
        wait_until(lambda: worker.readiness() == (True, []), "readiness")

    listed = site.tocsin("quarantine", "list", "--json").stdout.splitlines()
    reasons = [json.loads(line)["reason"] for line in listed]
    assert reasons == ["not_utf8", "wrong_key", "wrong_partition", "no_plan"]
    assert 'safety_records_total{outcome="quarantined",study="none"} 1.0' in page
    assert 'safety_records_total{outcome="refused",study="none"} 3.0' in page
    assert not [each for each in site.topic_records() if b"finding/quarantined" in each.value]
