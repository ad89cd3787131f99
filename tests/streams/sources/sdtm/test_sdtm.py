"""Reads domains of SDTM: DM and AE suffice, and nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.report import UnreadableSource
from streams.sources.sdtm import SdtmReader
from tests.streams.sources.ingested import Ingested, ingest
from tests.streams.sources.sdtm.sdtm_folder import AE, DM, DS, EX, Row, supplement, write_sdtm


def read(folder: Path, **domains: list[Row]) -> Ingested:
    return ingest(SdtmReader(write_sdtm(folder, **domains)))


def test_dm_and_ae_suffice(tmp_path: Path):
    """Findings say what the absence of EX and DS costs."""
    found = read(tmp_path)

    assert found.counts == {"no_exposure": 1, "no_disposition": 1}
    (event,) = found.of_type("adverse_event")
    assert event["preferred_term"] == "HEADACHE"
    assert [one["status"] for one in found.of_type("disposition")] == ["other", "other"]
    assert [one.get("end") for one in found.of_type("treatment")] == [None, None]


def test_all_domains_together_have_no_finding(tmp_path: Path):
    """Doses, elements, supplements and dispositions fit each other."""
    found = read(tmp_path, ex=[EX], ds=[DS], suppae=[supplement("AETRTEM", "Y")])

    assert found.counts == {}
    assert found.of_type("dose")[0]["amount"] == 10


def test_ec_is_read_where_there_is_no_ex(tmp_path: Path):
    """Doses that were scheduled, or that did not occur, are none."""
    ec = {name.replace("EX", "EC", 1): value for name, value in EX.items()}
    rows = [
        {**ec, "ECMOOD": "PERFORMED", "ECOCCUR": "Y"},
        {**ec, "ECSEQ": "2", "ECMOOD": "SCHEDULED", "ECSTDTC": "2014-07-03"},
        {**ec, "ECSEQ": "3", "ECMOOD": "PERFORMED", "ECOCCUR": "N", "ECSTDTC": "2014-07-03"},
    ]

    found = read(tmp_path, ec=rows)

    assert len(found.of_type("dose")) == 1
    assert (found.group("row_not_counted").column, found.counts["row_not_counted"]) == ("ECMOOD", 1)


def test_a_supplement_adds_variables_to_its_event(tmp_path: Path):
    """SUPPAE may hold what AE has no room for; a variable of AE keeps its value."""
    added = [
        supplement("AETOXGR", "GRADE 4"),
        supplement("AESER", "Y"),
        supplement("AESMIE", "Y", sequence="2"),
    ]
    first, second = read(tmp_path, ae=[AE, {**AE, "AESEQ": "2"}], suppae=added).of_type(
        "adverse_event"
    )

    assert (first["severity"], first["serious"]) == ("life_threatening", False)
    assert second["criteria"] == ["medically_important"]


def test_a_supplement_may_name_the_sponsor_id(tmp_path: Path):
    """IDVAR says by which variable a row of the parent is found."""
    row = {**supplement("AESLIFE", "Y"), "IDVAR": "AESPID", "IDVARVAL": "E07"}
    (event,) = read(tmp_path, ae=[{**AE, "AESPID": "E07"}], suppae=[row]).of_type("adverse_event")

    assert event["criteria"] == ["life_threatening"]


@pytest.mark.parametrize(
    ("variable", "text", "field", "expected"),
    [
        ("AESER", "y", "serious", True),
        ("AESER", "YES", "serious", True),
        ("AETOXGR", "GRADE 5", "severity", "fatal"),
        ("AETOXGR", "5", "severity", "fatal"),
        ("AETOXGR", "grade  3", "severity", "severe"),
        ("AESEV", "Life  Threatening", "severity", "life_threatening"),
        ("AEREL", "RELATED", "relatedness", "possible"),
        ("AEREL", "Y", "relatedness", "possible"),
        ("AEOUT", "fatal", "outcome", "fatal"),
        ("AESHOSP", "yes", "criteria", ["hospitalisation"]),
    ],
)
def test_codes_are_read_in_any_case_or_form(
    variable: str, text: str, field: str, expected: object, tmp_path: Path
):
    """A binary "related" is possible."""
    (event,) = read(tmp_path, ae=[{**AE, variable: text}]).of_type("adverse_event")

    assert event[field] == expected


@pytest.mark.parametrize(
    "variable", ["AESER", "AESEV", "AETOXGR", "AEREL", "AEOUT", "AEACN", "AESDTH"]
)
def test_an_unknown_code_stops_the_ingest(variable: str, tmp_path: Path):
    """An event that is left out, or half read, would be lost without a word."""
    found = read(tmp_path, ae=[AE, {**AE, "AESEQ": "2", variable: "SO SO"}])

    assert found.report.refused
    group = found.group("unknown_term")
    assert (group.column, group.rows, Path(group.file).name) == (variable, (2,), "ae.ndjson")


def test_a_row_without_a_subject_is_refused(tmp_path: Path):
    """Nobody can know whom it is about."""
    found = read(tmp_path, ae=[AE, {**AE, "USUBJID": ""}])

    assert found.report.refused and found.group("no_usubjid").rows == (2,)


@pytest.mark.parametrize(
    ("arms", "control", "message"),
    [
        (("Drug", "Vehicle"), None, "no single arm is called placebo"),
        (("Drug", "Placebo A", "Placebo B"), None, "Name one of 'Drug', 'Placebo A', 'Placebo B'"),
        (("Drug", "Placebo"), "Plazebo", "no subject was treated in arm 'Plazebo'"),
    ],
)
def test_a_drawn_plan_needs_one_control(
    arms: tuple[str, ...], control: str | None, message: str, tmp_path: Path
):
    """The message names the arms to choose from."""
    dm = [{**DM, "USUBJID": arm, "ARM": arm} for arm in arms]
    with pytest.raises(UnreadableSource, match=message):
        ingest(SdtmReader(write_sdtm(tmp_path, dm=dm)), control=control)


def test_a_requested_control_is_used(tmp_path: Path):
    """By its name, or by its id."""
    dm = [{**DM, "USUBJID": arm, "ARM": arm} for arm in ("Drug", "Vehicle arm")]
    for control in ("Vehicle arm", "vehicle_arm"):
        found = ingest(SdtmReader(write_sdtm(tmp_path, dm=dm)), control=control)
        assert 'control = "vehicle_arm"' in found.plan


def test_one_arm_gets_a_plan_of_rules_alone(tmp_path: Path):
    """It compares nothing, and says so."""
    found = read(tmp_path, dm=[DM])

    assert 'when = "fatal"' in found.plan and "[[watches]]" not in found.plan
    assert "no rate, because the data name fewer than two treatments" in found.notes[0]


def test_two_arms_with_one_id_are_refused(tmp_path: Path):
    """Nobody could tell their subjects apart."""
    found = read(tmp_path, dm=[DM, {**DM, "USUBJID": "S-2", "ARM": "placebo"},
                               {**DM, "USUBJID": "S-3", "ARM": "DRUG."}])  # fmt: skip

    assert found.group("two_arms_with_one_id").refused


def test_two_rows_with_different_arms_for_one_subject_are_refused(tmp_path: Path):
    """DM holds one row a subject; a repeated row is only repeated."""
    other = {**DM, "ARM": "Placebo"}

    assert read(tmp_path, dm=[DM, other]).group("two_arms_for_one_subject").rows == (2,)
    assert not read(tmp_path, dm=[DM, DM]).report.refused
