"""The published tables of ProDERM: the numbers that the reconstruction must meet."""

from __future__ import annotations

SUBJECTS = {"ivig": 47, "placebo": 48}
IVIG_CYCLES = 664

TABLE_1: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "teae": ((42, 196), (28, 135), (84, 545)),
    "infusional": ((34, 139), (19, 65), (76, 351)),
    "related": ((30, 113), (11, 38), (62, 282)),
}
"""(patients, events) for first-period IVIG, first-period placebo, all IVIG.

The other rows (serious, discontinued, thromboembolic) follow from the cases in
``published_cases.py``.  Source: table1_overview.csv, after Aggarwal et al. 2024, table 1.
"""

RELATED_PATIENTS = {
    "Headache": 40,
    "Pyrexia": 18,
    "Nausea": 15,
    "Vomiting": 8,
    "Chills": 7,
    "Musculoskeletal pain": 7,
    "Blood pressure increased": 6,
}
"""By label group, all IVIG, n = 95.  Source: related_by_pt_gt5pct.csv."""

INFUSIONAL_PATIENTS = {
    "Headache": 44,
    "Pyrexia": 19,
    "Nausea": 16,
    "Vomiting": 8,
    "Blood pressure increased": 8,
    "Musculoskeletal pain": 5,
    "Heart rate increased": 5,
    "Dyspnea": 5,
    "Infusion site reactions": 5,
}
"""By label group, all IVIG, any causality, within 72 h of a cycle (the label)."""

REGISTRY_PATIENTS = {
    "Headache": 46,
    "Nausea": 18,
    "Pyrexia": 17,
    "Vomiting": 9,
    "Condition aggravated": 9,
    "Myalgia": 9,
    "Chills": 7,
    "Arthralgia": 7,
}
"""By preferred term, all IVIG, not serious, any causality (ClinicalTrials.gov results)."""

REGISTRY_PATIENTS_PLACEBO = {
    "Headache": 4,
    "Nausea": 2,
    "Pyrexia": 3,
    "Vomiting": 0,
    "Condition aggravated": 9,
    "Myalgia": 0,
    "Chills": 1,
    "Arthralgia": 4,
}
"""The same registry rows on placebo in the first period, n = 48."""

BELOW_FIVE_PERCENT = 4
"""A term that a ">5 %" list of 95 patients omits has at most this many patients."""

RESPONDERS: dict[str, dict[int, tuple[int, int]]] = {
    "week16": {20: (37, 21), 40: (32, 11), 60: (15, 4)},
    "week40": {20: (32, 32), 40: (26, 28), 60: (17, 14)},
}
"""TIS responders (IVIG, placebo) by threshold, of 47/48 at week 16 and 45/46 at week 40."""
