"""Turns checked fields into what the core understands, refusing those that contradict others."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from sys import intern

from monitor import records as events
from monitor.errors import Reason
from monitor.records import Criterion, TermKind
from streams.records.dates import check_order, check_plausible, day, partial
from streams.records.parse import Fields, Refused

BODIES: dict[str, Callable[..., events.Body]] = {
    "plan": events.Plan,
    "subject": events.Subject,
    "treatment": events.Treatment,
    "dose": events.Dose,
    "adverse_event": events.AdverseEvent,
    "disposition": events.Disposition,
    "collection": events.Collection,
    "assessment": events.Assessment,
    "retraction": events.Retraction,
    "merge": events.Merge,
    "review": events.Review,
    "tick": events.Tick,
}


def _settle_plan(said: Fields) -> None:
    if sha256(said["toml"].encode()).hexdigest() != said["sha256"]:
        raise Refused(Reason.PLAN_HASH, "`sha256` is not the SHA-256 of `toml`.")


def _settle_span(start: str, end: str) -> Callable[[Fields], None]:
    def settle(said: Fields) -> None:
        day(said, start)
        day(said, end)
        check_order(said, start, end)

    return settle


def _settle_day(field: str) -> Callable[[Fields], None]:
    def settle(said: Fields) -> None:
        day(said, field)

    return settle


def _settle_adverse_event(said: Fields) -> None:
    # A term is said thousands of times: one string holds it for all of them.
    for name in _SHARED:
        if name in said:
            said[name] = intern(said[name])
    partial(said, "onset")
    partial(said, "end")
    check_order(said, "onset", "end")
    if "criteria" in said:
        said["criteria"] = tuple([one for one in _CRITERIA if one in said["criteria"]])
    if "adjudications" in said:
        said["adjudications"] = tuple(sorted(said["adjudications"].items()))


_CRITERIA = tuple(Criterion)
_SHARED = ("subject", "preferred_term", "system_organ_class", "label_group")


def _settle_collection(said: Fields) -> None:
    day(said, "start")
    said["kind"] = TermKind(said["kind"])


def _settle_retraction(said: Fields) -> None:
    target, source = said["target"], said["source"]
    if (target.system, target.id) == (source.system, source.id):
        raise Refused(Reason.SELF_REFERENCE, "`target` is the retraction itself.")
    said["target"] = f"{target.system}/{target.id}"


def _settle_merge(said: Fields) -> None:
    for field in ("duplicate", "survivor"):
        if ("/" in said[field]) != (said["what"] == "case"):
            detail = f"`{field}` should be system/id for a case, a subject's id for a subject."
            raise Refused(Reason.BAD_IDENTIFIER, detail)
    if said["duplicate"] == said["survivor"]:
        raise Refused(Reason.SELF_REFERENCE, "`duplicate` and `survivor` are the same.")


def _settle_tick(said: Fields) -> None:
    # A tick is exempt from the limit on jumps of the as-of date, so it needs one of its own.
    check_plausible(said["date"], "date")
    day(said, "date")


def _settle_review(said: Fields) -> None:
    del said  # No field of a review says anything of another.


SETTLE: dict[str, Callable[[Fields], None]] = {
    "plan": _settle_plan,
    "subject": _settle_day("date"),
    "treatment": _settle_span("start", "end"),
    "dose": _settle_span("first_date", "last_date"),
    "adverse_event": _settle_adverse_event,
    "disposition": _settle_day("date"),
    "collection": _settle_collection,
    "assessment": _settle_day("date"),
    "retraction": _settle_retraction,
    "merge": _settle_merge,
    "review": _settle_review,
    "tick": _settle_tick,
}
