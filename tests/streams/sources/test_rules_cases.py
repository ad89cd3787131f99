"""The rules on cases, deaths, seriousness and when something was known, whatever the format."""

from __future__ import annotations

from tests.streams.sources.builders import case, event, study, subject


def test_an_id_and_then_the_sequence_number_name_a_case():
    """AESPID or AEGRPID where there is one."""
    named, numbered = event(key=("E07",)), event(sequence="3")

    assert case(named)["source"]["id"] == "A.E07"
    assert case(numbered)["source"]["id"] == "A.seq-3"


def test_without_an_id_subject_term_and_onset_are_the_id():
    """Two such rows are one case, and each is a finding."""
    rows = [
        event(sequence=""),
        event(sequence="", term="HEADACHE "),
        event(sequence="", onset="2014"),
    ]
    found = study(subject(), *rows)
    cases = {one["source"]["id"] for one in found.of_type("adverse_event")}

    assert len(cases) == 2
    assert found.counts["event_without_id"] == 3
    assert found.counts["merged_keys"] == 1


def test_different_terms_under_one_id_are_all_kept():
    """A form name is no id of an event: three terms are three cases."""
    rows = [event(term=term, key=("FORM",)) for term in ("Headache", "Nausea", "Rash")]
    found = study(subject(), *rows)
    records = found.of_type("adverse_event")

    assert {one["preferred_term"] for one in records} == {"Headache", "Nausea", "Rash"}
    assert len({one["source"]["id"] for one in records}) == 3
    assert found.counts["different_terms_under_one_id"] == 3


def test_several_rows_of_one_event_are_one_case():
    """Its first onset, serious because it ever was, its worst severity, its last outcome."""
    rows = [
        event(key=("1",), onset="2014-01-10", severity="mild", outcome="not_recovered"),
        event(key=("1",), onset="2014-01-21", severity="severe", serious="yes",
              criteria=("hospitalisation",), known="2014-02-03"),
        event(key=("1",), onset="2014-02-11", severity="mild", outcome="recovered",
              known="2014-02-12"),
    ]  # fmt: skip
    last = case(*rows)

    assert last["source"] == {"system": "test.ae", "id": "A.1", "version": 3}
    assert (last["onset"], last["serious"], last["severity"], last["outcome"]) == (
        "2014-01-10", True, "severe", "recovered",
    )  # fmt: skip
    assert last["criteria"] == ["hospitalisation"]
    assert study(subject(), *rows).counts["several_rows_of_one_event"] == 1


def test_a_row_with_a_version_of_its_own_corrects_those_before_it():
    """An audit record that takes seriousness back is a correction, not a second part."""
    rows = [
        event(key=("1",), version="2", term="Migraine", known="2014-02-09"),
        event(key=("1",), version="1", serious="yes", severity="severe"),
    ]
    last = case(*rows)

    assert (last["preferred_term"], last["serious"], last.get("severity")) == (
        "Migraine",
        False,
        None,
    )


def test_a_withdrawn_case_is_retracted():
    """A nullification, or an ODM Remove: the case counts in none of its versions."""
    rows = [event(key=("1",)), event(key=("1",), removed=True, known="2014-03-01")]
    (retraction,) = study(subject(), *rows).of_type("retraction")

    assert retraction["target"] == {"system": "test.ae", "id": "A.1"}
    assert retraction["known_at"] == "2014-03-01T00:00:00Z"
