"""Computes the state digest of a study, independent of the order of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from monitor.screening_watch import screening_watch_id, split_screening_watch
from monitor.state.shown import shown_term
from monitor.state.study import Study
from monitor.terms import Term

DIGEST_BYTES = 16


def state_fields(study: Study) -> Iterator[tuple[str, str]]:
    """Yield the state as (name, value) pairs that depend on the log only.

    Terms are named as they are shown, so the digest also covers which spelling is shown.

    Evidence is left out, because the last bits of floating-point results differ between
    processors.  Levels of verdicts are included.
    """
    yield "plan", study.plan.sha256
    yield "as_of", str(study.as_of)
    for entity_id, entity in study.entities.by_id.items():
        yield f"r|{entity_id}", f"{entity.version} {entity.versions} {entity.digest}"
    for subject in study.subjects.values():
        # A stored row does not contain subjects that only nullified records mention.
        if subject.allocated_arm is not None or subject.spells:
            yield f"s|{subject.name}", f"{subject.allocated_arm} {subject.spells}"
    yield from _table_fields(study)
    for watch_id, active_watch in study.watches_by_id.items():
        if active_watch.verdict is not None:
            yield f"w|{_shown_id(study, watch_id)}", f"{active_watch.verdict.level.word}"
    for watch_id, episode in study.episodes.items():
        levels = f"{episode.highest_level.word} {episode.current_level.word}"
        closed = " closed" if episode.is_closed else ""
        name = _shown_id(study, watch_id)
        yield f"a|{name}", f"{episode.number} {episode.revision} {levels}{closed}"
    if study.extension is not None:
        yield from study.extension.digest_fields()


def _table_fields(study: Study) -> Iterator[tuple[str, str]]:
    """Yield the cells that have an event."""
    treatment_count = len(study.treatment_numbers)
    shown: dict[int, Term] = {}
    for number, table in enumerate(study.tables):
        for term, cell in table.items():
            if not cell.events:
                continue
            if term not in shown:
                shown[term] = shown_term(study, term)
            kind, name = shown[term]
            counts = (cell.subjects, cell.events, cell.versions, cell.serious_subjects)
            more_counts = (cell.serious_events, cell.related_subjects, cell.related_events)
            yield (
                f"t|{number // treatment_count}|{number % treatment_count}|{kind}|{name}",
                str(counts + more_counts),
            )


def _shown_id(study: Study, watch_id: str) -> str:
    """Return the id of a watch; that of a tier 2 watch with its term as it is shown."""
    parts = split_screening_watch(watch_id)
    if parts is None:
        return watch_id
    return screening_watch_id(shown_term(study, study.vocabulary.number_of(parts[0])), parts[1])


def state_digest(study: Study) -> str:
    """Return the sum of the BLAKE2b hashes of all fields, as 32 hexadecimal digits."""
    total, of_study = 0, blake2b(f"{study.name}\x1f".encode(), digest_size=DIGEST_BYTES)
    for name, value in state_fields(study):
        field = of_study.copy()
        field.update(f"{name}\x1f{value}".encode())
        total += int.from_bytes(field.digest(), "big")
    return f"{total % (1 << 8 * DIGEST_BYTES):032x}"
