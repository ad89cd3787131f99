"""Tests that a wrong mapping is refused with the key, what is wrong and what to write."""

from __future__ import annotations

import pytest

from streams.sources.mapping.errors import MappingError
from streams.sources.mapping.mapping import StudyMapping, check_columns
from streams.sources.report import UnreadableSource
from tests.streams.sources.mapping.mappings import events_toml


@pytest.mark.parametrize(
    ("toml", "texts"),
    [
        ("x = ", ["no TOML", "correct this place"]),
        (f"x = {'1' * 5000}", ["no TOML"]),
        ("", ["file is missing"]),
        (events_toml(head='systm = "edc"'), ["systm", "perhaps `system`"]),
        (events_toml(file='wher = { A = "1" }'), ["[[file]] ae: wher", "perhaps `where`"]),
        (events_toml(fields='serius = "SER"'), ["ae", "serius", "perhaps `serious`"]),
        (events_toml(fields='end = { colum = "E" }'), ["fields.end.colum", "perhaps `column`"]),
        (events_toml(fields="verbatim = 3"), ["fields.verbatim is no column", "in quotes"]),
        (events_toml(file="where = { A = 1 }"), ["where.A is no list of texts"]),
        (events_toml(file="key = [1]"), ["key.0", "write it in quotes"]),
        (events_toml().replace('"adverse_event"', '"event"'), ["record", "'adverse_event'"]),
        (events_toml().replace('onset = "ONSET"', ""), ["fields.onset is missing"]),
        (events_toml(fields='end = { const = "x", first = ["A"] }'), ["const and first"]),
        (events_toml(fields="end = {}"), ["no way to its value"]),
        (events_toml(fields='end = { day = "D" }'), ["no way to its value"]),
        (events_toml(fields='end = { year = "Y", day = "D" }'), ["year, then month"]),
        (events_toml(fields='verbatim = { day_after = "D" }'), ["fields.verbatim is no date"]),
        (events_toml(fields='verbatim = { strongest = ["D"] }'), ["has no order", "relatedness"]),
        (events_toml(fields='verbatim = { randomised = "PATNO" }'), ["is no treatment"]),
        (events_toml(fields='severity = { const = "bad" }'), ["severity.const", "`mild`"]),
        (events_toml(fields='criteria = { deth = "D" }'), ["criteria.deth", "'death'"]),
        (events_toml(fields='criteria = { death = { const = "yes" } }'), ["name one"]),
        (events_toml(tables='[file.codes.onset]\n"a" = "b"'), ["codes.onset"]),
        (events_toml(tables='[file.codes.severty]\n"a" = "mild"'), ["perhaps `severity`"]),
        (events_toml(tables='[file.codes.severity]\n"a" = "mil"'), ["'a'", "perhaps `mild`"]),
        (events_toml(file='dates = ["%d/%m"]'), ["[[file]] ae", "no year"]),
        (events_toml(fields='end = { column = "E", dates = ["%z"] }'), ["%z", "(end)"]),
        (events_toml(head='system = "a b"'), ["system is no identifier"]),
        (events_toml(head='delimiter = ",,"'), ["delimiter"]),
    ],
)  # fmt: skip
def test_a_wrong_key_is_named_with_what_to_write(toml: str, texts: list[str]):
    """A user corrects a mapping by its messages alone."""
    with pytest.raises(MappingError) as caught:
        StudyMapping.parse(toml)

    assert [text for text in texts if text not in str(caught.value)] == []


def test_all_wrong_keys_are_named_at_once():
    """One correction suffices; of very many the first eight are named."""
    wrong = "\n".join(f'key{number} = "x"' for number in range(12))

    with pytest.raises(MappingError) as caught:
        StudyMapping.parse(events_toml(head=wrong))

    assert "key7" in str(caught.value) and "key8" not in str(caught.value)
    assert "and 4 more" in str(caught.value)


def test_a_column_that_the_listing_lacks_is_named_with_the_nearest():
    """A misspelled column would be an empty field in every row."""
    mapping = StudyMapping.parse(events_toml())

    with pytest.raises(UnreadableSource, match=r"no column ONSET.*perhaps `ONSET_DT`"):
        check_columns(mapping.file_mappings, "ae.csv", ["PATNO", "TERM", "ONSET_DT"])


def test_a_mapping_file_that_cannot_be_read_says_why(tmp_path):
    """Missing, not text, or far too long."""
    binary, long = tmp_path / "binary.toml", tmp_path / "long.toml"
    binary.write_bytes(b"\xff\xfe\xff")
    long.write_bytes(b"#" * (1 << 21))

    for path, message in [
        (tmp_path / "none.toml", "No such file"),
        (binary, "not UTF-8"),
        (long, "shorter than 1 MiB"),
    ]:
        with pytest.raises(UnreadableSource, match=message):
            StudyMapping.read(path)
