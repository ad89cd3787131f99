"""Checks the mapping of reports, and the dictionary that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.e2b.mapping import E2BMapping, read_e2b_mapping
from streams.sources.e2b.meddra import read_meddra
from streams.sources.report import UnreadableSource

LLT = (
    "10000001$Old name$10000010$$$$$$$N$$\n"
    "10000010$Heart attack, 'so called'$10000010$$$$$$$Y$$\n"
    "10000099$Without a preferred term$10000098$$$$$$$Y$$\n"
)
MDHIER = (
    "10000010$1$2$3$Myocardial infarction #1$HLT$HLGT$Vascular disorders$Vasc$$3$N$\n"
    "10000010$4$5$6$Myocardial infarction #1$HLT$HLGT$Cardiac disorders$Card$$6$Y$\n"
)


def write_meddra(folder: Path, llt: str = LLT, mdhier: str = MDHIER) -> Path:
    """A made-up dictionary, with the traps of the real one."""
    (folder / "llt.asc").write_text(llt)
    (folder / "mdhier.asc").write_text(mdhier)
    return folder


def read(folder: Path, text: str) -> E2BMapping:
    """The mapping *text*, read from a file in *folder*."""
    path = folder / "e2b.toml"
    path.write_text(text)
    return read_e2b_mapping(path)


def test_a_dictionary_gives_preferred_terms_and_their_primary_class(tmp_path: Path):
    """Also of terms that are no longer current; quotes and hashes are text."""
    term = ("Myocardial infarction #1", "Cardiac disorders")

    assert read_meddra(write_meddra(tmp_path)) == {"10000001": term, "10000010": term}


def test_a_mapping_names_subjects_terms_words_and_a_dictionary(tmp_path: Path):
    """A stated term goes before that of the dictionary."""
    write_meddra(tmp_path)

    mapping = read(
        tmp_path,
        'subject = "gp"\nstudy_number = "CT-1"\nsystem = "safety"\nmeddra = "."\n'
        '[subjects]\n"1" = "P-1"\n[relatedness]\n"Reasonable  Suspicion" = "possible"\n'
        '[terms]\n"10000001" = ["Infarction", "Cardiac disorders"]\n',
    )

    assert (mapping.subject, mapping.study_number, mapping.system) == ("gp", "CT-1", "safety")
    assert mapping.subjects == {"1": "P-1"}
    assert mapping.relatedness == {"reasonable suspicion": "possible"}
    assert mapping.terms["10000001"] == ("Infarction", "Cardiac disorders")
    assert mapping.terms["10000010"][0] == "Myocardial infarction #1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject", "is not TOML"),
        ('subjekt = "gp"', "unknown key 'subjekt'"),
        ('subject = "initials"', "must be one of investigation, gp"),
        ("subject = 1", "`subject` must be a text"),
        ("subjects = 1", "must be a table of texts"),
        ("[subjects]\na = 1", "must be a table of texts"),
        ('[relatedness]\nx = "maybe"', "must be one of definite"),
        ("terms = 1", r"\[terms\] must be a table"),
        ('[terms]\n"1" = "Fall"', 'must be \\["preferred term"'),
        ('[terms]\n"1" = ["Fall", ""]', 'must be \\["preferred term"'),
        ('meddra = "none"', "cannot be read"),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, text: str, message: str):
    """The message names the key and what it may be."""
    with pytest.raises(UnreadableSource, match=message):
        read(tmp_path, text)


def test_a_file_that_is_no_dictionary_is_refused(tmp_path: Path):
    """With the line, and never its text."""
    with pytest.raises(UnreadableSource, match=r"mdhier\.asc, line 1: too few columns"):
        read_meddra(write_meddra(tmp_path, mdhier="secret\n"))


def test_a_missing_mapping_is_refused(tmp_path: Path):
    """As any other file that cannot be read."""
    with pytest.raises(UnreadableSource, match="cannot be read"):
        read_e2b_mapping(tmp_path / "none.toml")
