"""What can be wrong with ODM files, and what the ingest then does."""

from __future__ import annotations

from streams.sources.report import Problem

NO_CLINICAL_DATA = Problem(
    "odm_no_clinical_data", "the file has no item group with data", "nothing is read from it"
)
NOT_MAPPED = Problem(
    "odm_not_mapped",
    "no `where` of the mapping selects the item groups",
    "left out; check that they hold no data that the study needs",
)
NEVER_SELECTED = Problem(
    "odm_never_selected",
    "a [[file]] of the mapping selects no item group",
    "no record of it; check its `where`",
)
EMPTY_GROUP = Problem(
    "odm_empty_group", "an item group has no value", "left out: nobody has filled it in"
)
PART_REMOVED = Problem(
    "odm_part_removed",
    "the source removes one of several item groups about one thing",
    "the thing remains, with what that group said of it",
)
SEVERAL_STUDIES = Problem(
    "odm_several_studies",
    "the files have data of several studies",
    "add StudyOID to `where` of each [[file]] of the mapping",
)
UNKNOWN_ITEM = Problem(
    "odm_unknown_item",
    "the metadata of the file do not define the item, and no data have it",
    "correct its OID in the mapping",
)
ITEM_NEVER_SEEN = Problem(
    "odm_item_never_seen",
    "no item group that the mapping selects has the item",
    "its field is empty in every record; check the spelling of its OID",
)
