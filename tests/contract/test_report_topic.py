"""Tests of `tocsin report` on a study in the log, which reads and publishes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.local.kafka_server import KafkaServer
from tests.contract.backing_services import STUDIES, Services, running_services

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

QUICK = ("--format", "html", "--format", "csv")


@pytest.fixture
def services(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[Services]:
    """Kafka and Redis, with the log produced and nothing folded."""
    with running_services(admin, kafka.bootstrap, tmp_path) as prepared:
        yield prepared


async def test_the_report_of_a_study_is_that_of_its_file(services: Services, tmp_path: Path):
    """Every file is equal but for the number of records that the closed report says it has read."""
    for study in STUDIES:
        from_topic, from_file = tmp_path / f"topic-{study}", tmp_path / f"file-{study}"
        topic = services.tocsin("report", study, "--to", str(from_topic), *QUICK)
        file = services.tocsin(
            "report", str(services.path), "--study", study, "--to", str(from_file), *QUICK
        )
        assert (topic.returncode, file.returncode) == (0, 0), topic.stderr + file.stderr
        names = sorted(
            path.relative_to(from_file) for path in from_file.rglob("*") if path.is_file()
        )
        assert len(names) > 40
        for name in names:
            # Positions are those of the partition, which has records of other studies too.
            if name != Path("closed/report.html") and not name.name.endswith(
                ("_history.csv", "_trajectory.csv")
            ):
                assert (from_topic / name).read_bytes() == (from_file / name).read_bytes(), name
    assert await services.published_count() == 0


def test_a_study_that_the_log_does_not_have(services: Services, tmp_path: Path):
    """The message names the study and the log."""
    done = services.tocsin("report", "NOBODY", "--to", str(tmp_path / "out"), *QUICK)

    assert done.returncode == 3 and "has no study NOBODY" in done.stderr
    assert not (tmp_path / "out").exists()
