"""Compares the CDISC pilot as SDTM and as ADaM, in transport files and in Dataset-JSON.

Subjects, days, events and seriousness agree; what the sources themselves have otherwise is listed.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from streams.sources.adam import AdamReader
from streams.sources.sdtm import SdtmReader
from tests.paths import shared
from tests.streams.sources.adam.pilot import (
    as_dataset_json,
    endings,
    events,
    follow_up,
    serious,
)
from tests.streams.sources.ingested import Ingested, ingest

ONSETS_OF_A_YEAR = {
    ("01-701-1118", "COUGH", "2003"),
    ("01-701-1180", "HEADACHE", "2002"),
    ("01-701-1363", "HEADACHE", "1986"),
    ("01-703-1076", "HYPERCHOLESTEROLAEMIA", "2007"),
    ("01-703-1258", "DIZZINESS", "2001"),
    ("01-703-1299", "GLAUCOMA", "1992"),
    ("01-710-1077", "ARTHRITIS", "1977"),
    ("01-718-1355", "DERMATITIS ATOPIC", "1982"),
}
"""Events whose onset AE knows to the year; ADAE has no onset for them."""


def transport_files() -> Path:
    """Return the folder of the pilot's own files."""
    return shared("data", "cdiscpilot01", "raw_xpt")


@cache
def sdtm() -> Ingested:
    """Return the pilot from DM, AE, EX and DS."""
    return ingest(SdtmReader(transport_files()))


@cache
def adam() -> Ingested:
    """Return the pilot from ADSL and ADAE in transport files."""
    return ingest(AdamReader(transport_files()))


@pytest.fixture(scope="module", params=[".json", ".ndjson"])
def adam_json(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """Return the pilot from CDISC's own ADSL and ADAE in both forms of Dataset-JSON."""
    folder = tmp_path_factory.mktemp("adam")
    for name in ("adsl", "adae"):
        file = f"{name}{request.param}"
        (folder / file).symlink_to(shared("data", "cdisc_dataset_json", "raw", "adam", file))
    return ingest(AdamReader(folder))


@pytest.mark.parametrize("suffix", [".json", ".ndjson"])
def test_sdtm_in_dataset_json_gives_the_same_log(suffix: str, tmp_path: Path):
    """Every record of the log is the same, byte for byte."""
    for name in ("dm", "ae", "ex", "ds", "suppae"):
        as_dataset_json(transport_files() / f"{name}.xpt", tmp_path, suffix)

    assert ingest(SdtmReader(tmp_path)).records == sdtm().records


def test_adam_has_the_treated_subjects_with_their_arms_and_days():
    """254 subjects and 30,755 days; the 52 who were screened only are in DM and not in ADSL."""
    days = follow_up(adam())

    assert days == follow_up(sdtm())
    assert Counter(arm for arm, _, _ in days.values()) == {
        "placebo": 86,
        "xanomeline_low_dose": 84,
        "xanomeline_high_dose": 84,
    }
    subjects = {record["subject"] for record in adam().of_type("subject")}
    screened = {record["subject"] for record in sdtm().of_type("subject")} - subjects
    assert (len(subjects), len(screened)) == (254, 52)


def test_adam_has_the_events_of_sdtm():
    """881 events by subject, term and onset; eight onsets are a year in AE and empty in ADAE.

    ADAE has no AESPID: its 1,191 rows are cases, of which AE makes 883 with versions.
    """
    assert len(events(sdtm())) == 881
    assert events(sdtm()) - events(adam()) == ONSETS_OF_A_YEAR
    assert events(adam()) - events(sdtm()) == {(*event[:2], "") for event in ONSETS_OF_A_YEAR}
    cases = {record["source"]["id"] for record in sdtm().of_type("adverse_event")}
    assert (len(cases), len(adam().of_type("adverse_event"))) == (883, 1191)


def test_adam_has_the_serious_events_of_sdtm():
    """32 events, fatal ones and those whose criteria contradict their flag included."""
    assert serious(adam()) == serious(sdtm())
    assert len(serious(adam())) == 32


def test_adam_ends_follow_up_as_sdtm_does():
    """Status and day of 254 subjects."""
    assert endings(adam()) == {
        subject: ending for subject, ending in endings(sdtm()).items() if subject in endings(adam())
    }


def test_adam_ends_treatment_where_ex_leaves_it_open():
    """Six subjects have no EXENDTC at the end: ADSL derives TRTEDT, SDTM leaves the end open."""
    ended = {each["subject"] for each in sdtm().of_type("treatment") if "end" in each}
    derived = {each["subject"] for each in adam().of_type("treatment") if "end" in each}

    assert len(derived - ended) == 6
    assert ended - derived == set()


def test_adam_in_dataset_json_gives_the_same_records(adam_json: Ingested):
    """CDISC derived the two packages apart; in what a record holds they agree."""
    assert adam_json.records == adam().records
    assert "treatment_emergent_differs" not in adam_json.counts


def test_what_adam_lacks_is_said_in_findings():
    """No day of collection, no onset of a year, and nothing of treatments with one name."""
    counts = adam().counts

    assert counts["no_date_of_report"] == 1191
    assert counts["no_onset"] == 11
    assert "treatment_name_hides_doses" not in counts
