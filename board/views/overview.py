"""The overview: how the study stands, its open alerts, and the harm beside the benefit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from board.views.alert_cards import AlertCard, CardGroup, card_groups
from board.views.benefit import Benefit, benefit_of
from board.views.evidence_now import (
    LadderRow,
    Screening,
    current_summaries,
    ladder_rows,
    screening_of,
)
from board.views.exposure import StudyTables
from board.views.facts import StudyFacts
from board.views.patients import PatientTable, patient_table
from board.views.sentence import lede_of, sentence_of
from board.views.since_last import SinceLast, since_last
from board.views.table import Cell, Column, ColumnKind, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The overview of a study; *first_day* is the ordinal day on which the evidence lines begin."""

    sentence: str
    lede: tuple[str, ...]
    since: SinceLast | None
    groups: tuple[CardGroup, ...]
    ladder: tuple[LadderRow, ...]
    screening: Screening
    patients: PatientTable | None
    benefit: Benefit | None
    first_day: int | None
    last_day: int | None
    tables: tuple[Table, ...]

    @property
    def alerts(self) -> int:
        """The number of open alerts."""
        return sum(len(group.cards) for group in self.groups)


def build(facts: StudyFacts, arguments: Mapping[str, str]) -> Overview:
    """Return the overview of *facts*; it has no arguments."""
    study, tables = facts.study, StudyTables(facts.study)
    summaries = current_summaries(study)
    groups = card_groups(facts, summaries, tables)
    cards = [card for group in groups for card in group.cards]
    ladder, screening = ladder_rows(study, summaries), screening_of(study)
    patients = None if study.as_of is None else patient_table(study, tables)
    benefit = benefit_of(study)
    deaths = () if patients is None else patients.deaths_by_treatment
    starts = [points[0].day for points in facts.known.values() if points]
    found = [
        alerts_table(cards),
        ladder_table(ladder),
        *([] if patients is None else [patients.table]),
        *([] if patients is None or patients.folded is None else [patients.folded]),
        *([] if benefit is None else [benefit.table]),
    ]
    return Overview(
        sentence=sentence_of(groups, facts.completeness),
        lede=() if study.as_of is None else tuple(lede_of(cards, ladder, screening, deaths)),
        since=since_last(facts, tables),
        groups=groups,
        ladder=ladder,
        screening=screening,
        patients=patients,
        benefit=benefit,
        first_day=min(starts, default=None),
        last_day=study.as_of,
        tables=tuple(found),
    )


def alerts_table(cards: list[AlertCard]) -> Table:
    """Return the open alerts as a table."""
    kinds = {
        "due": ColumnKind.DAY,
        "raised": ColumnKind.DAY,
        "level_since": ColumnKind.DAY,
        "age_days": ColumnKind.COUNT,
        "patients": ColumnKind.COUNT,
    }
    names = ("level", "state", "title", "comparison", "owner", "raised", "level_since")
    numbers = ("expected", "control_patients", "rate_ratio", "rate_ratio_low", "rate_ratio_high")
    keys = ("id", *names, "age_days", "due", "patients", *numbers, "e_value", "boundary")
    columns = [
        Column(
            key=key,
            label=key.replace("_", " "),
            kind=kinds.get(key, ColumnKind.TEXT if key in ("id", *names) else ColumnKind.NUMBER),
            shown=key != "id",
        )
        for key in keys
    ]
    return Table(
        name="alerts",
        caption="Open alerts",
        columns=columns,
        rows=[_alert_row(card, keys) for card in cards],
    )


def _alert_row(card: AlertCard, keys: tuple[str, ...]) -> dict[str, Cell]:
    due = card.due[0].day if card.due else None
    return {
        key: due if key == "due" else getattr(card, key, getattr(card.evidence, key, None))
        for key in keys
    }


def ladder_table(rows: tuple[LadderRow, ...]) -> Table:
    """Return the ladder as a table."""
    number_keys = ("e_value", "boundary", "ratio", "log_e")
    ratio_keys = ("rate_ratio", "rate_ratio_low", "rate_ratio_high")
    count_keys = ("treatment_events", "control_events")
    columns = [
        *(Column(key=key, label=key) for key in ("title", "comparison", "level", "reason")),
        *(
            Column(key=key, label=key.replace("_", " "), kind=ColumnKind.COUNT)
            for key in count_keys
        ),
        *(
            Column(
                key=key,
                label=key.replace("_", " "),
                kind=ColumnKind.NUMBER,
                shown=key not in ("ratio", "log_e"),
            )
            for key in (*ratio_keys, *number_keys)
        ),
        Column(key="watch", label="watch", shown=False),
        Column(key="screened", label="screened", shown=False),
    ]
    return Table(
        name="ladder",
        caption="Every watch that can signal, on one scale of evidence",
        columns=columns,
        rows=[{column.key: getattr(row, column.key) for column in columns} for row in rows],
    )
