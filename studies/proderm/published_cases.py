"""Cases with published terms, seriousness or consequences, and cases that totals imply."""

from __future__ import annotations

from dataclasses import dataclass, replace

LAST = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One event of one case group; a field that is None is drawn by the generator.

    *cycle* counts the cycles of the period from 1, ``LAST`` is the last, 0 is drawn.
    *days_after* is days after the cycle's last infusion day.  Cases of one group with the same
    cycle and timing (infusional or not) begin on one day.
    """

    term: str = ""
    case_group: str = ""
    slot: str = "extension"
    related: str = "not_related"
    infusional: bool = False
    severity: str | None = None
    criteria: tuple[str, ...] = ()
    cycle: int = 0
    days_after: int | None = None
    days: int | None = None
    outcome: str = "recovered"
    action: str = "dose_not_changed"
    adjudication: str | None = None
    verbatim: str | None = None

    @property
    def kind(self) -> str:
        """``ri`` related and infusional, ``r``, ``i``, or ``n`` for neither."""
        related = "r" if self.related != "not_related" else ""
        return related + ("i" if self.infusional else "") or "n"


HOSPITALISED = ("hospitalisation", "medically_important")
_STOP = Case(cycle=LAST, action="drug_withdrawn")
_P1 = replace(_STOP, case_group="P1", slot="first_ivig", related="probable", infusional=True)
_P1_SERIOUS = replace(_P1, severity="severe", criteria=("life_threatening",), days=1)
_P2 = replace(
    _STOP,
    case_group="P2",
    related="probable",
    severity="severe",
    criteria=("hospitalisation", "life_threatening"),
    days=73,
    adjudication="yes",
)
_P3 = replace(_STOP, case_group="P3", related="possible", infusional=True)
_SEQUELAE = Case(
    related="possible",
    severity="moderate",
    criteria=HOSPITALISED,
    outcome="recovered_with_sequelae",
    adjudication="yes",
)
_P8 = replace(_STOP, case_group="P8", related="possible", infusional=True, severity="mild")
_P9 = replace(_STOP, case_group="P9", related="probable", infusional=True, severity="moderate")

PUBLISHED_CASES = (
    replace(_P1_SERIOUS, term="Muscle spasms"),
    replace(_P1_SERIOUS, term="Dyspnoea"),
    replace(_P1, term="Sinus tachycardia", severity="moderate"),
    replace(_P1, term="Chills", severity="mild"),
    replace(_P1, term="Pyrexia", severity="mild", verbatim="Fever"),
    replace(_P1, term="Back pain", severity="moderate"),
    replace(_P2, term="Deep vein thrombosis"),
    replace(_P2, term="Pulmonary embolism"),
    replace(
        _SEQUELAE,
        term="Cerebrovascular accident",
        case_group="P3",
        infusional=True,
        cycle=LAST,
        days=109,
        action="drug_withdrawn",
    ),
    replace(_P3, term="Vertigo", severity="moderate"),
    replace(_P3, term="Vision blurred", severity="mild"),
    replace(
        _SEQUELAE,
        term="Pulmonary embolism",
        case_group="P4",
        cycle=LAST,
        days=14,
        action="drug_withdrawn",
    ),
    Case(
        term="Loss of consciousness",
        case_group="P5",
        related="probable",
        infusional=True,
        severity="moderate",
        criteria=("hospitalisation",),
        cycle=1,
        days=1,
        adjudication="no",
    ),
    replace(
        _SEQUELAE,
        term="Cerebral infarction",
        case_group="P6",
        cycle=LAST,
        days_after=12,
        days=99,
        action="not_applicable",
    ),
    Case(
        term="Hypoesthesia",
        case_group="P7",
        related="possible",
        infusional=True,
        severity="mild",
        criteria=("medically_important",),
        cycle=5,
        days=1,
        adjudication="yes",
    ),
    replace(_P8, term="Musculoskeletal pain"),
    replace(_P8, term="Paraesthesia"),
    replace(_P8, term="Dizziness"),
    replace(_STOP, case_group="P8", term="Condition aggravated", severity="mild"),
    replace(_P9, term="Headache"),
    replace(_P9, term="Nausea"),
    replace(_P8, case_group="P10", term="Hypersensitivity", related="probable"),
    replace(_P8, case_group="P11", term="Vomiting", related="probable"),
)
"""Tables 4 and 7, one entry an event.  Imputed: cycles, and whether within 72 hours of one."""


def _serious(case_group: str, slot: str, *terms: str) -> tuple[Case, ...]:
    """Return serious unrelated cases; their number is published and *terms* are imputed."""
    case = Case(case_group=case_group, slot=slot, severity="severe", criteria=("hospitalisation",))
    return tuple(replace(case, term=term) for term in terms)


_FIRST_TEE = Case(
    case_group="first-tee",
    slot="first_ivig",
    severity="moderate",
    criteria=HOSPITALISED,
    adjudication="yes",
)
_FIRST_STOP = replace(_STOP, slot="first_ivig")

INFERRED_CASES = (
    replace(_FIRST_TEE, term="Deep vein thrombosis"),
    replace(_FIRST_TEE, term="Pulmonary embolism"),
    replace(
        _FIRST_STOP,
        term="Cellulitis",
        case_group="first-stop-arm",
        severity="severe",
        criteria=("hospitalisation",),
    ),
    replace(_FIRST_STOP, term="Asthenia", case_group="first-stop-switcher", severity="moderate"),
    replace(
        _STOP,
        term="Lung adenocarcinoma",
        case_group="stop-1",
        severity="severe",
        criteria=("medically_important",),
        outcome="not_recovered",
    ),
    replace(_STOP, term="Muscular weakness", case_group="stop-2", severity="moderate"),
    replace(_STOP, term="Rash", case_group="stop-3", severity="moderate"),
    *_serious("serious-1", "extension", "Pneumonia", "Sepsis", "Acute respiratory failure"),
    *_serious("serious-2", "extension", "Fall", "Femur fracture"),
    *_serious("serious-3", "extension", "Dysphagia", "Pneumonia aspiration"),
    *_serious("serious-4", "extension", "Dermatomyositis", "Muscular weakness"),
    *_serious("placebo-1", "first_placebo", "Dermatomyositis", "Dysphagia", "Muscular weakness"),
    *_serious("placebo-2", "first_placebo", "Interstitial lung disease"),
)
"""Cases whose number and patients follow from published totals; their terms are imputed."""

ALL_CASES = PUBLISHED_CASES + INFERRED_CASES
