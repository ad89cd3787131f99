"""Names and code lists of ICH E2B(R3): the numbers by which its XML names what it states."""

from __future__ import annotations

ROOT = "MCCI_IN200100UV01"
"""Root of a batch of reports."""

MESSAGE = "PORR_IN049016UV"
"""One report in a batch."""

_ICH = "2.16.840.1.113883.3.989.2.1"
OBSERVATION = f"{_ICH}.1.19"
"""Code system of observations."""

CASE_ID = f"{_ICH}.3.1"
WORLDWIDE_ID = f"{_ICH}.3.2"
STUDY_NUMBER = f"{_ICH}.3.5"

REACTION = "29"
REPORTED_FOR_TRANSLATION = "30"
OUTCOME = "27"
DRUG_ROLE = "20"
CAUSALITY = "39"

CRITERIA = {
    "34": "death",
    "21": "life_threatening",
    "33": "hospitalisation",
    "35": "disability",
    "12": "congenital_anomaly",
    "26": "medically_important",
}
"""Observations E.i.3.2a to f by code: the criteria of seriousness of one reaction."""

PATIENT_NUMBERS = {
    f"{_ICH}.3.7": "gp",
    f"{_ICH}.3.8": "specialist",
    f"{_ICH}.3.9": "hospital",
    f"{_ICH}.3.10": "investigation",
}
"""D.1.1.1 to D.1.1.4: the records in which a patient has a number."""

DRUG_INFORMATION = "4"
"""Code of the organizer that holds the drugs of the report (G.k), not those of the past (D.8)."""

CONCOMITANT = "2"
"""Role of a drug that nobody suspects (G.k.1)."""

NULLIFICATION_OR_AMENDMENT = "3"
"""Characteristic C.1.11.1 of a report."""

NULLIFICATION, AMENDMENT = "1", "2"

OUTCOMES = {
    "0": "unknown",
    "1": "recovered",
    "2": "recovering",
    "3": "not_recovered",
    "4": "recovered_with_sequelae",
    "5": "fatal",
}
"""E.i.7."""

ACTIONS = {
    "1": "drug_withdrawn",
    "2": "dose_reduced",
    "3": "dose_increased",
    "4": "dose_not_changed",
    "0": "unknown",
    "9": "not_applicable",
}
"""G.k.8, in the order in which one is preferred where the drugs of a report differ."""

CAUSALITY_WORDS = {
    "1": "possible",
    "2": "not_related",
    "suspected": "possible",
    "not suspected": "not_related",
    "reasonable possibility": "possible",
    "no reasonable possibility": "not_related",
    "likely": "probable",
    "certain": "definite",
    "unclassified": "",
    "conditional": "",
    "conditional/unclassified": "",
    "unassessable": "",
    "unassessable/unclassifiable": "",
    "unclassifiable": "",
    "unknown": "",
    "not assessable": "",
    "not assessed": "",
    "not reported": "",
    "not applicable": "",
}
"""G.k.9.i.2.r.3 in common use beside the words of AEREL: EU codes 1 and 2, words of the WHO."""

NULL_FLAVOURS = frozenset(
    {"NI", "UNK", "ASKU", "NASK", "MSK", "NA", "NAV", "OTH", "INV", "DER", "UNC", "TRC", "QS"}
    | {"PINF", "NINF", "NP"}
)
"""Reasons for which HL7 gives no value: each means that it is not known here."""
