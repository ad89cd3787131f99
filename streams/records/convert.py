"""Converts validated wire fields to values of the core, and refuses contradictory fields."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from sys import intern

from monitor import records as events
from monitor.errors import Reason
from monitor.records import Criterion, TermKind, day_of
from monitor.terms import fold_term
from streams.records.dates import (
    check_date_order,
    check_plausible_year,
    convert_day,
    convert_partial_date,
    parse_instant,
)
from streams.records.parse import Fields, RecordRefused

BODY_TYPES: dict[str, Callable[..., events.Body]] = {
    "plan": events.PlanRecord,
    "subject": events.Subject,
    "treatment": events.Treatment,
    "dose": events.Dose,
    "adverse_event": events.AdverseEvent,
    "disposition": events.Disposition,
    "collection": events.Collection,
    "not_at_risk": events.NotAtRisk,
    "assessment": events.Assessment,
    "retraction": events.Retraction,
    "merge": events.Merge,
    "review": events.Review,
    "tick": events.Tick,
}
"""Class of a record's body by record type; the rows of the store derive their table from it."""


def _convert_plan(fields: Fields) -> None:
    if sha256(fields["toml"].encode()).hexdigest() != fields["sha256"]:
        raise RecordRefused(Reason.PLAN_HASH, "`sha256` is not the SHA-256 of `toml`.")


def _interval_converter(start: str, end: str) -> Callable[[Fields], None]:
    def convert(fields: Fields) -> None:
        convert_day(fields, start)
        convert_day(fields, end)
        check_date_order(fields, start, end)

    return convert


def _day_converter(field: str) -> Callable[[Fields], None]:
    def convert(fields: Fields) -> None:
        convert_day(fields, field)

    return convert


def _convert_adverse_event(fields: Fields) -> None:
    # Terms repeat in thousands of cases: interning shares one string among them.
    for name in _INTERNED_FIELDS:
        if name in fields:
            fields[name] = intern(fields[name])
    for name in ("preferred_term", "system_organ_class"):
        if not fold_term(fields[name]):
            detail = f"`{name}` has no visible character."
            raise RecordRefused(Reason.BAD_VALUE, detail, frozenset({name}))
    if not fold_term(fields.get("label_group") or "-"):
        del fields["label_group"]  # It names no group, as if it were not given.
    convert_partial_date(fields, "onset")
    convert_partial_date(fields, "end")
    check_date_order(fields, "onset", "end")
    if "criteria" in fields:
        fields["criteria"] = tuple([one for one in _CRITERIA if one in fields["criteria"]])
    if "adjudications" in fields:
        fields["adjudications"] = tuple(sorted(fields["adjudications"].items()))


_CRITERIA = tuple(Criterion)
_INTERNED_FIELDS = ("subject", "preferred_term", "system_organ_class", "label_group")


def _convert_collection(fields: Fields) -> None:
    convert_day(fields, "start")
    fields["kind"] = TermKind(fields["kind"])


def _convert_not_at_risk(fields: Fields) -> None:
    _convert_collection(fields)
    convert_day(fields, "last_date")
    if "last_date" in fields and fields["last_date"] < fields["start"]:
        detail = "`to` is before `from`."
        raise RecordRefused(Reason.END_BEFORE_START, detail, frozenset({"last_date"}))
    if fields["kind"] is TermKind.ANY:
        if "term" in fields:
            detail = "`term` is given, but `kind` is any."
            raise RecordRefused(Reason.BAD_VALUE, detail, frozenset({"term"}))
    elif "term" not in fields:
        detail = "`term` is missing; without one, `kind` is any."
        raise RecordRefused(Reason.MISSING_FIELD, detail, frozenset({"term"}))


def _convert_retraction(fields: Fields) -> None:
    target, source = fields["target"], fields["source"]
    if (target["system"], target["id"]) == (source["system"], source["id"]):
        raise RecordRefused(Reason.SELF_REFERENCE, "`target` is the retraction itself.")
    fields["target"] = f"{target['system']}/{target['id']}"


def _convert_merge(fields: Fields) -> None:
    for field in ("duplicate", "survivor"):
        if ("/" in fields[field]) != (fields["what"] == "case"):
            detail = f"`{field}` should be system/id for a case, a subject's id for a subject."
            raise RecordRefused(Reason.BAD_IDENTIFIER, detail)
    if fields["duplicate"] == fields["survivor"]:
        raise RecordRefused(Reason.SELF_REFERENCE, "`duplicate` and `survivor` are the same.")


def _convert_tick(fields: Fields) -> None:
    check_plausible_year(fields["date"], "date")
    convert_day(fields, "date")
    if fields["date"] > day_of(parse_instant(fields["known_at"])):
        raise RecordRefused(Reason.TICK_AHEAD, "`date` is after the day of `known_at`.")


def _convert_review(fields: Fields) -> None:
    del fields  # No field of a review constrains another.


CONVERTERS: dict[str, Callable[[Fields], None]] = {
    "plan": _convert_plan,
    "subject": _day_converter("date"),
    "treatment": _interval_converter("start", "end"),
    "dose": _interval_converter("first_date", "last_date"),
    "adverse_event": _convert_adverse_event,
    "disposition": _day_converter("date"),
    "collection": _convert_collection,
    "not_at_risk": _convert_not_at_risk,
    "assessment": _day_converter("date"),
    "retraction": _convert_retraction,
    "merge": _convert_merge,
    "review": _convert_review,
    "tick": _convert_tick,
}
"""By record type, the function that converts fields in place.  It raises RecordRefused."""
