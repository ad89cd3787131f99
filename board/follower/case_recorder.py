"""Records the versions of a study's cases while the log is folded: the delays of each case."""

from __future__ import annotations

from dataclasses import dataclass, field

from board.views.facts import CaseVersion
from monitor.records import AdverseEvent, Record
from monitor.state.study import Study


@dataclass(slots=True)
class CaseRecorder:
    """The accepted versions of each case of one study, in the order of the log."""

    versions: dict[str, list[CaseVersion]] = field(default_factory=dict[str, list[CaseVersion]])

    def note_record(self, study: Study, record: Record, position: int) -> None:
        """Add the version of a case that *record* at *position* has made, if it has made one."""
        if not isinstance(record.body, AdverseEvent):
            return
        entity = study.entities.by_id.get(record.entity_id)
        versions = self.versions.setdefault(record.entity_id, [])
        if entity is None or entity.version != record.version or entity.digest != record.digest:
            return
        if not versions or versions[-1].version < record.version:
            terms = entity.terms if entity.counted_versions else ()
            versions.append(
                CaseVersion(record.version, record.known_at, position, record.body, terms)
            )
