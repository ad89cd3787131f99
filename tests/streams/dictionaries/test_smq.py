"""Groups from the queries of a made-up dictionary in the layout of MedDRA."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.plan.plan import read_plan
from streams.dictionaries.meddra import load_meddra
from streams.dictionaries.smq import smq_group
from streams.dictionaries.term_group import Scope, TermGroup, group_toml
from streams.sources.report import UnreadableSource
from tests.monitor.plan.plans import PLAN
from tests.streams.dictionaries.made_up import (
    ARTERIAL,
    BLEEDS,
    CLOTS,
    OLD,
    TERMS,
    VENOUS,
    write_dictionary,
)


def group_of(folder: Path, code: str, scope: Scope = Scope.NARROW) -> TermGroup:
    """The group of one query of the dictionary in *folder*."""
    return smq_group(load_meddra(folder), code, scope)


@pytest.mark.parametrize("end", ["$\n", "\n", "$\r\n"])
def test_a_query_has_the_active_terms_of_its_children(tmp_path: Path, end: str):
    """A trailing dollar sign is no field; apostrophes, quotation marks and # are parts of names."""
    group = group_of(write_dictionary(tmp_path, end=end), CLOTS)

    assert group.terms == tuple(sorted(TERMS[code] for code in ("10", "11", "12", "16")))
    assert group.dictionary == f"MedDRA 99.1 SMQ {CLOTS} narrow"
    assert group.notes == ()


def test_the_broad_scope_has_the_narrow_terms_too(tmp_path: Path):
    """A broad search is the narrow one and what may belong to it."""
    write_dictionary(tmp_path)

    narrow, broad = (set(group_of(tmp_path, VENOUS, scope).terms) for scope in Scope)

    assert broad - narrow == {TERMS["13"]} and narrow < broad


def test_a_plan_reads_the_group_with_every_trap_in_a_name(tmp_path: Path):
    """What the command prints is TOML that the plan reader accepts, with the dictionary."""
    group = group_of(write_dictionary(tmp_path), CLOTS)

    plan = read_plan(f"{PLAN}\n{group_toml(group)}")

    assert plan.groups[-1].dictionary == group.dictionary
    assert plan.groups[-1].preferred_terms == {term.casefold() for term in group.terms}


def test_a_lowest_level_term_without_its_preferred_term_is_a_note(tmp_path: Path):
    """A case counts by its preferred term; a lowest level term that is not current says nothing."""
    more = [(ARTERIAL, "1002", "5", "2", "A"), (ARTERIAL, "1003", "5", "2", "A")]

    (note,) = group_of(write_dictionary(tmp_path, more=more), ARTERIAL).notes

    assert "1 current lowest level terms" in note


def test_an_algorithm_is_a_note(tmp_path: Path):
    """The terms of an algorithm do not count alone, which the user must know."""
    (note,) = group_of(write_dictionary(tmp_path), BLEEDS).notes

    assert "algorithm" in note


@pytest.mark.parametrize(
    ("code", "more", "problem"),
    [
        ("1", [], "no SMQ 1"),
        (OLD, [], "is inactive"),
        (CLOTS, [(VENOUS, CLOTS, "0", "0", "A")], f"{CLOTS} > {VENOUS} > {CLOTS}"),
        (VENOUS, [(VENOUS, "77", "4", "2", "A")], "1 terms of SMQ .* different releases"),
        (CLOTS, [(CLOTS, OLD, "0", "0", "A")], "is inactive"),
    ],
)
def test_a_query_that_cannot_be_listed_is_refused(
    tmp_path: Path, code: str, more: list[tuple[str, str, str, str, str]], problem: str
):
    """A circle of queries ends, and a term of another release is not lost without a word."""
    write_dictionary(tmp_path, more=more)

    with pytest.raises(UnreadableSource, match=problem):
        group_of(tmp_path, code)


def test_files_of_two_releases_are_refused(tmp_path: Path):
    """Terms move between queries: a mixture is no release."""
    write_dictionary(tmp_path)
    listed = tmp_path / "smq_list.asc"
    listed.write_text(listed.read_text().replace("$99.1$", "$99.0$", 1))

    with pytest.raises(UnreadableSource, match=r"do not name one version: 99\.0, 99\.1"):
        load_meddra(tmp_path)


def test_the_release_file_must_agree_where_it_is_there(tmp_path: Path):
    """Its version is the one that the distribution states."""
    write_dictionary(tmp_path)
    (tmp_path / "meddra_release.asc").write_text("98.1$English$$$$\n")

    with pytest.raises(UnreadableSource, match=r"98\.1, 99\.1"):
        load_meddra(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("llt.asc", None, "cannot be read"),
        ("mdhier.asc", b"10$2$3\n", "line 1: 3 fields, not 12"),
        ("smq_list.asc", b"", "lists no SMQ"),
        ("smq_content.asc", b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused(
    tmp_path: Path, name: str, content: bytes | None, problem: str
):
    """The message names the file and what to give."""
    write_dictionary(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(UnreadableSource, match=problem):
        load_meddra(tmp_path)
