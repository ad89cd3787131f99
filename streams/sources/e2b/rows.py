"""Turns one report of E2B(R3) into rows: one for each of its reactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from monitor.records import Relatedness
from streams.sources.codes import RELATEDNESS, fold_word
from streams.sources.e2b import elements, problems
from streams.sources.e2b.document import CaseReport, Reaction
from streams.sources.e2b.mapping import SUBJECT_ELEMENTS, E2BMapping
from streams.sources.hl7_time import iso_time
from streams.sources.long_texts import MAX_TEXT, TEXT_TOO_LONG
from streams.sources.report import IngestReport
from streams.sources.rows import DispositionRow, EventRow, Place

ReportRow = EventRow | DispositionRow

_STRENGTH = [each.value for each in Relatedness]


class ReportRows:
    """The rows of one report, built with the user's mapping; problems go to the ingest's report."""

    def __init__(
        self, case: CaseReport, place: Place, mapping: E2BMapping, report: IngestReport
    ) -> None:
        self._case = case
        self._place = place
        self._mapping = mapping
        self._report = report
        self._suspects = {drug.id for drug in case.drugs if drug.role != elements.CONCOMITANT}

    def study_rows(self, version: int) -> Iterator[ReportRow]:
        """Yield the reactions as events, and the death if none of them is fatal.

        *version* is the number of the report among those of its case.  Without a subject there
        are no rows, and the report is refused.
        """
        subject = self._subject()
        if not subject:
            return
        events = list(self._events(subject, version))
        yield from events
        death = self._case.death
        if death and not any(map(_is_fatal, events)):
            yield DispositionRow(
                place=self._place,
                subject=subject,
                known=known_time(self._case),
                key=(case_key(self._case), "death"),
                version=str(version),
                status="died",
                date=iso_time(death),
            )

    def _subject(self) -> str:
        """Return the id of the subject; refuse the report and return "" if it is not known."""
        number = self._case.patient.get(self._mapping.subject, "")
        subjects = self._mapping.subjects
        subject = subjects.get(number, "") if subjects else number
        if not subject:
            problem = problems.UNKNOWN_SUBJECT if number else problems.NO_SUBJECT
            self._report.refuse(problem, self._place, SUBJECT_ELEMENTS[self._mapping.subject])
        return subject

    def _events(self, subject: str, version: int) -> Iterator[EventRow]:
        seen = Counter[str]()
        for reaction in self._case.reactions:
            if reaction.is_history:
                self._report.find(problems.HISTORY, self._place, "D.8.r.7b")
                continue
            name = reaction.llt_code or fold_word(reaction.reported_term)
            seen[name] += 1
            event = EventRow(
                place=self._place,
                subject=subject,
                known=known_time(self._case),
                key=(case_key(self._case), name, str(seen[name])),
                version=str(version),
            )
            yield self._described(event, reaction)

    def _described(self, event: EventRow, reaction: Reaction) -> EventRow:
        """Return *event* with what *reaction* states."""
        term, organ_class = self._term(reaction)
        described = replace(
            event,
            term=term,
            system_organ_class=organ_class,
            verbatim=self._text(reaction.translated_term or reaction.reported_term, "E.i.1"),
            onset=iso_time(reaction.start),
            end=iso_time(reaction.end),
            serious=_serious(reaction),
            criteria=self._criteria(reaction),
            relatedness=self._relatedness(reaction),
            outcome=self._coded(reaction.outcome, elements.OUTCOMES, "E.i.7"),
            action_taken=self._action(),
        )
        return (
            replace(described, died=iso_time(self._case.death))
            if _is_fatal(described)
            else described
        )

    def _term(self, reaction: Reaction) -> tuple[str, str]:
        """Return the preferred term and its class; a reaction without a code is not coded yet."""
        code = reaction.llt_code
        if not code or code in self._mapping.terms:
            return self._mapping.terms.get(code, ("", ""))
        if self._mapping.terms:
            self._report.refuse(problems.CODE_NOT_IN_DICTIONARY, self._place, "E.i.2.1b")
        else:
            self._report.find(problems.CODE_WITHOUT_TEXT, self._place, "E.i.2.1b")
        return f"MedDRA {code}", ""

    def _text(self, text: str, column: str) -> str:
        if len(text) > MAX_TEXT:
            self._report.refuse(TEXT_TOO_LONG, self._place, column)
        return text

    def _criteria(self, reaction: Reaction) -> tuple[str, ...]:
        flags = {"true": True, "1": True, "false": False, "0": False}
        met: list[str] = []
        for criterion, stated in reaction.criteria.items():
            if flags.get(stated):
                met.append(criterion)
            elif stated and stated not in flags and stated not in elements.NULL_FLAVOURS:
                self._report.refuse(problems.UNKNOWN_CODE, self._place, "E.i.3.2")
        return tuple(met)

    def _coded(self, code: str, codes: Mapping[str, str], column: str) -> str:
        if not code or code in elements.NULL_FLAVOURS:
            return ""
        if code not in codes:
            self._report.refuse(problems.UNKNOWN_CODE, self._place, column)
        return codes.get(code, "")

    def _action(self) -> str:
        actions = {
            self._coded(drug.action, elements.ACTIONS, "G.k.8")
            for drug in self._case.drugs
            if drug.id in self._suspects
        }
        return next((each for each in elements.ACTIONS.values() if each in actions), "")

    def _relatedness(self, reaction: Reaction) -> str:
        """Return the strongest assessment of *reaction* by anyone for any suspected drug."""
        words = {**RELATEDNESS, **elements.CAUSALITY_WORDS, **self._mapping.relatedness}
        strongest = -1
        for each in self._case.causalities:
            word = fold_word(each.result)
            if each.reaction != reaction.id or each.drug not in self._suspects or not word:
                continue
            if word not in words and each.result not in elements.NULL_FLAVOURS:
                self._report.refuse(problems.UNKNOWN_CAUSALITY, self._place, "G.k.9.i.2.r.3")
            if value := words.get(word, ""):
                strongest = max(strongest, _STRENGTH.index(value))
        return _STRENGTH[strongest] if strongest >= 0 else ""


def _serious(reaction: Reaction) -> str:
    """Return "no" only where all criteria are denied: a null flavour leaves it unknown."""
    stated = set(reaction.criteria.values())
    if stated & {"true", "1"}:
        return "yes"
    return "no" if stated <= {"false", "0"} else ""


def _is_fatal(event: EventRow) -> bool:
    return "death" in event.criteria or event.outcome == "fatal"


def case_key(case: CaseReport) -> str:
    """Return the number that a case keeps for life: the worldwide one, else the sender's."""
    return case.worldwide_id or case.case_id


def known_time(case: CaseReport) -> str:
    """Return when the sender had what the report states.

    This is the date of the most recent information; of an amendment or a nullification, which
    brings none, the date of its creation.
    """
    if case.nullification or not case.received:
        return iso_time(case.created or case.received)
    return iso_time(case.received)
