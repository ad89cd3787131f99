"""Holds every moment of the store, and its end, to what must come of the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.store import Fields
from streams.store.hashes import CURSOR, OUTBOX, row_name
from tests.simulation.oracle import CURSOR_FIELDS_OF_LOG, Oracle
from tests.simulation.remote_log import InMemoryTopics
from tests.simulation.rollback_store import RollbackStore, StoreState, non_empty, rows_of


@dataclass(slots=True)
class Judge:
    """*wrong* is the first thing that was not as it must be; hashes in *good* are known to be.

    *strict* where nobody but the workers alters the store: then no row is ever rebuilt.
    """

    oracle: Oracle
    strict: bool
    violation: str = ""
    checked_rows: dict[str, Fields] = field(default_factory=dict[str, Fields])

    def report(self, message: str) -> None:
        """Something is wrong."""
        self.violation = self.violation or message

    def check_state(self, state: StoreState) -> None:
        """Every prefix of writes may be all that is left, so each must be right by itself."""
        rows = rows_of(state)
        for study, fields in rows.items():
            if row_name(study) in state.corrupted or self.checked_rows.get(study) is fields:
                continue
            self.checked_rows[study] = fields
            self.report(self.row_violation(study, fields))
        cursor = state.hashes.get(CURSOR, {})
        reached = int(cursor.get("next", b"0"))
        for study in self.oracle.rows:
            if row_name(study) in state.corrupted:
                continue
            pos = int(rows.get(study, {}).get("pos") or b"-1")
            if not self.strict:  # A row that lags where the cursor says so is being rebuilt.
                pos = max(pos, int(cursor.get(f"pos|{study}") or b"-1"))
            if pos < self.oracle.expected_pos(study, reached):
                self.report(f"the row of {study} is at {pos}, behind the cursor at {reached}")
        due = self.oracle.cursors.get(reached, {}) if reached else {}
        for name in CURSOR_FIELDS_OF_LOG:
            if due and cursor.get(name) != due[name]:
                self.report(f"the cursor at {reached} says {name} {cursor.get(name)}")

    def row_violation(self, study: str, fields: Fields) -> str:
        """What is wrong with a row, by itself."""
        if not fields.get("pos"):
            return f"the row of {study} has no position"
        due = self.oracle.rows.get(study, {}).get(int(fields["pos"]))
        if due is None:
            return f"the row of {study} is at {fields['pos']}, where no record of it is"
        return field_differences(
            f"the row of {study} at {fields['pos'].decode()}", non_empty(fields), due
        )

    def remaining_work(self, store: RollbackStore) -> str:
        """What is yet to be done; empty where nothing is."""
        cursor, end = store.get(CURSOR), self.oracle.entries[-1].offset + 1
        if cursor.get("next") != b"%d" % end:
            return f"the cursor is at {cursor.get('next')} of {end}; {cursor.get('stopped')}"
        waiting = store.get(OUTBOX)
        return f"{len(waiting)} entries wait in the outbox" if waiting else ""

    def final_violation(self, store: RollbackStore, topics: InMemoryTopics) -> str:
        """What is wrong at the end."""
        rows = rows_of(store.states[-1])
        if rows.keys() != self.oracle.rows.keys():
            return f"rows of {sorted(rows)} instead of {sorted(self.oracle.rows)}"
        for study, fields in rows.items():
            due = self.oracle.rows[study]
            difference = field_differences(
                f"the row of {study} at the end", non_empty(fields), due[max(due)]
            )
            if difference:
                return difference
        sent, due = set(topics.sent), self.oracle.published
        lost = sorted(message.key or b"" for message in due - sent)
        phantom = sorted(message.key or b"" for message in sent - due)
        if lost or phantom:
            return f"lost: {lost}; told without a reason: {phantom}"
        cursor, last = non_empty(store.get(CURSOR)), self.oracle.cursors[max(self.oracle.cursors)]
        for name in ("released", "stopped"):
            cursor.pop(name, None)
        return field_differences("the cursor at the end", cursor, last)


def field_differences(what: str, found: Fields, due: Fields) -> str:
    """Which fields are not as they must be; empty where all are."""
    names = sorted(name for name in found.keys() | due if found.get(name) != due.get(name))
    if not names:
        return ""
    shown = "; ".join(f"{name} is {found.get(name)}, not {due.get(name)}" for name in names[:3])
    return f"{what} differs in {len(names)} fields: {shown}"
