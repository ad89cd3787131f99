"""Reads the item groups of one ODM file in its order, with what stands around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from streams.sources.detect import ODM, check_kind
from streams.sources.report import UnreadableSource
from streams.sources.xml_stream import clean_text, read_pieces

LEVELS = {
    "ClinicalData": ("StudyOID",),
    "SubjectData": ("SubjectKey",),
    "StudyEventData": ("StudyEventOID", "StudyEventRepeatKey"),
    "FormData": ("FormOID", "FormRepeatKey"),
    "ItemGroupData": ("ItemGroupOID", "ItemGroupRepeatKey"),
}
"""The elements around an item, from the study down, and the attributes by which each is known."""

STAMP, KIND = "AuditDateTime", "TransactionType"
"""Cells that each row has beside the attributes of the elements around it."""

ATTRIBUTES = frozenset(
    {STAMP, KIND, "LocationOID", "CreationDateTime", "AsOfDateTime"}.union(*LEVELS.values())
)
"""Columns that a row can have beside its items."""

REMOVE = "Remove"

_WHOLE = frozenset({"ItemGroupData", "AuditRecord", "SiteRef"})
_OPENED = frozenset({"SubjectData", "StudyEventData", "FormData", "ItemDef"})


@dataclass(frozen=True, slots=True)
class Group:
    """The data of one item group, or, without items, of an element around groups at its end."""

    level: str
    identity: tuple[str, ...]
    """Values of the attributes of `LEVELS` down to `level`."""
    cells: dict[str, str]
    """Attributes of the elements around the items, then the items by their OID."""
    has_values: bool = False
    """Whether any item has a value."""

    @property
    def is_item_group(self) -> bool:
        """Whether it is an item group, and not an element around some."""
        return self.level == "ItemGroupData"

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"ItemGroupOID {self.cells.get('ItemGroupOID', '')}"

    @property
    def is_removed(self) -> bool:
        """Whether the source withdraws it."""
        return self.cells[KIND] == REMOVE


@dataclass(slots=True)
class OdmFile:
    """One ODM file, read once from its beginning to its end."""

    path: Path
    items: set[str] = field(default_factory=set[str])
    """OIDs of the items that the file defines, as far as it was read."""
    is_transactional: bool = False
    _stamps: dict[str, str] | None = None

    def groups(self) -> Iterator[Group]:
        """Yield the item groups in the order of the file, and elements around them at their end."""
        check_kind(self.path, ODM)
        root: Element | None = None
        for parents, element in read_pieces(self.path, _WHOLE, _OPENED):
            if root is None and parents:
                root = parents[0]
                self._check_root(root)
            if element.tag == "ItemDef":
                self.items.add(element.get("OID", ""))
            elif element.tag == "AuditRecord":
                _set_stamp(parents[-1], element)
            elif element.tag == "SiteRef":
                parents[-1].set("LocationOID", element.get("LocationOID", ""))
            elif _is_clinical(parents):
                yield self._group(parents, element)

    def _check_root(self, root: Element) -> None:
        if root.get("ODMVersion", "1.3").startswith("2"):
            raise UnreadableSource(f"{self.path} is ODM 2: export ODM 1.3.2")
        self.is_transactional = root.get("FileType") == "Transactional"

    def _group(self, parents: Sequence[Element], element: Element) -> Group:
        around = [*parents, element]
        cells: dict[str, str] = {}
        for each in around:
            cells.update(each.attrib)
        kinds = [each.get(KIND, "") for each in around]
        cells[KIND] = REMOVE if REMOVE in kinds else element.get(KIND, "")
        items = [item for item in element if item.tag.startswith("ItemData")]
        values = {item.get("ItemOID", ""): _item_text(item) for item in items}
        cells.update(values)
        cells[STAMP] = max(self._stamps_of(element), default="") or _outer_stamp(parents)
        return Group(element.tag, _identity(around), cells, any(values.values()))

    def _stamps_of(self, element: Element) -> Iterator[str]:
        """Yield the points in time of the audit records of *element* and of its items."""
        for record in element.iter("AuditRecord"):
            yield _stamp(record)
        for each in element.iter():
            if name := each.get("AuditRecordID"):
                yield self._named_stamps().get(name, "")

    def _named_stamps(self) -> dict[str, str]:
        """Return the audit records that items name by id; they stand at the end of the file."""
        if self._stamps is None:
            pieces = read_pieces(self.path, frozenset({"AuditRecord"}))
            records = (element for _, element in pieces)
            self._stamps = {each.get("ID", ""): _stamp(each) for each in records}
        return self._stamps


def _is_clinical(parents: Sequence[Element]) -> bool:
    return any(each.tag == "ClinicalData" for each in parents)


def _identity(around: Sequence[Element]) -> tuple[str, ...]:
    by_tag = {each.tag: each for each in around if each.tag in LEVELS}
    return tuple(each.get(name, "") for tag, each in by_tag.items() for name in LEVELS[tag])


def _item_text(item: Element) -> str:
    if item.get("IsNull") == "Yes" or item.get(KIND) == REMOVE:
        return ""
    return item.get("Value", clean_text(item.text))


def _stamp(record: Element) -> str:
    stamp = record.find("DateTimeStamp")
    return "" if stamp is None else clean_text(stamp.text)


def _set_stamp(element: Element, record: Element) -> None:
    """Set the point in time of *record* at *element*, for the groups inside it."""
    if element.tag in LEVELS:
        element.set(STAMP, _stamp(record))


def _outer_stamp(parents: Sequence[Element]) -> str:
    stamps = [each.get(STAMP, "") for each in parents]
    return next(filter(None, reversed(stamps)), "")
