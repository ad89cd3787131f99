"""Write wire records and plans in few words; day 0 of every test is 2020-01-01."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from tests.independent.wire_records import Record

DAY_0 = date(2020, 1, 1).toordinal()
STUDY = "T1"

WATCH = {"kind": "concurrent", "treatment": "act", "period": "first", "tier": 3}


def iso_date(day: int) -> str:
    """The date of a day of the test, as it is written in a record."""
    return date.fromordinal(DAY_0 + day).isoformat()


def wire_record(
    kind: str, entity: str, /, *, known: int = 0, version: int = 1, **fields: Any
) -> Record:
    """A record of *kind* about *thing* ("system/id"), with *fields* as they are on the wire."""
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
    """The plan record that carries *text*."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return wire_record("plan", "office/plan", version=version, toml=text, sha256=digest)


def subject(name: str, arm: str | None = None, *, version: int = 1, known: int = 0) -> Record:
    """A subject, allocated to *arm* where one is given."""
    fields: dict[str, Any] = {"subject": name, "randomised_treatment": arm}
    return wire_record("subject", f"edc/subject-{name}", known=known, version=version, **fields)


def treatment(who: str, what: str, start: int, end: int | None = None, **more: Any) -> Record:
    """*who* receives *what* from day *start* to before day *end*, in period "first" or another."""
    fields: dict[str, Any] = {"period": "first", "start": iso_date(start), **more}
    entity = str(fields.pop("thing", f"edc/treatment-{who}-{start}"))
    if end is not None:
        fields["end"] = iso_date(end)
    return wire_record("treatment", entity, subject=who, treatment=what, **fields)


def event(name: str, who: str, onset: int | str | None, term: str = "DVT", **more: Any) -> Record:
    """A case of *term*; an onset given as text is a partial date."""
    fields = {"preferred_term": term, "system_organ_class": "VASC", **more}
    if onset is not None:
        fields["onset"] = onset if isinstance(onset, str) else iso_date(onset)
    return wire_record("adverse_event", f"safety/{name}", subject=who, **fields)


def tick(day: int) -> Record:
    """Nothing more happened up to *day*."""
    return wire_record("tick", f"clock/tick-{day}", known=day, date=iso_date(day))


def retraction(name: str, target: str, *, version: int = 1, known: int = 0) -> Record:
    """The thing *target* ("system/id") was reported in error."""
    system, identity = target.split("/")
    aim = {"system": system, "id": identity}
    entity = f"safety/{name}"
    return wire_record(
        "retraction", entity, known=known, version=version, target=aim, reason="in error"
    )


def merge(name: str, what: str, duplicate: str, survivor: str, *, version: int = 1) -> Record:
    """*duplicate* and *survivor* are one case or one subject."""
    pair: dict[str, Any] = {"what": what, "duplicate": duplicate, "survivor": survivor}
    return wire_record("merge", f"safety/{name}", version=version, **pair)


def plan_text(*, window: int | str = 0, partial: str = "first_day", **more: str) -> str:
    """A plan of two treatments; *more* replaces the sections groups, watches, screening, extra."""
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
    """The section of a plan that sets tier 2."""
    return f'[screening]\nperiod = "first"\nanalysis = "{analysis}"\ntime = "{time}"'


def toml_table(name: str, **values: Any) -> str:
    """A TOML table, or an entry of an array of tables where *name* is in brackets of its own."""
    return f"[{name}]\n" + "\n".join(
        f"{key} = {toml_value(value)}" for key, value in values.items()
    )


def toml_value(value: Any) -> str:
    """A plain value in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (list, tuple)):
        members: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        return f"[{', '.join(toml_value(member) for member in members)}]"
    return str(value)


def quoted(text: str) -> str:
    """*text* as a TOML string."""
    return f'"{text}"'
