"""A study in memory, and the changed fields to write to its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from zlib import crc32

from monitor.errors import Refusal
from monitor.fold.restore import last_verdicts
from monitor.state.dirty import DirtySet
from monitor.state.entities import RecordOutcome
from monitor.state.study import ActiveWatch, Study
from streams.store import Fields
from streams.store.rows.alerts import register_value
from streams.store.rows.days import days_field, days_value
from streams.store.rows.digest import CHECKSUM_BITS, CHECKSUM_MASK, format_digest
from streams.store.rows.fields import (
    cell_name,
    cell_value,
    entity_name,
    entity_value,
    episode_value,
    exposure_names,
    exposure_values,
    head_value,
    plans_value,
    state_fields,
    subject_value,
    term_of_screening_watch,
    verdict_value,
)

ALWAYS_WRITTEN_FIELDS = 4
"""Fields that every write of a row contains: `pos`, `head`, `digest`, and the cursor's `pos`."""

BYTES_PER_ENTITY, BYTES_PER_FIELD = 1_400, 400
"""Estimated bytes of memory: a case takes about a kilobyte, and its row's checksums the rest."""


@dataclass(slots=True)
class Row:
    """A study in memory with the checksums of its stored fields, to derive the changed ones.

    *first_offset* is the offset of the plan that opened the study, *last_offset* the last one
    folded, *stored_position* the `pos` in the store.  *checksums* has the CRC-32 of each field,
    *packed_entities* has ``ordinal << 32 | checksum`` of each entity: the digest is updated
    without old values.  A row that *replaces_stored* is written whole.
    """

    study: Study
    first_offset: int
    last_offset: int
    stored_position: bytes = b""
    replaces_stored: bool = False
    outcomes: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    plans: list[str] = field(default_factory=list[str])
    packed_entities: dict[str, int] = field(default_factory=dict[str, int])
    checksums: dict[str, int] = field(default_factory=dict[str, int])
    checksum_total: int = 0
    written_latest: int | None = None
    cell_names: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])
    exposure_names: list[str] = field(default_factory=list[str])
    active_watches: dict[str, ActiveWatch] = field(default_factory=dict[str, ActiveWatch])

    @property
    def dirty(self) -> DirtySet:
        """What changed since the last ``take_changes``."""
        assert self.study.dirty is not None
        return self.study.dirty

    @property
    def estimated_bytes(self) -> int:
        """Estimated memory of the study and its checksums."""
        return BYTES_PER_ENTITY * len(self.packed_entities) + BYTES_PER_FIELD * len(self.checksums)

    @property
    def changed_fields_max(self) -> int:
        """Upper limit of the fields of the next ``take_changes``, unless everything is dirty."""
        return len(self.dirty) + len(self.study.person_days) + ALWAYS_WRITTEN_FIELDS

    def count_record(self, offset: int, outcome: RecordOutcome, refusal: Refusal | None) -> None:
        """Count the outcome of the record at *offset*, and note the plan in force after it."""
        self.last_offset = offset
        self.outcomes[outcome] += 1
        if refusal is not None:
            self.refusals[refusal.reason] += 1
        toml = self.study.plan.toml
        if not self.plans or self.plans[-1] is not toml:
            self.plans.append(toml)

    def take_changes(self) -> Fields:
        """Return the fields to write for all records folded since the last call.

        Fields that no longer exist have empty values.
        """
        if self.dirty.everything or not self.checksums:
            old_names = self.checksums.keys() - {"began"}
            self.cell_names.clear()
            self.exposure_names = []
            self.active_watches.clear()
            fields = dict.fromkeys(old_names, b"") | self._fields_without_entities()
            changed_entities: Iterable[str] = self.study.entities.by_id
        else:
            fields = self._dirty_fields()
            changed_entities = self.dirty.entities
        self._update_checksums(fields)
        self._add_entities(fields, changed_entities)
        fields["digest"] = format_digest(self.checksum_total)
        self.written_latest = self.study.latest_day
        self.dirty.clear()
        return fields

    def all_fields(self) -> Fields:
        """Return all fields of the row as of the last ``take_changes``, to write the row whole."""
        entities = self.study.entities.by_id
        fields = self._fields_without_entities()
        for entity_id, entity in entities.items():
            fields[entity_name(entity_id, entity)] = entity_value(
                self.packed_entities[entity_id] >> CHECKSUM_BITS, entity
            )
        fields["digest"] = format_digest(self.checksum_total)
        return fields

    def _fields_without_entities(self) -> Fields:
        """Return every field except those of entities and the digest."""
        fields = state_fields(self.study, last_verdicts(self.study))
        fields["began"] = b"%d" % self.first_offset
        fields["plan"] = plans_value(self.plans)
        return self._add_head(fields)

    def _dirty_fields(self) -> Fields:
        """Return the dirty fields, except those of entities."""
        study, dirty, cell_names, tables = (
            self.study,
            self.dirty,
            self.cell_names,
            self.study.tables,
        )
        fields: Fields = {}
        for cell in dirty.cells:
            table, term = cell
            name = cell_names.get(cell)
            if name is None:
                name = cell_names[cell] = cell_name(study, table, term)
            fields[name] = cell_value(tables[table][term])
        for name in dirty.subjects:
            fields[f"s|{name}"] = subject_value(study, study.subjects.get(name))
        for watch in dirty.watches:
            fields[f"w|{watch}"] = verdict_value(self._active_watch(watch).verdict)
        for name in dirty.alerts:
            fields[name] = register_value(study, name)
        for watch in dirty.episodes:
            fields[f"a|{watch}"] = episode_value(study, watch, study.episodes[watch])
        for block in dirty.days:
            fields[days_field(block)] = days_value(study.days_on_record, block)
        if dirty.subjects or study.latest_day != self.written_latest:
            names = self.exposure_names = self.exposure_names or exposure_names(study)
            fields.update(zip(names, exposure_values(study), strict=True))
        return self._add_head(fields)

    def _add_head(self, fields: Fields) -> Fields:
        """Add the fields that change with every record to *fields*."""
        fields["pos"] = b"%d" % self.last_offset
        fields["head"] = head_value(self.study, self.outcomes, self.refusals)
        return fields

    def _active_watch(self, watch: str) -> ActiveWatch:
        """Return the active watch, cached because finding it searches the study's watches."""
        active_watch = self.active_watches.get(watch)
        if active_watch is None:
            active_watch = self.active_watches[watch] = find_active_watch(self.study, watch)
        return active_watch

    def _update_checksums(self, fields: Fields) -> None:
        """Update the checksums by *fields*, and remove empty values of absent fields from them."""
        checksums, total = self.checksums, self.checksum_total
        absent: list[str] = []
        for name, value in fields.items():
            if value:
                checksum = crc32(value, crc32(name.encode()))
                total += checksum - checksums.get(name, 0)
                checksums[name] = checksum
            elif name in checksums:
                total -= checksums.pop(name)
            else:
                absent.append(name)
        for name in absent:
            del fields[name]
        self.checksum_total = total

    def _add_entities(self, fields: Fields, entity_ids: Iterable[str]) -> None:
        """Add the fields of entities to *fields*, and update the checksums."""
        self._assign_ordinals()
        entities, packed = self.study.entities.by_id, self.packed_entities
        for entity_id in entity_ids:
            entity, old_packed = entities[entity_id], packed[entity_id]
            name = entity_name(entity_id, entity)
            value = fields[name] = entity_value(old_packed >> CHECKSUM_BITS, entity)
            change = crc32(value, crc32(name.encode())) - (old_packed & CHECKSUM_MASK)
            self.checksum_total += change
            packed[entity_id] = old_packed + change

    def _assign_ordinals(self) -> None:
        """Assign ordinals to new entities, which follow all known ones in the dictionary."""
        entities = self.study.entities.by_id
        first = len(self.packed_entities)
        if len(entities) == first:
            return
        new = list(islice(reversed(entities), len(entities) - first))
        for ordinal, entity_id in enumerate(reversed(new), first):
            self.packed_entities[entity_id] = ordinal << CHECKSUM_BITS


def find_active_watch(study: Study, watch: str) -> ActiveWatch:
    """Return the watch of *study* with the id *watch*; a tier 2 watch is found by its term."""
    term = term_of_screening_watch(watch)
    if term is None:
        return next(each for each in study.active_watches() if each.design.watch.id == watch)
    scopes = study.first_events[study.vocabulary.number_of(term)]
    return next(each for events in scopes for each in events.watches if each.id == watch)
