"""Ingests and replays the small studies that went wrong somewhere."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.replay.replay import Replay
from streams.replay.result import result_line
from streams.sources.sdtm import SdtmReader
from tests.paths import shared
from tests.scenarios.realdata import log_bytes
from tests.scenarios.replay_result import Result, cells
from tests.streams.sources.ingested import ingest
from tocsin.common.ingest_run import group_lines

INPUTS = "data/real_world_inputs"


@dataclass(frozen=True)
class Run:
    """The records and findings of an ingest, and the result of the replay of its log."""

    records: list[dict[str, Any]]
    findings: str
    result: Result
    alerts: list[str]

    def events(self, subject: str) -> list[dict[str, Any]]:
        return [one for one in self.records if one.get("subject") == subject and "onset" in one]

    def of_type(self, kind: str, subject: str) -> list[dict[str, Any]]:
        return [one for one in self.records if one["type"] == kind and one["subject"] == subject]

    def count(self, term: str, treatment: str = "drug", name: str = "events") -> int:
        return cells(self.result)["preferred_term", term, treatment][name]


def run(name: str, tmp_path: Path) -> Run:
    """Unpack *name*, ingest and replay it; every record must be folded."""
    with tarfile.open(shared(INPUTS) / f"{name}.xpt.tgz") as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    ingested = ingest(SdtmReader(folder))
    assert not ingested.report.refused
    replay = Replay()
    alerts = [alert.watch for alert in replay.run(log_bytes(ingested.records).splitlines())]
    assert replay.outcomes == {"folded": len(ingested.records)}
    findings = "\n".join(line for each in ingested.report.groups() for line in group_lines(each))
    result = result_line(replay, replay.studies[0])
    return Run(list(ingested.records), findings, result, alerts)
