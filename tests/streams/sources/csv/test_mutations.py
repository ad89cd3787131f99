"""Tests that mutated listings and mappings are read or refused, and never fail otherwise."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.sources.csv_draft import draft_mapping
from streams.sources.csv_files import CsvStudy
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import IngestReport, UnreadableSource
from tests.paths import shared

FILES = 2_000
MAPPINGS = 500
DRAFTS = 300
PIECES = (
    b"\0", b"\xff", b"\xfe\xff", b'"', b",", b"\n", b"\r", b";", b"\t", b"\\", b"=", b"[", b"]",
    b"{", b"}", b"'", b"9999-12-31", b"0", b"-1", b"1e400", b"2026-02-30", b"\xc3", b"\xed\xa0\x80",
    b"%Y", b"x" * 70_000, b"_" * 300, b"\x1b[2J", b"\x7f", "\u202e\u0301".encode(),
)  # fmt: skip


def mutate(content: bytes, chance: random.Random) -> bytes:
    """Return *content* with one to four places replaced, removed, doubled or cut."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice([0, 1, 1, 2, 8, 60]))
        piece = chance.choice([chance.choice(PIECES), content[start:end] * 2, b"", b""])
        content = content[:start] + piece + content[end:]
    return content if chance.random() > 0.05 else content[: chance.randrange(len(content) + 1)]


class Ends(Counter[str]):
    """How often what was mutated ended as "read", as "refused" rows or as a "message"."""

    def note(self, run: Callable[[], str]) -> str:
        """Run *run*, note how it ended, and return the message; other exceptions propagate."""
        try:
            self[run()] += 1
        except UnreadableSource as error:
            self["message" if str(error) else "silence"] += 1
            return str(error)
        return ""


def read(study: CsvStudy) -> str:
    """Read all rows of *study*, and return whether one was refused."""
    report = IngestReport()
    for row in study.study_rows(report):
        study.column(row.place.file, type(row), "known")
    return "refused" if report.refused else "read"


@pytest.fixture(scope="module", name="sample")
def _sample() -> tuple[bytes, bytes]:
    """Return the first rows of a real listing, and its mapping alone."""
    folder = shared("data", "listings", "redcap")
    return (
        (folder / "redcap_flat_synthetic.csv").read_bytes(),
        (folder / "mapping_example.toml").read_bytes(),
    )


def test_mutated_listings_are_read_or_refused(tmp_path: Path, sample: tuple[bytes, bytes]):
    """2,000 files, seeded: each ends as rows, as refused rows, or as a message."""
    content, toml = sample
    mapping = StudyMapping.parse(toml.decode())
    chance, ends = random.Random(15), Ends()
    path = tmp_path / "redcap_flat_synthetic.csv"

    for _ in range(FILES):
        path.write_bytes(mutate(content, chance))
        ends.note(lambda: read(CsvStudy(mapping=mapping, path=tmp_path)))

    assert ends.total() == FILES and set(ends) <= {"read", "refused", "message"}
    assert min(ends["refused"], ends["message"]) > FILES // 10, ends


def test_mutated_mappings_are_used_or_refused(tmp_path: Path, sample: tuple[bytes, bytes]):
    """500 mappings, seeded: each is a mapping, or a message that names a key."""
    content, toml = sample
    chance, ends = random.Random(16), Ends()
    path = tmp_path / "mapping.toml"
    (tmp_path / "redcap_flat_synthetic.csv").write_bytes(content)

    for _ in range(MAPPINGS):
        path.write_bytes(mutate(toml, chance))
        ends.note(lambda: read(CsvStudy(mapping=StudyMapping.read(path), path=tmp_path)))

    assert ends.total() == MAPPINGS and set(ends) <= {"read", "refused", "message"}
    assert min(ends["refused"], ends["message"]) > 20, ends


def test_a_draft_of_a_mutated_listing_is_toml(tmp_path: Path, sample: tuple[bytes, bytes]):
    """300 files, seeded: no header and no value breaks out of its line of the draft."""
    chance, ends = random.Random(17), Ends()
    path = tmp_path / "ae.csv"

    for _ in range(DRAFTS):
        path.write_bytes(mutate(sample[0], chance))
        ends.note(lambda: draft(tmp_path))

    assert set(ends) == {"TOML", "message"}, ends
    assert ends["TOML"] > DRAFTS // 10, ends


def draft(folder: Path) -> str:
    """Draft a mapping of the files in *folder*, and return whether it is TOML."""
    toml = draft_mapping(folder)
    fault = Ends().note(lambda: StudyMapping.parse(toml).system)
    return "broken" if "no TOML" in fault else "TOML"
