"""Turns the item groups of ODM files into rows of a study, through its mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from streams.sources.changes import ChangedRows
from streams.sources.long_texts import refuse_long_texts
from streams.sources.mapping.mapping import FileMapping, StudyMapping
from streams.sources.odm import problems
from streams.sources.odm.groups import ATTRIBUTES, STAMP, Group, OdmFile
from streams.sources.odm.state import GroupState
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.rows import AnyRow, Place, SourceRow, SubjectRow


@dataclass(slots=True, kw_only=True)
class OdmReader:
    """Reads ODM files of one study: a file, or the .xml files of a folder in order of names."""

    path: Path
    mapping: StudyMapping
    _studies: set[str] = field(default_factory=set[str])
    _items: set[str] = field(default_factory=set[str])
    _seen: dict[int, set[str]] = field(default_factory=dict[int, set[str]])

    @property
    def system(self) -> str:
        """Name of the source system in records."""
        return self.mapping.system if self.mapping.system != "csv" else "odm"

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield what the mapping makes of each item group, file by file, where it changed."""
        groups = 0
        with GroupState() as state, ChangedRows() as changes:
            for path in self._files():
                file, first = OdmFile(path), groups
                for group in file.groups():
                    groups += group.is_item_group
                    place = Place(str(path), groups - first)
                    rows = self._rows_of(group, place, groups, file, state, report)
                    yield from filter(changes.is_changed, rows)
                if groups == first:
                    report.find(problems.NO_CLINICAL_DATA, Place(str(path), 0))
                self._items |= file.items
        if not groups:
            raise UnreadableSource(
                f"{self.path} has no item group with data, only metadata: export the clinical"
                " data too"
            )
        self._check_columns(report)

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the items or attributes that *field* of a row of *kind* comes from."""
        columns = [each.column(field) for each in self.mapping.file_mappings if each.kind is kind]
        return ", ".join(dict.fromkeys(filter(None, columns)))

    def _files(self) -> Sequence[Path]:
        files = sorted(self.path.glob("*.xml")) if self.path.is_dir() else [self.path]
        if not files:
            raise UnreadableSource(f"{self.path} holds no .xml file: give an ODM export")
        return files

    def _rows_of(
        self,
        group: Group,
        place: Place,
        version: int,
        file: OdmFile,
        state: GroupState,
        report: IngestReport,
    ) -> Iterator[AnyRow]:
        """Yield the rows that *group* changes."""
        if state.is_empty(group):
            report.find(problems.EMPTY_GROUP, place, group.name)
            return
        for whole in state.apply(group, is_partial=file.is_transactional):
            for row in self._mapped(whole, place, report):
                complete = _completed(row, whole, version)
                if _is_part_removed(complete, whole, state):
                    report.find(problems.PART_REMOVED, place, whole.name)
                else:
                    yield complete

    def _mapped(self, group: Group, place: Place, report: IngestReport) -> Iterator[AnyRow]:
        row = SourceRow(place, group.cells)
        is_selected = False
        for index, mapping in enumerate(self.mapping.file_mappings):
            if not mapping.selects(row):
                continue
            is_selected = True
            self._seen.setdefault(index, set()).update(group.cells)
            self._check_study(mapping, row, report)
            if refuse_long_texts(row, mapping.columns, report):
                continue
            if mapped := mapping.map_row(row, report):
                yield mapped
        if not is_selected:
            report.find(problems.NOT_MAPPED, place, group.name)

    def _check_study(self, mapping: FileMapping, row: SourceRow, report: IngestReport) -> None:
        """Refuse *row* where the data are of several studies and *mapping* names none."""
        self._studies.add(row.cells.get("StudyOID", ""))
        if len(self._studies) > 1 and all(column != "StudyOID" for column, _ in mapping.where):
            report.refuse(problems.SEVERAL_STUDIES, row.place, "StudyOID")

    def _check_columns(self, report: IngestReport) -> None:
        """Report the columns of the mapping that no selected item group has."""
        place = Place(str(self.path), 0)
        for index, mapping in enumerate(self.mapping.file_mappings):
            seen = self._seen.get(index)
            if seen is None:
                report.find(problems.NEVER_SELECTED, place, f"[[file]] {mapping.name}")
                continue
            for column in sorted(mapping.columns - seen - ATTRIBUTES):
                if self._items and column not in self._items:
                    report.refuse(problems.UNKNOWN_ITEM, place, column)
                else:
                    report.find(problems.ITEM_NEVER_SEEN, place, column)


def _completed(row: AnyRow, group: Group, version: int) -> AnyRow:
    """Return *row* with what ODM itself states: its key, when it was known, whether it is gone.

    Under a key of the mapping may stand several groups, which are parts of one event; the group
    itself is a key under which a later row corrects the earlier ones.
    """
    row = replace(
        row,
        known=row.known or group.cells[STAMP],
        removed=row.removed or group.is_removed,
    )
    if row.key:
        return row
    key = () if isinstance(row, SubjectRow) else group.identity[2:]  # Beside study and subject.
    return replace(row, key=key, version=row.version or f"{version:09}")


def _is_part_removed(row: AnyRow, group: Group, state: GroupState) -> bool:
    """Return whether *row* removes one of several groups about one thing: the thing remains."""
    if row.key == group.identity[2:]:
        return False
    return state.parts_left(row, group) > 0 and group.is_removed
