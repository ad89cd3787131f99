"""Ingests 2,000 studies of which one file is damaged: each ends in a log or in a sentence."""

from __future__ import annotations

import shutil
import tarfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from streams.sources.report import UnreadableSource
from streams.sources.sdtm import SdtmReader
from tests.paths import shared
from tests.streams.sources.ingested import ingest
from tests.streams.sources.mutations import mutated, overwritten

INPUTS = ("aespid", "crossover", "multiline", "rfendtc", "tox_grade5", "utf8trunc", "v8long")
FILES = 2_000


@pytest.fixture(scope="module", name="studies")
def _studies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return folders with small studies that went wrong once."""
    folder = tmp_path_factory.mktemp("studies")
    for name in INPUTS:
        with tarfile.open(shared("data", "real_world_inputs", f"{name}.xpt.tgz")) as archive:
            archive.extractall(folder, filter="data")
    return [folder / name for name in INPUTS]


def outcome(folder: Path) -> str:
    """Return what became of the study in *folder*."""
    try:
        study = ingest(SdtmReader(folder))
    except UnreadableSource:
        return "unreadable"
    return "refused" if study.report.refused else "converted"


def test_no_damaged_study_ends_in_a_traceback(studies: list[Path], tmp_path: Path):
    """Cells may hold anything then: no rule may fail on it."""
    random = Random(15)
    outcomes: Counter[str] = Counter()
    for number in range(FILES):
        folder = tmp_path / str(number)
        shutil.copytree(random.choice(studies), folder)
        damaged = random.choice(sorted(folder.iterdir()))
        content = damaged.read_bytes()
        rows = content.rindex(b"HEADER RECORD*******OBS") + 80
        if random.random() < 0.2:
            damaged.write_bytes(mutated(content, random, header=rows))
        else:
            damaged.write_bytes(content[:rows] + overwritten(content[rows:], random))
        outcomes[outcome(folder)] += 1
        shutil.rmtree(folder)

    assert sum(outcomes.values()) == FILES
    assert min(outcomes[each] for each in ("converted", "refused", "unreadable")) > 20
