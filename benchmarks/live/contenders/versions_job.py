"""The job of a contender that keeps versions: the counts that the product has in its tables.

Of each case only the latest version counts, by the arm of its subject: under its preferred term,
under its system organ class, and among the serious ones.  A later version takes back what the
former one counted; an earlier or repeated one changes nothing.  In Redis that is a hash
`events:<study>` with a field `<arm>/<kind>/<term>` for each count, and a hash `applied` with the
offset after the last record of each partition that is in the counts.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

APPLIED = "applied"
"""The hash with the next offset of each partition."""

ARM_KEY, CASE_KEY = "arm/", "case/"
"""Prefixes of the keys of the state: of a subject's arm, and of a case's latest version."""


class State(Protocol):
    """The state of one study, which survives a restart of the contender."""

    def get(self, key: str, /) -> Any:
        """Return the value of *key*, or None."""
        ...

    def set(self, key: str, value: Any, /) -> None:
        """Set the value of *key*."""
        ...


def is_relevant(record: dict[str, Any]) -> bool:
    """Return whether the job needs the record: a case, or a subject with its arm."""
    return record["type"] in ("adverse_event", "subject")


def count_changes(record: dict[str, Any], state: State) -> dict[str, int]:
    """Return by field what *record* adds to the counts of its study, and keep it in *state*."""
    if record["type"] == "subject":
        state.set(ARM_KEY + record["subject"], record["randomised_treatment"])
        return {}
    source = record["source"]
    key, version = f"{CASE_KEY}{source['system']}/{source['id']}", source["version"]
    former_version, former_fields = state.get(key) or (0, [])
    if version <= former_version:
        return {}
    fields = counted_fields(record, state.get(ARM_KEY + record["subject"]))
    state.set(key, (version, fields))
    changes = Counter(fields)
    changes.subtract(former_fields)
    return dict(changes)


def counted_fields(record: dict[str, Any], arm: str | None) -> list[str]:
    """Return the fields that a version of a case counts in; none where it has no arm."""
    if arm is None:
        return []
    fields = [
        f"{arm}/preferred_term/{record['preferred_term']}",
        f"{arm}/system_organ_class/{record['system_organ_class']}",
    ]
    return [*fields, f"{arm}/group/serious"] if record["serious"] else fields


def hash_of(study: str) -> str:
    """Return the name of the hash with the counts of *study*."""
    return f"events:{study}"
