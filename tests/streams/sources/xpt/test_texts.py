"""Tests that each text of a transport file is decoded by itself."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.paths import shared
from tests.streams.sources.tables import read_cells, read_problems, refusal
from tests.streams.sources.xpt.transport import write_ae


def test_a_text_cut_in_a_character_is_read_by_itself(tmp_path: Path):
    """The file is UTF-8 and stays it: only the text that was cut loses its last character."""
    with tarfile.open(shared("data", "real_world_inputs", "utf8trunc.xpt.tgz")) as archive:
        archive.extractall(tmp_path, filter="data")
    path = tmp_path / "utf8trunc" / "ae.xpt"

    terms = [cells["AEDECOD"] for cells in read_cells(path)]
    assert "SJÖGREN'S SYNDROME" in terms
    assert read_cells(path)[0]["AETERM"] == "verbatim truncated"
    assert read_problems(path) == {("cut_character", "AETERM"): [1]}


def test_one_text_of_another_encoding_does_not_change_the_others(tmp_path: Path):
    """Windows-1252 and UTF-8 stand in one column, and both are read right."""
    path = write_ae(tmp_path / "ae.xpt", "Sjögren's".encode(), "fièvre".encode("windows-1252"))

    assert [cells["AETERM"] for cells in read_cells(path)] == ["Sjögren's", "fièvre"]
    assert read_problems(path) == {("not_utf8", "AETERM"): [2]}


def test_the_encoding_of_the_user_is_used(tmp_path: Path):
    """A file from Japan is read by the encoding that its user names."""
    path = write_ae(
        tmp_path / "ae.xpt", "発熱".encode("shift_jis"), "頭痛".encode("shift_jis")[:3], width=4
    )

    assert read_cells(path, "shift_jis")[0] == {"AETERM": "発熱"}
    assert read_problems(path, "shift_jis") == {("not_in_encoding", "AETERM"): [2]}


def test_a_text_that_fills_its_column_may_be_cut_in_any_encoding(tmp_path: Path):
    """The first byte of a character of two is left out, and named."""
    path = write_ae(tmp_path / "ae.xpt", "頭痛".encode("shift_jis"), width=3)

    assert read_cells(path, "shift_jis") == [{"AETERM": "頭"}]
    assert read_problems(path, "shift_jis") == {("cut_character", "AETERM"): [1]}


@pytest.mark.parametrize("encoding", ["klingon", "utf-16", "hex"])
def test_an_encoding_that_cannot_be_is_refused(tmp_path: Path, encoding: str):
    """The message says which are possible."""
    assert "--encoding" in refusal(write_ae(tmp_path / "ae.xpt", b"x"), encoding)


def test_texts_are_in_one_unicode_form(tmp_path: Path):
    """A letter and its accent in two characters become one, so that terms are equal."""
    path = write_ae(tmp_path / "ae.xpt", "fie\u0300vre".encode())

    assert read_cells(path) == [{"AETERM": "fi\u00e8vre"}]
