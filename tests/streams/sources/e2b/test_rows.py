"""Checks what a reaction becomes: seriousness, causality, terms, dates and deaths."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.e2b.mapping import E2BMapping
from streams.sources.e2b.meddra import Terms
from streams.sources.rows import DispositionRow, EventRow
from tests.streams.sources.e2b.reading import event, found, read_rows
from tests.streams.sources.e2b.reports import CODES, Drug, Reaction, Report

ALL_FALSE = dict.fromkeys(CODES, "false")


@pytest.mark.parametrize(
    ("criteria", "serious", "met"),
    [
        ({"hospitalisation": "true", "death": "NI"}, "yes", ("hospitalisation",)),
        (ALL_FALSE, "no", ()),
        (dict.fromkeys(CODES, "NI"), "", ()),
        ({**ALL_FALSE, "death": "UNK"}, "", ()),
        ({}, "", ()),
    ],
)
def test_seriousness_is_that_of_the_reaction(
    tmp_path: Path, criteria: dict[str, str], serious: str, met: tuple[str, ...]
):
    """A null flavour says that nobody knows; only six times "false" says that it is not serious."""
    row = event(tmp_path, Report(reactions=[Reaction(criteria=criteria)]))

    assert (row.serious, row.criteria) == (serious, met)


def test_each_reaction_is_a_case_with_its_own_criteria(tmp_path: Path):
    """The second reaction of a report is not serious because the first one is."""
    serious = Reaction(id="r-1", code="1", criteria={**ALL_FALSE, "death": "true"})
    harmless = Reaction(id="r-2", code="2", criteria=ALL_FALSE)

    rows, _ = read_rows(tmp_path, Report(reactions=[serious, harmless]))

    assert [(row.key[1], row.serious) for row in rows if isinstance(row, EventRow)] == [
        ("1", "yes"),
        ("2", "no"),
    ]


def test_a_flag_that_is_none_stops_the_ingest(tmp_path: Path):
    """Whether "maybe" is serious, nobody but the sender can say."""
    report = Report(reactions=[Reaction(criteria={"death": "maybe"})])

    assert found(tmp_path, report)["e2b_unknown_code"] == 1


def test_the_strongest_assessment_of_a_suspected_drug_counts(tmp_path: Path):
    """Reporter and sponsor may differ; a concomitant drug is not what the study watches."""
    drugs = [
        Drug(id="d-1", causality=[("r-1", "Not Suspected"), ("r-1", "Suspected")]),
        Drug(id="d-2", role="2", causality=[("r-1", "Definite")]),
        Drug(id="d-3", causality=[("r-2", "Definite")]),
    ]

    assert event(tmp_path, Report(drugs=drugs)).relatedness == "possible"


def test_an_unknown_word_of_causality_is_refused_until_the_user_maps_it(tmp_path: Path):
    """The results of assessments are free text."""
    report = Report(drugs=[Drug(causality=[("r-1", "Perhaps So")])])
    mapping = E2BMapping(relatedness={"perhaps so": "unlikely"})

    assert found(tmp_path, report)["e2b_unknown_causality"] == 1
    assert event(tmp_path, report, mapping).relatedness == "unlikely"


def test_the_action_taken_is_the_strongest_of_the_suspected_drugs(tmp_path: Path):
    """A withdrawn drug is not hidden by another that went on."""
    drugs = [Drug(id="d-1", action="4"), Drug(id="d-2", action="1"), Drug(id="d-3", role="2")]

    assert event(tmp_path, Report(drugs=drugs)).action_taken == "drug_withdrawn"


def test_a_code_without_a_dictionary_is_its_own_term(tmp_path: Path):
    """MedDRA is licensed: without it a code counts, and a finding says what to name."""
    row = event(tmp_path, Report())

    assert (row.term, row.system_organ_class) == ("MedDRA 10027940", "")
    assert found(tmp_path, Report())["e2b_code_without_text"] == 1


def test_a_dictionary_gives_the_term_and_refuses_a_code_that_it_lacks(tmp_path: Path):
    """A code of a newer dictionary must not become a term of its own unseen."""
    mapping = E2BMapping(terms=Terms({"10027940": ("Myocardial infarction", "Cardiac disorders")}))
    other = Report(reactions=[Reaction(code="99999999")])

    row = event(tmp_path, Report(), mapping)

    assert (row.term, row.system_organ_class) == ("Myocardial infarction", "Cardiac disorders")
    assert found(tmp_path, other, mapping)["e2b_code_not_in_dictionary"] == 1


def test_a_reaction_without_a_code_is_not_coded_yet(tmp_path: Path):
    """The rules count it under one term for all such events, and its words stay with it."""
    row = event(tmp_path, Report(reactions=[Reaction(code="", reported="Fall")]))

    assert (row.term, row.verbatim, row.key[1]) == ("", "Fall", "fall")


def test_dates_become_iso_and_others_pass_on(tmp_path: Path):
    """Only the rules say what is wrong with a date."""
    row = event(tmp_path, Report(reactions=[Reaction(start="202610", end="next week")]))

    assert (row.onset, row.end) == ("2026-10", "next week")


def test_a_fatal_reaction_has_the_day_of_death(tmp_path: Path):
    """The death stands at the patient, and belongs to the reaction that was fatal."""
    fatal = Reaction(id="r-1", code="1", outcome="5")
    other = Reaction(id="r-2", code="2")

    rows, _ = read_rows(tmp_path, Report(death="20261012", reactions=[fatal, other]))

    assert [row.died for row in rows if isinstance(row, EventRow)] == ["2026-10-12", ""]
    assert len(rows) == 2


def test_a_death_without_a_fatal_reaction_is_not_lost(tmp_path: Path):
    """It becomes the end of follow-up, which the rules know as a death without an event."""
    rows, _ = read_rows(tmp_path, Report(death="20261012"))

    deaths = [row for row in rows if isinstance(row, DispositionRow)]
    assert [(row.status, row.date) for row in deaths] == [("died", "2026-10-12")]
