"""The names that columns have in practice, by record type and field, for the first draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

SUBJECT = (
    "usubjid subjid subject subjectid patnum patientid patid ptid recordid studyid1 screeningno"
)

COLUMN_NAMES: Mapping[str, Mapping[str, str]] = {
    "subject": {
        "randomised_treatment": "plannedarm arm armcd plannedarmcd randarm randomizedarm"
        " treatmentarm trt01p randomisedtreatment randomizedtreatment",
        "treatment_received": "actualarm actarm trt01a actarmcd",
        "site": "siteid site sitenumber siteno",
        "stratum": "stratum strata stratificationgroup",
        "date": "rfstdtc randdt randdate randomizationdate randomisationdate icdt rficdtc"
        " enrolldate",
        "treatment_start": "rfxstdtc trtsdt firstdosedate",
        "follow_up_end": "rfpendtc rfendtc eosdt endofstudydate",
        "death_date": "dthdtc dthdt deathdate deathdt",
        "died": "dthfl died deathflag",
        "known_at": "dmdtc coldt collectiondate",
    },
    "adverse_event": {
        "preferred_term": "aedecod preferredterm pt ptterm ptname aept meddrapt codedterm aecode",
        "system_organ_class": "aebodsys aesoc soc systemorganclass socname socterm",
        "verbatim": "aeterm verbatim verbatimterm aeverbatim reportedterm aedesc eventterm aeae",
        "onset": "aestdtc aestdat aestdt astdt aestart aestartdate onsetdate aeonset onset",
        "end": "aeendtc aeendat aeendt aendt aeend aeenddate aestop aestopdate aeaestop"
        " resolutiondate",
        "serious": "aeser serious aeserious sae isserious seriousevent",
        "severity": "aesev severity aeseverity intensity",
        "grade": "aetoxgr grade ctcaegrade toxgrade aegrade atoxgr",
        "relatedness": "aerel causality relatedness relationship aerelated related aecausality",
        "outcome": "aeout outcome aeoutcome",
        "action_taken": "aeacn actiontaken aeaction",
        "death_date": "aedthdtc aedthdat",
        "death": "aesdth death criteriondeath",
        "life_threatening": "aeslife lifethreatening",
        "hospitalisation": "aeshosp hospitalisation hospitalization",
        "disability": "aesdisab aedis disability",
        "congenital_anomaly": "aescong aescno congenitalanomaly",
        "medically_important": "aesmie medicallyimportant",
        "known_at": "aedtc aedtcol aemodified lastmodified modified reportdate dateofreport",
        "key": "aespid aeid eventid caseid redcaprepeatinstance aeno aenumber aeseq",
    },
    "dose": {
        "treatment": "extrt ectrt drugad studydrug",
        "period": "epoch",
        "first_date": "exstdtc ecstdtc ecstdat exstdat dosestart dosestartdate dosedate exstdt"
        " ecstdt",
        "last_date": "exendtc ecendtc ecendat exendat doseend doseenddate exendt ecendt",
        "amount": "exdose ecdose ecdstxt exdstxt dose amount doseamount",
        "unit": "exdosu ecdosu doseunit unit",
        "batch": "exlot eclot lot batch lotnumber",
        "known_at": "exdtc ecdtc",
        "key": "exspid ecspid exseq ecseq",
    },
    "disposition": {
        "status": "dsdecod status dispositionstatus discontinuationreason dsreason",
        "date": "dsstdtc dsstdat dsstdt dispositiondate",
        "known_at": "dsdtc dsdtcol",
    },
}  # fmt: skip
"""Folded column names by record type and field, the likeliest first; a criterion by its name."""

CRITERIA = (
    "death",
    "life_threatening",
    "hospitalisation",
    "disability",
    "congenital_anomaly",
    "medically_important",
)


def fold_name(column: str) -> str:
    """Return *column* without prefix, case and punctuation.

    >>> fold_name("IT.AESTDAT"), fold_name("Onset date")
    ('aestdat', 'onsetdate')
    """
    return re.sub(r"[\W_]+", "", re.split(r"[.:]", column)[-1].lower())


def guess_fields(record: str, header: Iterable[str]) -> dict[str, str]:
    """Return the column of *header* for each field of *record* that a name betrays."""
    columns = {fold_name(column): column for column in header if column}
    guesses = {"subject": SUBJECT, **COLUMN_NAMES[record]}
    return {
        field: columns[next(name for name in names.split() if name in columns)]
        for field, names in guesses.items()
        if columns.keys() & set(names.split())
    }


def guess_record(header: Iterable[str]) -> str | None:
    """Return the record type of which *header* has most fields; None below two."""
    names = list(header)
    counts = {
        record: len(guess_fields(record, names).keys() - {"subject", "known_at", "key"})
        for record in COLUMN_NAMES
    }
    best = max(counts, key=lambda record: counts[record])
    return best if counts[best] >= 2 and "subject" in guess_fields(best, names) else None
