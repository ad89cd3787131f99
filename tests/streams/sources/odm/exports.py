"""Builds ODM 1.3.2 exports with adverse events, and reads them through a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.odm.reader import OdmReader
from streams.sources.report import IngestReport
from streams.sources.rows import EventRow

MAPPING = """
system = "edc"
[[file]]
name = "ae"
path = "*.xml"
record = "adverse_event"
where = { ItemGroupOID = "AE" }
[file.fields]
subject = "SubjectKey"
preferred_term = "AETERM"
system_organ_class = { const = "UNKNOWN" }
onset = "AESTDTC"
serious = "AESER"
"""


def audit(time: str) -> str:
    """An audit record of *time*; "" for none."""
    if not time:
        return ""
    return (
        '<AuditRecord><UserRef UserOID="U"/><LocationRef LocationOID="L"/>'
        f"<DateTimeStamp>{time}</DateTimeStamp></AuditRecord>"
    )


def group(
    items: Mapping[str, str], *, repeat: str = "1", kind: str = "", time: str = "", oid: str = "AE"
) -> str:
    """One item group with *items*; *time* is that of its audit record."""
    values = "".join(f'<ItemData ItemOID="{name}" Value="{text}"/>' for name, text in items.items())
    return (
        f'<ItemGroupData ItemGroupOID="{oid}" ItemGroupRepeatKey="{repeat}"{_kind(kind)}>'
        f"{audit(time)}{values}</ItemGroupData>"
    )


def form(content: str, *, kind: str = "", time: str = "") -> str:
    """The form of adverse events of one visit with *content*."""
    return (
        f'<StudyEventData StudyEventOID="V1"><FormData FormOID="AEF"{_kind(kind)}>'
        f"{audit(time)}{content}</FormData></StudyEventData>"
    )


def subject(content: str, *, key: str = "P-001", kind: str = "") -> str:
    """The data of one subject."""
    return f'<SubjectData SubjectKey="{key}"{_kind(kind)}>{content}</SubjectData>'


def export(content: str, *, file_type: str = "Snapshot", study: str = "S", items: str = "") -> str:
    """An export of *content*; *items* are the OIDs that its metadata define."""
    metadata = "".join(f'<ItemDef OID="{oid}"/>' for oid in items.split())
    return (
        f'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="{file_type}" ODMVersion="1.3.2"'
        f' CreationDateTime="2026-11-30T00:00:00"><Study OID="{study}"><MetaDataVersion OID="1">'
        f'{metadata}</MetaDataVersion></Study><ClinicalData StudyOID="{study}"'
        f' MetaDataVersionOID="1">{content}</ClinicalData></ODM>'
    )


def read_events(
    folder: Path, *exports: str, mapping: str = MAPPING
) -> tuple[list[EventRow], IngestReport]:
    """The events of *exports*, written to *folder* in their order, and what was found."""
    for number, text in enumerate(exports):
        (folder / f"{number}.xml").write_text(text)
    report = IngestReport()
    rows = OdmReader(path=folder, mapping=StudyMapping.parse(mapping)).study_rows(report)
    return [row for row in rows if isinstance(row, EventRow)], report


def _kind(kind: str) -> str:
    return f' TransactionType="{kind}"' if kind else ""
