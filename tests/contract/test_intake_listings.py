"""A listing is sent each night to a running intake, and a worker folds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.kafka.topics import LOG
from tests.contract.intakes import PARTITION, STUDY, IntakeSite, running_intake
from tests.contract.workers import WorkerSite
from tests.streams.intake.sent_records import encoded, plan
from tests.streams.intake.test_files import AE, AE_CHANGED, DM, MAPPING

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

BOUNDARY = "x-boundary"


def form(**files: str) -> bytes:
    """A form as `curl -F NAME=@FILE` sends it."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}.csv"; filename="f"\r\n'
        f"Content-Type: text/csv\r\n\r\n{text}\r\n"
        for name, text in files.items()
    ]
    return f"{''.join(parts)}--{BOUNDARY}--\r\n".encode()


def test_a_listing_of_each_night_is_folded_once(site: WorkerSite, tmp_path: Path):
    """The second night produces only what changed, and nothing conflicts."""
    (tmp_path / "nightly.toml").write_text(MAPPING)
    settings = {"INTAKE_MAPPINGS_FOLDER": str(tmp_path)}
    with (
        running_intake(IntakeSite(site.broker, site.store, tmp_path, settings)) as intake,
        site.running(),
    ):
        assert intake.post(encoded(plan()))[0] == 202
        site.wait_folded(PARTITION, 0)
        path = f"/v1/studies/{STUDY}/files/nightly"
        answers = [
            intake.request(
                "POST",
                path,
                form(dm=DM, ae=ae),
                Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
            )
            for ae in (AE, AE, AE_CHANGED)
        ]
        last = answers[-1][1]["offsets"][-1]["last"]
        site.wait_folded(PARTITION, last)
        outcomes = site.rows(PARTITION, [STUDY])[STUDY]["head"]

    produced = [(status, body["produced"], body["unchanged"]) for status, body, _ in answers]
    assert produced == [(202, 3, 0), (202, 0, 3), (202, 2, 2)]
    assert len(site.topic_records(LOG)) == last + 1 == 6
    assert b"conflict" not in outcomes and b"refused" not in outcomes.partition(b"refusals")[0]
