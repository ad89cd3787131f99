"""Builders of wire records and of plans; day 0 of every test is 2020-01-01."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from tests.independent.wire_records import Record

DAY_0 = date(2020, 1, 1).toordinal()
STUDY = "T1"

WATCH = {"kind": "concurrent", "treatment": "act", "period": "first", "tier": 3}


def iso_date(day: int) -> str:
    """Return the date of a day of the test as YYYY-MM-DD."""
    return date.fromordinal(DAY_0 + day).isoformat()


def wire_record(
    kind: str, entity: str, /, *, known: int = 0, version: int = 1, **fields: Any
) -> Record:
    """Return a record of *kind* about *entity* ("system/id"), with its wire *fields*."""
    system, name = entity.split("/")
    return {
        "schema": "trial.log/1",
        "type": kind,
        "study": STUDY,
        "source": {"system": system, "id": name, "version": version},
        "known_at": f"{iso_date(known)}T10:00:00Z",
        **fields,
    }


def plan(text: str, *, version: int = 1) -> Record:
    """Return the plan record that contains *text*."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return wire_record("plan", "office/plan", version=version, toml=text, sha256=digest)


def subject(name: str, arm: str | None = None, *, version: int = 1, known: int = 0) -> Record:
    """Return a subject record, allocated to *arm* if one is given."""
    fields: dict[str, Any] = {"subject": name, "randomised_treatment": arm}
    return wire_record("subject", f"edc/subject-{name}", known=known, version=version, **fields)


def treatment(who: str, what: str, start: int, end: int | None = None, **more: Any) -> Record:
    """Return a treatment of *who* with *what* from day *start* until before day *end*.

    The period is "first" unless *more* names another; without *end* the treatment is open.
    """
    fields: dict[str, Any] = {"period": "first", "start": iso_date(start), **more}
    entity = str(fields.pop("entity", f"edc/treatment-{who}-{start}"))
    if end is not None:
        fields["end"] = iso_date(end)
    return wire_record("treatment", entity, subject=who, treatment=what, **fields)


def event(name: str, who: str, onset: int | str | None, term: str = "DVT", **more: Any) -> Record:
    """Return a case of *term*; an onset given as text is a partial date."""
    fields = {"preferred_term": term, "system_organ_class": "VASC", **more}
    if onset is not None:
        fields["onset"] = onset if isinstance(onset, str) else iso_date(onset)
    return wire_record("adverse_event", f"safety/{name}", subject=who, **fields)


def tick(day: int) -> Record:
    """Return the tick that moves the as-of day to *day*."""
    return wire_record("tick", f"clock/tick-{day}", known=day, date=iso_date(day))


def retraction(name: str, target: str, *, version: int = 1, known: int = 0) -> Record:
    """Return a retraction of the entity *target* ("system/id")."""
    system, identity = target.split("/")
    target_source = {"system": system, "id": identity}
    entity = f"safety/{name}"
    return wire_record(
        "retraction", entity, known=known, version=version, target=target_source, reason="in error"
    )


def merge(name: str, what: str, duplicate: str, survivor: str, *, version: int = 1) -> Record:
    """Return a merge of *duplicate* into *survivor*; *what* is case or subject."""
    pair: dict[str, Any] = {"what": what, "duplicate": duplicate, "survivor": survivor}
    return wire_record("merge", f"safety/{name}", version=version, **pair)


def plan_text(*, window: int | str = 0, partial: str = "first_day", **more: str) -> str:
    """Return a plan of two treatments; *more* replaces sections and values by name."""
    window = f'"{window}"' if isinstance(window, str) else window
    jump = more.get("jump", "180")
    return "\n".join(
        (
            f'study = "{STUDY}"\ntitle = "A small trial"\nalpha = 0.05\nq = 0.1',
            f'[treatments]\ncontrol = "ctl"\nactive = [{more.get("active", quoted("act"))}]',
            '[[periods]]\nid = "first"\ntitle = "First"\nrandomised = true',
            more.get("periods", '[[periods]]\nid = "later"\ntitle = "Later"\nrandomised = false'),
            f'[dates]\npartial = "{partial}"\n[at_risk]\nwindow_days = {window}',
            f"[limits]\nas_of_jump_days = {jump}\n[levels]\nwatch = 5",
            more.get("screening", screening_section()),
            more.get("extra", ""),
            more.get("groups", ""),
            more.get("watches", ""),
        )
    )


def screening_section(analysis: str = "as_treated", time: str = "study") -> str:
    """Return the section of a plan that configures tier 2."""
    return f'[screening]\nperiod = "first"\nanalysis = "{analysis}"\ntime = "{time}"'


def toml_table(name: str, **values: Any) -> str:
    """Return a TOML table; a *name* in brackets adds an entry to an array of tables."""
    return f"[{name}]\n" + "\n".join(
        f"{key} = {toml_value(value)}" for key, value in values.items()
    )


def toml_value(value: Any) -> str:
    """Return a boolean, string, number or list in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (list, tuple)):
        members: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        return f"[{', '.join(toml_value(member) for member in members)}]"
    return str(value)


def quoted(text: str) -> str:
    """Return *text* as a TOML string."""
    return f'"{text}"'
